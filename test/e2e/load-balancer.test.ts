/** `kubectl expose --type LoadBalancer` works on one machine: its own addresses, or a pool. */
import { execFileSync } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { createCluster, type TestCluster, waitUntil } from '../helpers/cluster.ts';

const page = [
  'mkdir -p /tmp/cgi-bin',
  'printf "#!/bin/sh\\necho; echo \\$REMOTE_ADDR\\n" > /tmp/cgi-bin/ip',
  'chmod +x /tmp/cgi-bin/ip',
  'exec httpd -f -h /tmp',
].join('; ');

const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'localhost/wherry/busybox:1',
            command: ['sh', '-c', page],
            readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};

/** Whom the pod saw, asked from outside the machine. */
function askFromOutside({ host }: TestCluster, address: string): string {
  const script = `exec 3<>/dev/tcp/${address.replace(':', '/')} && printf 'GET /cgi-bin/ip HTTP/1.0\\r\\n\\r\\n' >&3 && timeout 5 tail -n1 <&3`;
  const words = [`--net=${host.dir}/world`, 'bash', '-c', script];
  const line = execFileSync('nsenter', words, { encoding: 'utf8', stdio: 'pipe' });
  // httpd listens on IPv6 as well, and writes the address in its way.
  return /\d+\.\d+\.\d+\.\d+/.exec(line)?.[0] ?? '';
}

const externalIp = async ({ kubectl }: TestCluster, name: string) =>
  (await kubectl(`get service ${name} -o jsonpath={.status.loadBalancer.ingress[*].ip}`)).trim();

async function story(t: ExecutionContext, flags: string[], wanted: string) {
  t.timeout(120_000);
  const cluster = createCluster(flags);
  try {
    await cluster.up();
    await cluster.kubectl('apply -f -', { input: JSON.stringify(web) });
    await cluster.kubectl('rollout status deployment/web --timeout=60s');
    await cluster.kubectl('expose deployment web --type LoadBalancer --port 8081 --target-port 80');
    await waitUntil(async () => (await externalIp(cluster, 'web')) === wanted);
    t.regex(await cluster.kubectl('get service web'), new RegExp(` ${wanted} +8081:`));
    await waitUntil(() => askFromOutside(cluster, `${wanted}:8081`) !== '');
    t.not(askFromOutside(cluster, `${wanted}:8081`), '192.0.2.1', 'Cluster: masqueraded');
    const local = '{"spec":{"externalTrafficPolicy":"Local"}}';
    await cluster.kubectl(`patch service web -p '${local}'`);
    await waitUntil(() => askFromOutside(cluster, `${wanted}:8081`) === '192.0.2.1');
    const events = await cluster.kubectl('get events --field-selector involvedObject.name=web');
    t.regex(events, /EnsuringLoadBalancer/);
    t.regex(events, /EnsuredLoadBalancer/);
    await cluster.kubectl('delete service web --timeout=20s');
    t.throws(() => askFromOutside(cluster, `${wanted}:8081`), undefined, 'it is gone');
    await cluster.interrupt();
    const links = await cluster.host.run('ip', ['-o', 'link']);
    t.notRegex(links, new RegExp(`${cluster.name}lb`));
  } finally {
    await cluster.remove();
  }
}

for (const mode of ['iptables', 'nftables']) {
  test.serial(`pains P32: a load balancer has the node's address, ${mode}`, (t) =>
    story(t, [`--proxy-mode=${mode}`], '192.0.2.10'),
  );
}
test.serial('pains P32: a load balancer has an address of the pool, which the node answers', (t) =>
  story(t, ['--load-balancer-pool=192.0.2.64/28'], '192.0.2.64'),
);
