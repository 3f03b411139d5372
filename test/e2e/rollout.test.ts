/** A rolling update under load refuses nobody, in both modes of the proxy, as stock kubectl sees it. */
import { once } from 'node:events';
import test from 'ava';
import { createCluster, type TestCluster } from '../helpers/cluster.ts';

const requestsMin = 5000;

/** Ends at once when it is asked to: nothing is served any more after SIGTERM. */
const web = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'main',
              image: 'localhost/wherry/busybox:1',
              command: [
                'sh',
                '-c',
                'trap "exit 0" TERM; echo ok > /tmp/i; httpd -f -h /tmp & wait',
              ],
              readinessProbe: { httpGet: { path: '/i', port: 80 }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: {
      type: 'NodePort',
      clusterIP: '10.43.0.77',
      selector: { app: 'web' },
      ports: [{ port: 80, nodePort: 30_077 }],
    },
  },
];

/**
 * A thousand requests a second, each on a connection of its own, through one target after the
 * other, until SIGINT; then it prints what became of them. Slower where the machine is:
 * eight wait at one time, since httpd's backlog is nine, and what overflows it comes a second late
 * to a pod that is gone.
 */
const load = `
const { connect } = require('node:net');
const targets = process.argv.slice(1).map((each) => each.split(':'));
const results = { sent: 0, ok: 0, failed: {} };
let waiting = 0;
let stopped = false;
function ask([host, port]) {
  results.sent++;
  waiting++;
  let text = '';
  let error = '';
  const socket = connect({ host, port, timeout: 10_000 }, () => socket.write('GET /i HTTP/1.0\\r\\n\\r\\n'));
  socket.on('data', (data) => { text += data; });
  socket.on('timeout', () => { error = 'timeout'; socket.destroy(); });
  socket.on('error', (e) => { error = e.code; });
  socket.on('close', () => {
    waiting--;
    const good = text.includes('200 OK') && text.endsWith('ok\\n');
    if (good) results.ok++;
    else {
      const why = host + ' ' + (error || 'cut after ' + text.length);
      results.failed[why] = (results.failed[why] ?? 0) + 1;
    }
    if (stopped && waiting === 0) end();
    else if (!stopped) more();
  });
}
const startMs = performance.now();
function more() {
  const due = Math.min(performance.now() - startMs - results.sent, 8 - waiting);
  for (let i = 0; i < due; i++) ask(targets[results.sent % targets.length]);
}
const timer = setInterval(more, 5);
function end() {
  results.seconds = (performance.now() - startMs) / 1000;
  console.log(JSON.stringify(results));
  process.exit();
}
process.once('SIGINT', () => { stopped = true; clearInterval(timer); if (waiting === 0) end(); });
console.log('started');
`;

for (const mode of ['iptables', 'nftables']) {
  test.serial(
    `reliability P26: a rolling update under load fails no request, ${mode}`,
    async (t) => {
      t.timeout(180_000);
      const cluster = createCluster([`--proxy-mode=${mode}`]);
      try {
        await cluster.up();
        await cluster.kubectl('apply -f -', {
          input: web.map((each) => JSON.stringify(each)).join('\n---\n'),
        });
        await cluster.kubectl('rollout status deployment/web --timeout=60s');
        const { sent, failed, seconds } = await rollUnderLoad(cluster);
        t.log(`${sent} requests in ${seconds} s`);
        t.deepEqual(failed, {});
        t.true(sent >= requestsMin, `${sent}`);
      } finally {
        await cluster.remove();
      }
    },
  );
}

interface Results {
  readonly sent: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly seconds: number;
}

async function rollUnderLoad({ host, kubectl }: TestCluster): Promise<Results> {
  const targets = ['10.43.0.77:80', `${host.address}:30077`];
  const child = host.spawn(process.execPath, ['-e', load, ...targets]);
  let text = '';
  child.stdout!.on('data', (data) => {
    text += data;
  });
  await once(child.stdout!, 'data');
  const startMs = Date.now();
  do {
    await kubectl('rollout restart deployment/web');
    await kubectl('rollout status deployment/web --timeout=90s');
    // A restart is the time of day, in seconds: the next one must not be the same.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  } while (Date.now() - startMs < requestsMin * 1.5);
  child.kill('SIGINT'); // nsenter has become node by now.
  await once(child, 'close');
  return JSON.parse(text.replace('started\n', ''));
}
