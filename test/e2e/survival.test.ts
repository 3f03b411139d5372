/** kill -9 of any part: pods run on, and nothing that was acknowledged is lost. */
import test from 'ava';
import { createCluster, type TestCluster, waitUntil } from '../helpers/cluster.ts';

let cluster: TestCluster;

test.before(async () => {
  cluster = createCluster();
  await cluster.up();
  await cluster.kubectl('apply -f -', { input: JSON.stringify(counter) });
  await cluster.kubectl('wait --for=condition=Ready pod/counter --timeout=60s');
});
test.after.always(() => cluster.remove());

/** Prints its own pid namespace and a number a second: a restart would begin at 0 again. */
const counter = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'counter' },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'localhost/wherry/busybox:1',
        command: ['sh', '-c', 'i=0; while :; do echo $i; i=$((i+1)); sleep 0.2; done'],
      },
    ],
  },
};

test.serial(
  'kill -9 of the agent leaves its pods running, and the next agent adopts them',
  async (t) => {
    const before = await look();
    const agent = cluster.pidOf('agent');
    process.kill(agent, 'SIGKILL');
    await waitUntil(() => cluster.pidOf('agent') !== agent);
    await cluster.kubectl('wait --for=condition=Ready node/node-1 --timeout=60s');
    await waitUntil(async () => (await cluster.kubectl('exec counter -- echo hi')).trim() === 'hi');
    const after = await look();
    t.is(after.containerId, before.containerId);
    t.is(after.restarts, before.restarts);
    t.is(after.ip, before.ip);
    const numbers = (await cluster.kubectl('logs counter')).trim().split('\n').map(Number);
    t.deepEqual(
      numbers,
      numbers.map((_, index) => index),
      'a log line is missing or doubled',
    );
  },
);

test.serial('kill -9 of the API server loses no acknowledged write', async (t) => {
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round++) {
    const pid = cluster.pidOf('apiserver');
    const writes = Array.from({ length: 20 }, async (_, index) => {
      const name = `write-${round}-${index}`;
      await cluster.kubectl(`create configmap ${name} --from-literal=n=${index}`);
      acknowledged.push(name);
    });
    await waitUntil(() => acknowledged.length >= round * 10 + 5);
    process.kill(pid, 'SIGKILL');
    await Promise.allSettled(writes);
    await waitUntil(() => cluster.pidOf('apiserver') !== pid);
    await waitUntil(async () => isServing());
  }
  const listed = (await cluster.kubectl('get configmaps -o name')).split('\n');
  const names = new Set(listed.map((line) => line.replace('configmap/', '')));
  t.deepEqual(
    acknowledged.filter((name) => !names.has(name)),
    [],
  );
  t.true(acknowledged.length >= 15);
});

test.serial('the other components find the new API server, and go on', async (t) => {
  await cluster.kubectl('create deployment later --image=localhost/wherry/busybox:1 -- sleep 1000');
  await cluster.kubectl('rollout status deployment/later --timeout=60s');
  t.is((await look()).restarts, 0);
});

test.serial('a stop and a start keep the state, and pods run again', async (t) => {
  await cluster.interrupt();
  await cluster.up();
  const listed = await cluster.kubectl('get configmaps -o name');
  t.regex(listed, /write-0-/);
  await cluster.kubectl('wait --for=condition=Ready pod/counter --timeout=60s');
  await cluster.kubectl('rollout status deployment/later --timeout=60s');
});

test.serial('reset after kill -9 of everything removes what was left', async (t) => {
  const pids = ['up', 'apiserver', 'agent', 'proxy', 'dns', 'scheduler', 'controller-manager'];
  const { up, processes } = JSON.parse(
    await cluster.host.run('cat', [`/run/${cluster.name}/up.json`]),
  );
  for (const { pid } of [up, ...processes]) process.kill(pid, 'SIGKILL');
  t.is(processes.length, pids.length - 1);
  await cluster.wherry('reset');
  const rules = await cluster.host.run('iptables-save', []);
  t.deepEqual(
    rules.split('\n').filter((line) => line.startsWith('-A')),
    [],
  );
  t.is((await cluster.host.run('ip', ['-br', 'link'])).trim().split('\n').length, 2);
});

async function look() {
  const pod = JSON.parse(await cluster.kubectl('get pod counter -o json'));
  const [status] = pod.status.containerStatuses;
  return { containerId: status.containerID, restarts: status.restartCount, ip: pod.status.podIP };
}

const isServing = () =>
  cluster.kubectl('get --raw /readyz').then(
    () => true,
    () => false,
  );
