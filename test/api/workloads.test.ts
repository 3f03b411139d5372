/**
 * What conformance asks of the kinds of workloads, at a real API server with our controllers and
 * hollow nodes, by stock kubectl: subresources, collections, history. One namespace a test.
 */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { namespaces } from '../../api/resources.ts';
import { waitUntil } from '../helpers/cluster.ts';
import { createHollowCluster, type HollowCluster } from '../helpers/hollow-cluster.ts';

const run = promisify(execFile);
const program = resolve('.setup/bin/kubectl');

let cluster: HollowCluster;
let count = 0;

test.before(async () => {
  cluster = await createHollowCluster(['node-1', 'node-2']);
});
test.after.always(() => cluster?.remove());

async function open(t: ExecutionContext) {
  const namespace = `w${count++}`;
  await cluster.client.create(namespaces, { metadata: { name: namespace } });
  const kubectl = async (words: string, input?: object): Promise<string> => {
    const quoted = words.match(/(?:'[^']*'|[^\s'])+/g) ?? [];
    const args = quoted.map((word) => word.replaceAll("'", '').replaceAll('NS', namespace));
    const running = run(program, ['-n', namespace, ...args], {
      env: { KUBECONFIG: cluster.kubeconfig, HOME: cluster.api.folder },
    });
    if (input) running.child.stdin?.end(JSON.stringify(input));
    return (await running).stdout.trim();
  };
  /** Until the command prints it. */
  const until = async (words: string, want: RegExp) => {
    await waitUntil(async () => want.test(await kubectl(words)));
    t.regex(await kubectl(words), want);
  };
  return { kubectl, until };
}

const labels = { app: 'web' };
const template = (image = 'x:1') => ({
  metadata: { labels },
  spec: { containers: [{ name: 'main', image }] },
});

/** `Deployment web`; a DaemonSet has no size. */
function workload(kind: string, replicas = 1) {
  const isOld = kind === 'ReplicationController';
  return {
    apiVersion: isOld ? 'v1' : 'apps/v1',
    kind,
    metadata: { name: 'web', labels },
    spec: {
      ...(kind !== 'DaemonSet' && { replicas }),
      ...(kind === 'StatefulSet' && { serviceName: 'web' }),
      selector: isOld ? labels : { matchLabels: labels },
      template: template(),
    },
  };
}

const scaled: readonly [title: string, kind: string][] = [
  ['[sig-apps] Deployment Deployment should have a working scale subresource', 'Deployment'],
  ['[sig-apps] ReplicaSet Replicaset should have a working scale subresource', 'ReplicaSet'],
  [
    '[sig-apps] ReplicationController should get and update a ReplicationController scale',
    'ReplicationController',
  ],
  [
    '[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] ' +
      'should have a working scale subresource',
    'StatefulSet',
  ],
];

for (const [title, kind] of scaled) {
  test(`${title} [Conformance]`, async (t) => {
    const { kubectl, until } = await open(t);
    const name = `${kind.toLowerCase()}/web`;
    await kubectl('create -f -', workload(kind));
    await until(`get ${name} -o jsonpath={.status.readyReplicas}`, /^1$/);
    const scale = JSON.parse(await kubectl(`get ${name} --subresource=scale -o json`));
    t.like(scale, { kind: 'Scale', spec: { replicas: 1 }, status: { selector: 'app=web' } });
    scale.spec.replicas = 2;
    const group = kind === 'ReplicationController' ? '/api/v1' : '/apis/apps/v1';
    const path = `${group}/namespaces/NS/${kind.toLowerCase()}s/web/scale`;
    await kubectl(`replace --raw ${path} -f -`, scale);
    await until(`get ${name} -o jsonpath={.spec.replicas}/{.status.readyReplicas}`, /^2\/2$/);
    const patch = '{"spec":{"replicas":3}}';
    await kubectl(`patch ${name} --subresource=scale --type=merge -p '${patch}'`);
    await until(`get ${name} -o jsonpath={.spec.replicas}/{.status.readyReplicas}`, /^3\/3$/);
  });
}

