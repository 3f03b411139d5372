/** Each kind of Service, made by stock kubectl and asked for, in two modes of the proxy. */
import test, { type ExecutionContext } from 'ava';
import { createCluster, type TestCluster, waitUntil } from '../helpers/cluster.ts';

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: localhost/wherry/busybox:1
          imagePullPolicy: IfNotPresent
          command: [sh, -c, 'mkdir /tmp/www; hostname > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www']
          ports: [{ name: http, containerPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: client
      image: localhost/wherry/busybox:1
      imagePullPolicy: IfNotPresent
      command: [sh, -c, 'trap exit TERM; while true; do sleep 1; done']
`;

/** Name → what its spec has beside the selector. */
const kinds: Readonly<Record<string, string>> = {
  plain: 'ports: [{ port: 80, targetPort: http }]',
  'two-ports':
    'ports: [{ name: a, port: 80, targetPort: http }, { name: b, port: 81, targetPort: 8080 }]',
  'node-port': 'type: NodePort\n  ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }]',
  balanced: 'type: LoadBalancer\n  ports: [{ port: 8888, targetPort: 8080 }]',
  headless: 'clusterIP: None\n  ports: [{ port: 8080 }]',
  sticky: 'sessionAffinity: ClientIP\n  ports: [{ port: 80, targetPort: 8080 }]',
  'local-out':
    'type: NodePort\n  externalTrafficPolicy: Local\n  ports: [{ port: 80, targetPort: 8080, nodePort: 30081 }]',
  'local-in': 'internalTrafficPolicy: Local\n  ports: [{ port: 80, targetPort: 8080 }]',
};
const services = Object.entries(kinds).map(
  ([name, rest]) => `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
  selector: { app: web }
  ${rest}
`,
);
const others = `
apiVersion: v1
kind: Service
metadata: { name: named }
spec: { type: ExternalName, externalName: plain.default.svc.cluster.local }
---
apiVersion: v1
kind: Service
metadata: { name: nobody }
spec: { selector: { app: nobody }, ports: [{ port: 80 }] }
`;

for (const mode of ['iptables', 'nftables'] as const) {
  test.serial(`${mode} mode: every kind of Service that kubectl makes is reached`, async (t) => {
    t.timeout(180_000);
    const cluster = createCluster([`--proxy-mode=${mode}`]);
    try {
      await cluster.up();
      const input = [web, ...services, others].join('\n---\n');
      await cluster.kubectl('apply -f -', { input });
      await cluster.kubectl('rollout status deployment/web --timeout=60s');
      await cluster.kubectl('wait --for=condition=Ready pod/client --timeout=60s');
      await ask(t, cluster);
    } finally {
      await cluster.remove();
    }
  });
}

async function ask(t: ExecutionContext, cluster: TestCluster): Promise<void> {
  const get = async (path: string) => (await cluster.kubectl(`get ${path}`)).trim();
  const inPod = (words: string) => cluster.kubectl(`exec client -- ${words}`);
  const fetch = async (place: string) =>
    (await inPod(`timeout 5 wget -q -O - http://${place}/`)).trim();
  const pods = (await get('pods -l app=web -o jsonpath={.items[*].metadata.name}'))
    .split(' ')
    .sort();
  t.is(pods.length, 2);
  const seenAt = async (place: string, times = 40) => {
    const seen = new Set<string>();
    for (let count = 0; count < times && seen.size < pods.length; count++)
      seen.add(await fetch(place));
    return [...seen].sort();
  };
  const nodeIp = await get('node node-1 -o jsonpath={.status.addresses[0].address}');
  for (const place of [
    'plain',
    'two-ports',
    'two-ports:81',
    'local-in',
    'named',
    `${nodeIp}:30080`,
  ]) {
    t.deepEqual(await seenAt(place), pods, place);
  }
  t.deepEqual(await seenAt(`${nodeIp}:30081`), pods, 'a pod may go to every endpoint');
  t.is((await seenAt('sticky', 12)).length, 1);
  await t.throwsAsync(fetch('nobody'), { message: /refused/ });

  // DNS has all pods of a headless Service, and no rule has its name.
  const addresses = (await get('pods -l app=web -o jsonpath={.items[*].status.podIP}')).split(' ');
  const answer = await inPod('nslookup headless.default.svc.cluster.local');
  for (const address of addresses) t.true(answer.includes(address), answer);
  t.is(await get('service headless -o jsonpath={.spec.clusterIP}'), 'None');
  t.regex(await get('service named'), /ExternalName +<none> +plain\.default\.svc\.cluster\.local/);

  const balancerIp = await balancerIpOf(cluster);
  t.deepEqual(await seenAt(`${balancerIp}:8888`), pods);
  t.regex(await get('service balanced'), new RegExp(`LoadBalancer +\\S+ +${balancerIp}`));

  await cluster.kubectl('scale deployment web --replicas=1');
  await waitUntil(
    async () =>
      (
        await get(
          'endpointslices -l kubernetes.io/service-name=plain -o jsonpath={.items[0].endpoints[*].targetRef.name}',
        )
      ).split(' ').length === 1,
  );
  const [left] = (await get('pods -l app=web -o jsonpath={.items[*].metadata.name}')).split(' ');
  await waitUntil(async () => (await fetch('plain')) === left);
  await cluster.kubectl('delete service plain');
  await waitUntil(async () => (await get('endpointslices')).includes('plain') === false);
}

/** By the cluster's own controller; where there is none, as somebody's would do it. */
async function balancerIpOf(cluster: TestCluster): Promise<string> {
  const read = async () =>
    (
      await cluster.kubectl('get service balanced -o jsonpath={.status.loadBalancer.ingress[0].ip}')
    ).trim();
  await waitUntil(async () => (await read()) !== '');
  return read();
}
