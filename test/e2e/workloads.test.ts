/** StatefulSets, DaemonSets and ReplicationControllers that really run, by stock kubectl. */
import test, { type ExecutionContext } from 'ava';
import { createCluster } from '../helpers/cluster.ts';

const labels = (app: string) => ({ app });
const template = (app: string) => ({
  metadata: { labels: labels(app) },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      { name: 'main', image: 'localhost/wherry/busybox:1', command: ['sleep', '1000000'] },
    ],
  },
});

const objects = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'db' },
    spec: { clusterIP: 'None', selector: labels('db'), ports: [{ port: 80 }] },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: {
      replicas: 2,
      serviceName: 'db',
      selector: { matchLabels: labels('db') },
      template: template('db'),
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'log' },
    spec: { selector: { matchLabels: labels('log') }, template: template('log') },
  },
  {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'old' },
    spec: { replicas: 1, selector: labels('old'), template: template('old') },
  },
];

async function start(t: ExecutionContext) {
  const cluster = createCluster();
  t.teardown(() => cluster.remove());
  await cluster.up();
  await cluster.kubectl('apply -f -', {
    input: objects.map((each) => JSON.stringify(each)).join('\n---\n'),
  });
  return cluster;
}

test('pods of a StatefulSet know their names, daemons their node, and both roll out and back', async (t) => {
  t.timeout(180_000);
  const { kubectl } = await start(t);
  for (const name of ['statefulset/db', 'daemonset/log']) {
    await kubectl(`rollout status ${name} --timeout=60s`);
  }
  await kubectl('wait pod -l app=old --for=condition=Ready --timeout=60s');
  t.is((await kubectl('exec db-1 -- hostname')).trim(), 'db-1');
  const fqdn = 'db-0.db.default.svc.cluster.local';
  const address = await kubectl("get pod db-0 -o jsonpath='{.status.podIP}'");
  t.true((await kubectl(`exec db-1 -- nslookup ${fqdn}`)).includes(address));
  const node = "get pods -l app=log -o jsonpath='{.items[*].spec.nodeName}'";
  t.is(await kubectl(node), 'node-1');
  for (const name of ['statefulset/db', 'daemonset/log']) {
    await kubectl(`rollout restart ${name}`);
    await kubectl(`rollout status ${name} --timeout=60s`);
    t.regex(await kubectl(`rollout undo ${name}`), /rolled back/);
    await kubectl(`rollout status ${name} --timeout=60s`);
    t.regex(await kubectl(`rollout history ${name}`), /\n2 +<none>\n3 +<none>/);
  }
  t.regex(await kubectl('get events'), /SuccessfulCreate +statefulset\/db +create Pod db-0 in/);
  await kubectl('delete statefulset/db daemonset/log rc/old --timeout=60s');
  await kubectl('wait pod --all --for=delete --timeout=60s');
  t.is((await kubectl('get controllerrevisions -o name')).trim(), '');
});