const collections: readonly [title: string, kind: string][] = [
  ['[sig-apps] Daemon set [Serial] should list and delete a collection of DaemonSets', 'DaemonSet'],
  ['[sig-apps] ReplicaSet should list and delete a collection of ReplicaSets', 'ReplicaSet'],
];

for (const [title, kind] of collections) {
  test(`${title} [Conformance]`, async (t) => {
    const { kubectl, until } = await open(t);
    await kubectl('create -f -', workload(kind));
    await until('get pods -l app=web -o jsonpath={.items[*].status.phase}', /^Running/);
    t.is(await kubectl(`get ${kind} -l app=web -o name`), `${kind.toLowerCase()}.apps/web`);
    const path = `/apis/apps/v1/namespaces/NS/${kind.toLowerCase()}s?labelSelector=app%3Dweb`;
    await kubectl(`delete --raw ${path}`);
    await until(`get ${kind} -A -l app=none -o name`, /^$/);
    t.is(await kubectl(`get ${kind} -o name`), '');
    await until('get pods -o name', /^$/);
  });
}

const withStatus: readonly [title: string, kind: string, count: string][] = [
  [
    '[sig-apps] Daemon set [Serial] should verify changes to a daemon set status',
    'DaemonSet',
    'numberReady',
  ],
  [
    '[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] ' +
      'should validate Statefulset Status endpoints',
    'StatefulSet',
    'readyReplicas',
  ],
];

for (const [title, kind, counted] of withStatus) {
  test(`${title} [Conformance]`, async (t) => {
    const { kubectl, until } = await open(t);
    const name = `${kind.toLowerCase()}/web`;
    await kubectl('create -f -', workload(kind));
    await until(`get ${name} -o jsonpath={.status.${counted}}`, /^[12]$/);
    const has = `get ${name} -o jsonpath={.status.conditions[*].type}`;
    for (const type of ['StatusUpdate', 'StatusPatched']) {
      const conditions = [{ type, status: 'True', reason: 'E2E', message: 'set by hand' }];
      const patch = JSON.stringify({ status: { conditions } });
      await kubectl(`patch ${name} --subresource=status --type=merge -p '${patch}'`);
      t.is(await kubectl(has), type);
    }
    await kubectl(`rollout restart ${name}`);
    await kubectl(`rollout status ${name} --timeout=30s`);
    t.is(await kubectl(has), 'StatusPatched', 'the controller keeps what others say');
  });
}

test('[sig-apps] Deployment should run the lifecycle of a Deployment [Conformance]', async (t) => {
  const { kubectl, until } = await open(t);
  await kubectl('create -f -', workload('Deployment', 2));
  await kubectl('rollout status deployment/web --timeout=30s');
  const patch = { metadata: { labels: { stage: 'patched' } }, spec: { replicas: 1 } };
  await kubectl(`patch deployment web -p '${JSON.stringify(patch)}'`);
  await until(
    'get deployment -l stage=patched -o jsonpath={.items[*].status.readyReplicas}',
    /^1$/,
  );
  const status = '{"status":{"conditions":[{"type":"Seen","status":"True"}]}}';
  await kubectl(`patch deployment web --subresource=status --type=strategic -p '${status}'`);
  await kubectl('scale deployment/web --replicas=2');
  await until('get deployment web -o jsonpath={.status.readyReplicas}', /^2$/);
  await kubectl('delete deployment web');
  await until('get replicasets,pods -o name', /^$/);
});

