/**
 * NetworkPolicies as stock kubectl applies them: nobody, somebody, and never a moment too late.
 * The tests of this file are one story and run in order on one cluster.
 */
import test from 'ava';
import { createCluster, type TestCluster, waitUntil } from '../helpers/cluster.ts';

let cluster: TestCluster;

test.before(async () => {
  cluster = createCluster();
  await cluster.up();
  await apply(web('web'), service, pod('friend', { role: 'friend' }, sleep), stranger);
  await cluster.kubectl('wait --for=condition=Ready pod --all --timeout=60s');
  await waitUntil(() => canReach('friend', 'web'));
});
test.after.always(() => cluster.remove());

const image = 'localhost/wherry/busybox:1';
const sleep = 'trap "exit 0" TERM; sleep 1000 & wait';
const serve =
  'trap "exit 0" TERM; mkdir /tmp/w; echo ok > /tmp/w/index.html; httpd -f -p 8080 -h /tmp/w & wait';

const pod = (name: string, labels: Record<string, string>, script: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'main', image, command: ['sh', '-c', script], ...more }],
  },
});
const web = (name: string, labels: Record<string, string> = { app: 'web' }) =>
  pod(name, labels, serve, {
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
  });
const stranger = pod('stranger', { role: 'stranger' }, sleep);
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
};
const policy = (name: string, spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name },
  spec,
});

const apply = (...items: object[]) =>
  cluster.kubectl('apply -f -', {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  });

/** Whether a web page comes within two seconds. */
async function canReach(from: string, target: string): Promise<boolean> {
  try {
    const text = await cluster.kubectl(`exec ${from} -- timeout 2 wget -q -O - http://${target}/`);
    return text === 'ok\n';
  } catch {
    return false;
  }
}

const rules = () =>
  cluster.host.run('/usr/sbin/nft', ['list', 'table', 'ip', `${cluster.name}-policy`]);

const story = test.serial;

story('without a policy everybody reaches everybody, by the Service as well', async (t) => {
  t.true(await canReach('stranger', 'web'));
  t.notRegex(await rules(), /isolate/);
});

story('default deny: nobody gets in, but the probes of the node do', async (t) => {
  await apply(policy('deny', { podSelector: {}, policyTypes: ['Ingress'] }));
  await waitUntil(async () => /isolate-ingress/.test(await rules()));
  t.deepEqual(await Promise.all([canReach('friend', 'web'), canReach('stranger', 'web')]), [
    false,
    false,
  ]);
  await apply(web('late'));
  await cluster.kubectl('wait --for=condition=Ready pod/late --timeout=30s');
  const ready = "get pod web -o jsonpath='{.status.containerStatuses[0].ready}'";
  t.is(await cluster.kubectl(ready), 'true');
  t.regex(await rules(), /counter packets [1-9]\d* bytes \d+ drop comment "default\/deny"/);
});

story('allowed by label and named port: the friend gets in, the stranger does not', async (t) => {
  const ingress = [
    { from: [{ podSelector: { matchLabels: { role: 'friend' } } }], ports: [{ port: 'http' }] },
  ];
  await apply(policy('friends', { podSelector: { matchLabels: { app: 'web' } }, ingress }));
  await waitUntil(() => canReach('friend', 'web'));
  t.false(await canReach('stranger', 'web'));
});

story('a label that changes changes who gets in', async (t) => {
  await cluster.kubectl('label pod stranger role=friend --overwrite');
  await waitUntil(() => canReach('stranger', 'web'));
  await cluster.kubectl('label pod stranger role=stranger --overwrite');
  await waitUntil(async () => !(await canReach('stranger', 'web')));
  t.true(await canReach('friend', 'web'));
});

story('flushed by somebody else, the rules are back within a second', async (t) => {
  await cluster.host.run('/usr/sbin/nft', ['delete', 'table', 'ip', `${cluster.name}-policy`]);
  await waitUntil(async () => /isolate-ingress/.test(await rules().catch(() => '')), 5000);
  t.false(await canReach('stranger', 'web'));
});

