/**
 * The demo of the README, word for word with stock kubectl: three web pods, a Service, a client.
 * The tests of this file are one story and run in order on one cluster.
 */
import { once } from 'node:events';
import test from 'ava';
import { createCluster, type TestCluster, waitUntil } from '../helpers/cluster.ts';
import { describeLeaks, type Snapshot, snapshot } from '../helpers/leak-check.ts';

let cluster: TestCluster;
let before: Snapshot;
let started: string;
let sysctls: string;

test.before(async () => {
  cluster = createCluster();
  before = await snapshot();
  sysctls = await readSysctls();
  started = await cluster.up();
});
test.after.always(() => cluster.remove());

const story = test.serial;

story('up tells each step with its time, and what to type next', (t) => {
  t.regex(started, /✔ API server +\d+ ms/);
  t.regex(started, /✔ Node ready +\d+ ms/);
  t.regex(started, /✔ DNS answers +\d+ ms/);
  t.regex(started, /export KUBECONFIG=\S+admin\.kubeconfig/);
});

story('kubectl apply of the demo makes three web pods and a client', async (t) => {
  const applied = await cluster.kubectl('apply -f examples/hello.yaml');
  t.regex(applied, /deployment\.apps\/hello created/);
  t.regex(applied, /service\/hello created/);
  t.regex(applied, /pod\/client created/);
  await cluster.kubectl('rollout status deployment/hello --timeout=60s');
  await cluster.kubectl('wait --for=condition=Ready pod/client --timeout=60s');
});

story('kubectl get -o wide shows addresses and the node', async (t) => {
  const pods = await cluster.kubectl('get pods -o wide');
  t.regex(pods, /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES/);
  t.is(pods.match(/^hello-\S+ +1\/1 +Running +0 .* 10\.42\.0\.\d+ +node-1 /gm)?.length, 3);
  const deployments = await cluster.kubectl('get deployment hello -o wide');
  t.regex(deployments, /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR/);
  t.regex(deployments, /^hello +3\/3 +3 +3 /m);
  t.regex(await cluster.kubectl('get nodes'), /^node-1 +Ready +\S+ +\S+ +v1\.36\.2\+wherry/m);
});

story('the client reaches all three replicas by the Service name', async (t) => {
  const names = (await cluster.kubectl('get pods -l app=hello -o name')).trim().split('\n');
  const wanted = names.map((name) => name.replace('pod/', ''));
  await waitUntil(async () => {
    const log = await cluster.kubectl('logs client');
    return wanted.every((name) => log.includes(name));
  }, 60_000);
  t.is(wanted.length, 3);
});

story('it reaches all three by the cluster IP as well', async (t) => {
  const ip = await cluster.kubectl("get service hello -o jsonpath='{.spec.clusterIP}'");
  const seen = new Set<string>();
  await waitUntil(async () => {
    seen.add(await cluster.kubectl(`exec client -- wget -qO- http://${ip.replaceAll("'", '')}/`));
    return seen.size === 3;
  });
  t.is(seen.size, 3);
});

story("the kernel's own tables show the DNAT, and its counters the three pods", async (t) => {
  const rules = await cluster.host.run('iptables-save', ['-c', '-t', 'nat']);
  const ip = (await cluster.kubectl('get service hello -o jsonpath={.spec.clusterIP}')).trim();
  t.regex(rules, new RegExp(`-A KUBE-SERVICES -d ${ip}/32 -p tcp .*--dport 80 -j KUBE-SVC-`));
  const pods = await cluster.kubectl('get pods -l app=hello -o jsonpath={.items[*].status.podIP}');
  for (const pod of pods.trim().split(' ')) {
    const dnat = new RegExp(
      `^\\[(\\d+):\\d+\\] -A KUBE-SEP-.* DNAT --to-destination ${pod}:8080`,
      'm',
    );
    const [, packets = '0'] = dnat.exec(rules) ?? [];
    t.true(Number(packets) > 0, `no packet went to ${pod}`);
  }
});

