/** What cannot work is refused in Kubernetes' own words, and nothing is half done. */
import test from 'ava';
import { createCluster, type TestCluster, waitUntil } from '../helpers/cluster.ts';

let cluster: TestCluster;

test.before(async () => {
  cluster = createCluster();
  await cluster.up();
});
test.after.always(() => cluster.remove());

/** `sleep` pays no heed to SIGTERM as the first process of a container. */
const quick = JSON.stringify({ spec: { terminationGracePeriodSeconds: 1 } });

const cases: { name: string; words: string; input?: unknown; want: RegExp }[] = [
  {
    name: 'a Deployment whose selector misses its template',
    words: 'apply -f -',
    input: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x' },
      spec: {
        selector: { matchLabels: { app: 'a' } },
        template: {
          metadata: { labels: { app: 'b' } },
          spec: { containers: [{ name: 'main', image: 'i' }] },
        },
      },
    },
    want: /The Deployment "x" is invalid: spec\.template\.metadata\.labels: Invalid value: .*`selector` does not match template `labels`/,
  },
  {
    name: 'a Pod without containers',
    words: 'apply -f -',
    input: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { containers: [] } },
    want: /The Pod "x" is invalid: spec\.containers: Required value/,
  },
  {
    name: 'a field that does not exist',
    words: 'apply -f -',
    input: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x' },
      spec: { containers: [{ name: 'main', image: 'i', imagee: 'j' }] },
    },
    want: /strict decoding error: unknown field "spec\.containers\[0\]\.imagee"/,
  },
  {
    name: 'a Service with a port that is none',
    words: 'apply -f -',
    input: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'x' },
      spec: { ports: [{ port: 70000 }] },
    },
    want: /The Service "x" is invalid:[\s*]+spec\.ports\[0\]\.port: Invalid value: 70000: must be between 1 and 65535, inclusive/,
  },
  {
    name: 'an object that does not exist',
    words: 'get pod nobody',
    want: /Error from server \(NotFound\): pods "nobody" not found/,
  },
  {
    name: 'a kind that is not served',
    words: 'get servicemonitors',
    want: /the server doesn't have a resource type "servicemonitors"/,
  },
  {
    name: 'a namespace that is not there',
    words: 'create configmap x -n nowhere',
    want: /namespaces "nowhere" not found/,
  },
];

for (const { name, words, input, want } of cases) {
  test.serial(`${name} is refused as upstream refuses it`, async (t) => {
    const options = input === undefined ? {} : { input: JSON.stringify(input) };
    const error = await t.throwsAsync(cluster.kubectl(words, options));
    t.regex((error as unknown as { stderr: string }).stderr, want);
  });
}

test.serial('without a credential only health and version are told', async (t) => {
  const url = `https://${cluster.host.address}:6443`;
  const curl = (path: string) =>
    cluster.host.run('curl', ['-sk', '-o', '/dev/null', '-w', '%{http_code}', `${url}${path}`]);
  t.is(await curl('/readyz'), '200');
  t.is(await curl('/api/v1/secrets'), '401');
});

test.serial("a pod whose image isn't there says so, and is deleted in order", async (t) => {
  await cluster.kubectl('run lost --image=localhost/nothing:1 --restart=Never');
  await waitUntil(async () =>
    /ErrImage|ImagePullBackOff/.test(await cluster.kubectl('get pod lost')),
  );
  await cluster.kubectl('delete pod lost --timeout=60s');
  t.is((await cluster.kubectl('get pods -o name')).trim(), '');
});

test.serial('a command that fails is restarted with back-off', async (t) => {
  await cluster.kubectl("run crash --image=localhost/wherry/busybox:1 --command -- sh -c 'exit 3'");
  await waitUntil(async () => /CrashLoopBackOff/.test(await cluster.kubectl('get pod crash')));
  const pod = JSON.parse(await cluster.kubectl('get pod crash -o json'));
  t.is(pod.status.containerStatuses[0].lastState.terminated.exitCode, 3);
  await cluster.kubectl('delete pod crash --timeout=60s');
});

test.serial('a second instance of the same name is refused', async (t) => {
  const error = await t.throwsAsync(cluster.wherry('up'));
  t.regex((error as unknown as { stderr: string }).stderr, /is running already \(pid \d+\)/);
});

test.serial('namespaces go with all that is in them', async (t) => {
  await cluster.kubectl('create namespace short');
  await cluster.kubectl('-n short create configmap a');
  await cluster.kubectl(
    `-n short run p --image=localhost/wherry/busybox:1 --overrides='${quick}' --command -- sleep 1000`,
  );
  await cluster.kubectl('delete namespace short --timeout=90s');
  const error = await t.throwsAsync(cluster.kubectl('get namespace short'));
  t.regex((error as unknown as { stderr: string }).stderr, /namespaces "short" not found/);
});