story('pains P25: no pod gets a packet out before its policies are in force', async (t) => {
  await apply(
    policy('jail', { podSelector: { matchLabels: { jailed: 'yes' } }, policyTypes: ['Egress'] }),
  );
  await cluster.kubectl('delete networkpolicy deny friends');
  await waitUntil(() => canReach('stranger', 'web'));
  const ip = await cluster.kubectl("get pod web -o jsonpath='{.status.podIP}'");
  const names = Array.from({ length: 20 }, (_, index) => `jailed-${index}`);
  // The first thing that each of them does; the last word is that of one who may.
  const script = `for i in 1 2 3; do timeout 1 nc -w 1 ${ip} 8080 < /dev/null && echo LEAK; done; echo done`;
  const once = (name: string, labels: Record<string, string>) => {
    const made = pod(name, labels, script);
    return { ...made, spec: { ...made.spec, restartPolicy: 'Never' } };
  };
  const free = once('free', { jailed: 'no' });
  await apply(free, ...names.map((name) => once(name, { jailed: 'yes' })));
  const logs = async (name: string) => cluster.kubectl(`logs ${name}`).catch(() => '');
  await waitUntil(async () => /done/.test(await logs('free')), 60_000);
  for (const name of names) await waitUntil(async () => /done/.test(await logs(name)), 60_000);
  t.regex(await logs('free'), /LEAK/, 'what proves that a leak would be seen');
  for (const name of names) t.notRegex(await logs(name), /LEAK/, name);
});

story('pains P25: no new server is reached before its policies are in force', async (t) => {
  await apply(policy('vault', { podSelector: { matchLabels: { app: 'vault' } } }));
  // Asks every address that a pod may get next, over and over.
  const range = '$(seq 2 120)';
  const ask = `(timeout 1 wget -q -O - http://10.42.0.$i:8080/ >/dev/null 2>&1 && echo LEAK $i) &`;
  const scan = `while true; do for i in ${range}; do ${ask} done; wait; done`;
  await apply(pod('scanner', { role: 'scanner' }, scan));
  await cluster.kubectl('wait --for=condition=Ready pod/scanner --timeout=60s');
  const open = await cluster.kubectl("get pod web -o jsonpath='{.status.podIP}'");
  const seen = async () => new Set((await cluster.kubectl('logs scanner')).split('\n'));
  await waitUntil(async () => (await seen()).has(`LEAK ${open.split('.')[3]}`), 60_000);
  const names = Array.from({ length: 8 }, (_, index) => `vault-${index}`);
  await apply(...names.map((name) => web(name, { app: 'vault' })));
  await cluster.kubectl('wait --for=condition=Ready pod -l app=vault --timeout=60s');
  const ips = await cluster.kubectl("get pod -l app=vault -o jsonpath='{.items[*].status.podIP}'");
  const found = await seen();
  for (const ip of ips.split(' ')) t.false(found.has(`LEAK ${ip.split('.')[3]}`), ip);
  t.is(ips.split(' ').length, names.length);
  await cluster.kubectl('delete pod scanner --now');
});

story('deleted, a policy is as if it had never been', async (t) => {
  t.false(await canReach('friend', await ipOf('vault-0')));
  await cluster.kubectl('delete networkpolicy --all');
  await waitUntil(async () => !/isolate|pods-\d|ports-\d/.test(await rules()));
  t.true(await canReach('friend', await ipOf('vault-0')));
});

const ipOf = async (name: string) =>
  `${await cluster.kubectl(`get pod ${name} -o jsonpath='{.status.podIP}'`)}:8080`;

story('reset takes the tables away', async (t) => {
  await apply(policy('deny', { podSelector: {} }));
  await waitUntil(async () => /isolate-ingress/.test(await rules()));
  await cluster.interrupt();
  await cluster.wherry('reset');
  t.notRegex(await cluster.host.run('/usr/sbin/nft', ['list', 'tables']), /-policy/);
});