story('kubectl logs -f follows', async (t) => {
  const child = cluster.kubectlSpawn('logs -f --tail=1 client');
  let lines = 0;
  child.stdout?.on('data', (data: Buffer) => {
    lines += String(data).split('\n').length - 1;
  });
  await waitUntil(() => lines >= 3);
  child.kill();
  await once(child, 'exit');
  t.true(lines >= 3);
});

story('kubectl exec -it gives a terminal, and passes the exit code on', async (t) => {
  // `script` gives kubectl the terminal that -t asks for.
  const kubectl = `${process.cwd()}/.setup/bin/kubectl`;
  const env = { KUBECONFIG: `${cluster.root}/admin.kubeconfig`, HOME: cluster.host.dir };
  const seen = await cluster.host.run(
    'script',
    ['-qec', `${kubectl} exec -it client -- sh -c 'tty; stty size; hostname'`, '/dev/null'],
    { env },
  );
  t.regex(seen, /\/dev\/pts\/\d+/);
  // What `script` types when its own input ends is echoed too, perhaps on the same line.
  t.regex(seen, /client\r?$/m);
  const error = await t.throwsAsync(cluster.kubectl("exec client -- sh -c 'exit 7'"));
  t.is((error as unknown as { code: number }).code, 7);
  const echoed = await cluster.kubectl('exec -i client -- cat', { input: 'through the pipe' });
  t.is(echoed, 'through the pipe');
});

story('kubectl scale changes the number of pods', async (t) => {
  await cluster.kubectl('scale deployment hello --replicas=5');
  await cluster.kubectl('rollout status deployment/hello --timeout=60s');
  t.is((await podsOf('hello')).length, 5);
  await cluster.kubectl('scale deployment hello --replicas=1');
  await waitUntil(async () => (await podsOf('hello')).length === 1);
});

story('a rolling update replaces the pods', async (t) => {
  const [old] = await podsOf('hello');
  await cluster.kubectl('set env deployment/hello GREETING=again');
  await cluster.kubectl('rollout status deployment/hello --timeout=60s');
  await waitUntil(async () => (await podsOf('hello')).every((name) => name !== old));
  t.is((await podsOf('hello')).length, 1);
});

story('kubectl describe shows the events of a pod', async (t) => {
  const text = await cluster.kubectl('describe pod client');
  t.regex(text, /Scheduled +.*Successfully assigned default\/client to node-1/);
  t.regex(text, /Started +/);
});

story('kubectl delete takes the pods and their rules away', async (t) => {
  await cluster.kubectl('delete -f examples/hello.yaml --timeout=90s');
  await waitUntil(async () => (await cluster.kubectl('get pods -o name')).trim() === '', 60_000);
  await waitUntil(async () => {
    const rules = await cluster.host.run('iptables-save', ['-t', 'nat']);
    return !rules.includes('default/hello');
  });
  t.is(
    (await cluster.host.run('ip', ['-br', 'link', 'show', 'type', 'veth'])).split('\n').length,
    2,
  );
});

story('Ctrl-C and reset leave no trace', async (t) => {
  const words = await cluster.interrupt();
  t.regex(words, /stopped; the state stays in/);
  await cluster.wherry('reset');
  t.deepEqual(await cluster.host.run('iptables-save', []).then(rulesOf), []);
  t.is((await cluster.host.run('ip', ['-br', 'link'])).trim().split('\n').length, 2);
  t.is(await readSysctls(), sysctls);
  t.deepEqual(await describeLeaks(before), []);
});

const readSysctls = () =>
  cluster.host.run('sysctl', ['net.ipv4.ip_forward', 'net.bridge.bridge-nf-call-iptables']);

const rulesOf = (text: string) =>
  text.split('\n').filter((line) => line.startsWith('-A') || /^:\S+ -/.test(line));

async function podsOf(app: string): Promise<string[]> {
  const names = await cluster.kubectl(`get pods -l app=${app} -o name`);
  return names.split('\n').filter((name) => name !== '');
}