test('[sig-apps] ReplicationController should test the lifecycle of a ReplicationController [Conformance]', async (t) => {
  const { kubectl, until } = await open(t);
  await kubectl('create -f -', workload('ReplicationController'));
  await until('get rc web -o jsonpath={.status.availableReplicas}', /^1$/);
  await kubectl('label rc web stage=patched');
  const status = '{"status":{"readyReplicas":0,"availableReplicas":0}}';
  await kubectl(`patch rc web --subresource=status --type=merge -p '${status}'`);
  await until('get rc web -o jsonpath={.status.readyReplicas}', /^1$/);
  await kubectl('patch rc web -p {"spec":{"replicas":2}}');
  await until('get rc -l stage=patched', /web +2 +2 +2/);
  await kubectl(
    'delete --raw /api/v1/namespaces/NS/replicationcontrollers?labelSelector=app%3Dweb',
  );
  await until('get rc -o name', /^$/);
});

test('[sig-apps] ControllerRevision [Serial] should manage the lifecycle of a ControllerRevision [Conformance]', async (t) => {
  const { kubectl, until } = await open(t);
  const revisions = 'get controllerrevisions -l app=web --sort-by=.revision -o';
  const numbers = `${revisions} jsonpath={.items[*].revision}`;
  await kubectl('create -f -', workload('DaemonSet'));
  await until(numbers, /^1$/);
  const name = await kubectl(`${revisions} name`);
  await kubectl(`label ${name} stage=patched`);
  t.is(await kubectl('get controllerrevisions -l stage=patched -o name'), name);
  const first = JSON.parse(await kubectl(`get ${name} -o json`));
  const { ownerReferences, labels: own } = first.metadata;
  await kubectl('create -f -', {
    ...first,
    metadata: { name: 'web-other', labels: own, ownerReferences },
    data: { spec: { template: { ...template('x:0'), $patch: 'replace' } } },
    revision: 2,
  });
  // The present state is no longer the newest: the controller says so by its number.
  await until(numbers, /^2 3$/);
  await kubectl('delete controllerrevision web-other');
  await until(numbers, /^3$/);
  await kubectl('set image daemonset/web main=x:2');
  await until(numbers, /^3 4$/);
  const path = '/apis/apps/v1/namespaces/NS/controllerrevisions?labelSelector=stage%3Dpatched';
  await kubectl(`delete --raw ${path}`);
  await until(numbers, /^4$/);
});

for (const kind of ['daemonset', 'statefulset']) {
  test(`kubectl rollout of a ${kind}: status, history, undo, restart`, async (t) => {
    const { kubectl } = await open(t);
    const name = `${kind}/web`;
    const image = `get ${name} -o jsonpath={.spec.template.spec.containers[0].image}`;
    const settle = () => kubectl(`rollout status ${name} --timeout=60s`);
    const object = workload(kind === 'daemonset' ? 'DaemonSet' : 'StatefulSet', 2);
    await kubectl('create -f -', object);
    t.regex(
      await settle(),
      kind === 'daemonset' ? /successfully rolled out/ : /roll out complete: 2 new pods/,
    );
    await kubectl(`annotate ${name} kubernetes.io/change-cause=second`);
    await kubectl(`set image ${name} main=x:2`);
    await settle();
    const images = 'get pods -o jsonpath={.items[*].spec.containers[0].image}';
    t.is(await kubectl(images), 'x:2 x:2');
    const history = await kubectl(`rollout history ${name}`);
    t.regex(history, /REVISION +CHANGE-CAUSE\n1 +<none>\n2 +second/);
    t.regex(await kubectl(`rollout history ${name} --revision=1`), /Image:\s+x:1/);
    t.regex(await kubectl(`rollout undo ${name}`), /rolled back/);
    await settle();
    t.is(await kubectl(image), 'x:1');
    t.is(await kubectl(images), 'x:1 x:1');
    t.regex(await kubectl(`rollout history ${name}`), /\n2 +second\n3 +/);
    t.regex(await kubectl(`rollout undo ${name} --to-revision=2`), /rolled back/);
    await settle();
    t.is(await kubectl(image), 'x:2');
    await kubectl(`rollout restart ${name}`);
    await settle();
    t.regex(await kubectl('get pods -o jsonpath={.items[*].metadata.annotations}'), /restartedAt/);
    t.regex(await kubectl('get events'), /SuccessfulCreate/);
  });
}
