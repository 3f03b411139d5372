/** DaemonSets, StatefulSets, ReplicationControllers and ReplicaSets over hours of virtual time. */
import test from 'ava';
import type { KubeObject, Resource } from '../../api/resource.ts';
import {
  controllerRevisions,
  daemonSets,
  events,
  nodes,
  persistentVolumeClaims,
  pods,
  replicaSets,
  replicationControllers,
  statefulSets,
} from '../../api/resources.ts';
import type { DaemonSet, StatefulSet } from '../../api/types/apps-v1.generated.ts';
import type { Pod, PodTemplateSpec } from '../../api/types/core-v1.generated.ts';
import { nodeOf } from '../../controllers/daemonset/node-fit.ts';
import { templateOf } from '../../controllers/revisions/plan.ts';
import { type Cluster, startCluster } from './cluster.ts';

const labels = { app: 'web' };
const templateWith = (image: string): PodTemplateSpec => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image }] },
});
const metadata = { name: 'web', namespace: 'default' };
const selector = { matchLabels: labels };

const daemonSetOf = (spec: Partial<DaemonSet['spec']> = {}): DaemonSet => ({
  metadata,
  spec: { selector, template: templateWith('web:1'), ...spec },
});
const statefulSetOf = (spec: Partial<StatefulSet['spec']> = {}): StatefulSet => ({
  metadata,
  spec: { replicas: 3, serviceName: 'web', selector, template: templateWith('web:1'), ...spec },
});

interface Templated extends KubeObject {
  spec?: { template?: PodTemplateSpec };
}

async function edit<T extends KubeObject>(
  { client }: Cluster,
  resource: Resource<T>,
  change: (object: T) => void,
): Promise<void> {
  const draft = structuredClone(await client.get(resource, 'web', 'default'));
  change(draft);
  await client.update(resource, draft);
}

const setImage = <T extends Templated>(cluster: Cluster, resource: Resource<T>, image: string) =>
  edit(cluster, resource, ({ spec }) => {
    spec!.template = templateWith(image);
  });

const alive = async ({ client }: Cluster): Promise<Pod[]> =>
  (await client.list(pods)).items.filter(({ metadata }) => !metadata?.deletionTimestamp);

const isReady = ({ status }: Pod) =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;

const imageOf = ({ spec }: Pod) => spec?.containers[0]?.image;

/** `web-0 web:1`, by name. */
const describe = async (cluster: Cluster): Promise<string[]> =>
  (await alive(cluster)).map((pod) => `${pod.metadata?.name} ${imageOf(pod)}`).sort();

const nodesOf = async (cluster: Cluster) =>
  (await alive(cluster)).map(({ spec }) => spec?.nodeName).sort();

const reasons = async ({ client }: Cluster) =>
  new Set((await client.list(events)).items.map(({ reason }) => reason));

const fail = ({ client }: Cluster, name: string) =>
  client.patch(
    pods,
    { name, namespace: 'default' },
    { type: 'merge', body: { status: { phase: 'Failed', reason: 'Evicted', conditions: [] } } },
    { subresource: 'status' },
  );

const remove = ({ client }: Cluster, name: string) =>
  client.delete(pods, { name, namespace: 'default' });

const setLabels = ({ client }: Cluster, name: string, labels: Record<string, string | null>) =>
  client.patch(nodes, { name }, { type: 'merge', body: { metadata: { labels } } });

test('[sig-apps] Daemon set [Serial] should run and stop simple daemon [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b', 'c'] });
  await cluster.client.create(daemonSets, daemonSetOf());
  await cluster.clock.advance(10_000);
  t.deepEqual(await nodesOf(cluster), ['a', 'b', 'c']);
  const [first] = await alive(cluster);
  await remove(cluster, first?.metadata?.name ?? '');
  await cluster.clock.advance(10_000);
  t.deepEqual(await nodesOf(cluster), ['a', 'b', 'c'], 'one that is deleted comes again');
  const [second] = await alive(cluster);
  await fail(cluster, second?.metadata?.name ?? '');
  await cluster.clock.advance(10_000);
  t.deepEqual((await alive(cluster)).filter(isReady).length, 3, 'so does one that fails');
  t.true((await reasons(cluster)).has('FailedDaemonPod'));
  t.deepEqual(cluster.errors, []);
});

test('[sig-apps] Daemon set [Serial] should run and stop complex daemon [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  const template = templateWith('web:1');
  template.spec!.nodeSelector = { color: 'blue' };
  await cluster.client.create(daemonSets, daemonSetOf({ template }));
  await cluster.clock.advance(5000);
  t.deepEqual(await nodesOf(cluster), []);
  await setLabels(cluster, 'a', { color: 'blue' });
  await cluster.clock.advance(5000);
  t.deepEqual(await nodesOf(cluster), ['a']);
  await setLabels(cluster, 'a', { color: 'green' });
  await cluster.clock.advance(5000);
  t.deepEqual(await nodesOf(cluster), []);
  await edit(cluster, daemonSets, ({ spec }) => {
    spec!.template.spec!.nodeSelector = { color: 'green' };
  });
  await cluster.clock.advance(5000);
  t.deepEqual(await nodesOf(cluster), ['a']);
});

test('[sig-apps] Daemon set [Serial] should update pod when spec was updated and update strategy is RollingUpdate [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b', 'c'] });
  await cluster.client.create(daemonSets, daemonSetOf());
  await cluster.clock.advance(10_000);
  await setImage(cluster, daemonSets, 'web:2');
  for (let step = 0; step < 80; step++) {
    await cluster.clock.advance(250);
    const ready = (await alive(cluster)).filter(isReady).length;
    t.true(ready >= 2, `${ready} ready`);
  }
  t.deepEqual((await alive(cluster)).map(imageOf), ['web:2', 'web:2', 'web:2']);
  const { items } = await cluster.client.list(controllerRevisions);
  t.deepEqual(items.map(({ revision }) => revision).sort(), [1, 2]);
  const { status } = await cluster.client.get(daemonSets, 'web', 'default');
  t.like(status, { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 });
});

test('[sig-apps] Daemon set [Serial] should rollback without unnecessary restarts [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b', 'c'] });
  const { client, clock } = cluster;
  await client.create(daemonSets, daemonSetOf());
  await clock.advance(10_000);
  const [first] = (await client.list(controllerRevisions)).items;
  const before = (await alive(cluster)).map(({ metadata }) => metadata?.uid);
  await setImage(cluster, daemonSets, 'broken:1');
  await clock.advance(30_000);
  const images = (await alive(cluster)).map(imageOf).sort();
  t.deepEqual(images, ['broken:1', 'web:1', 'web:1'], 'one is broken, and no more');
  await edit(cluster, daemonSets, ({ spec }) => {
    spec!.template = templateOf(first!);
  });
  await clock.advance(30_000);
  const after = await alive(cluster);
  t.deepEqual(after.map(imageOf), ['web:1', 'web:1', 'web:1']);
  t.is(after.filter(({ metadata }) => before.includes(metadata?.uid)).length, 2);
  const { items } = await client.list(controllerRevisions);
  t.deepEqual(items.map(({ revision }) => revision).sort(), [2, 3], 'the first is the newest');
});

test('a DaemonSet with maxSurge never misses a pod, and never has more than two on a node', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b', 'c'] });
  const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate };
  await cluster.client.create(daemonSets, daemonSetOf({ updateStrategy, minReadySeconds: 2 }));
  await cluster.clock.advance(10_000);
  await setImage(cluster, daemonSets, 'web:2');
  for (let step = 0; step < 120; step++) {
    await cluster.clock.advance(250);
    if (step % 7 === 0) await cluster.restart();
    const now = await alive(cluster);
    const ready = new Set(now.filter(isReady).map(({ spec }) => spec?.nodeName));
    t.is(ready.size, 3);
    t.true(now.length <= 4, `${now.length} pods`);
  }
  t.deepEqual((await alive(cluster)).map(imageOf), ['web:2', 'web:2', 'web:2']);
});

test('a DaemonSet with OnDelete updates what people delete', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  await cluster.client.create(daemonSets, daemonSetOf({ updateStrategy: { type: 'OnDelete' } }));
  await cluster.clock.advance(10_000);
  await setImage(cluster, daemonSets, 'web:2');
  await cluster.clock.advance(10_000);
  const [first] = await alive(cluster);
  t.is(imageOf(first!), 'web:1');
  await remove(cluster, first?.metadata?.name ?? '');
  await cluster.clock.advance(10_000);
  t.deepEqual((await alive(cluster)).map(imageOf).sort(), ['web:1', 'web:2']);
});

test('a DaemonSet makes one pod a node, however late and lost its answers are', async (t) => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const cluster = await startCluster(t, { nodes: names });
  let asked = 0;
  cluster.lagMs = 700;
  cluster.loseAnswer = (verb) => verb !== 'update' && asked++ % 3 === 0;
  await cluster.client.create(daemonSets, daemonSetOf());
  for (const image of ['web:2', 'web:3']) {
    for (let step = 0; step < 240; step++) {
      await cluster.clock.advance(250);
      if (step % 60 === 59) await cluster.restart();
      const on = (await alive(cluster)).map(nodeOf);
      t.is(new Set(on).size, on.length, on.join());
    }
    await setImage(cluster, daemonSets, image);
  }
  await cluster.clock.advance(120_000);
  t.deepEqual(await nodesOf(cluster), names);
  t.deepEqual([...new Set((await alive(cluster)).map(imageOf))], ['web:3']);
});

test('a daemon stays with a node that has fallen silent', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  const { client, clock } = cluster;
  await client.create(daemonSets, daemonSetOf());
  await clock.advance(10_000);
  const before = (await alive(cluster)).map(({ metadata }) => metadata?.uid).sort();
  cluster.fail('a');
  await clock.advance(600_000);
  const after = (await alive(cluster)).map(({ metadata }) => metadata?.uid).sort();
  t.deepEqual(after, before, 'it is not evicted');
  const { status } = await client.get(daemonSets, 'web', 'default');
  // As upstream counts: nothing new would be made on a node that is tainted for scheduling.
  t.like(status, { desiredNumberScheduled: 1, numberReady: 1, numberMisscheduled: 1 });
});

const stateful = '[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic]';

test(`${stateful} Should recreate evicted statefulset [Conformance]`, async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  await cluster.client.create(statefulSets, statefulSetOf({ replicas: 1 }));
  await cluster.clock.advance(10_000);
  const [before] = await alive(cluster);
  t.is(before?.metadata?.name, 'web-0');
  await fail(cluster, 'web-0');
  await cluster.clock.advance(10_000);
  const [after] = await alive(cluster);
  t.is(after?.metadata?.name, 'web-0');
  t.not(after?.metadata?.uid, before?.metadata?.uid);
  t.true(isReady(after!));
  t.true((await reasons(cluster)).has('RecreatingFailedPod'));
});

test(`${stateful} should perform canary updates and phased rolling updates of template modifications [Conformance]`, async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  const { client, clock } = cluster;
  const setPartition = async (partition: number) => {
    await edit(cluster, statefulSets, ({ spec }) => {
      spec!.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition } };
    });
    await clock.advance(15_000);
  };
  await client.create(statefulSets, statefulSetOf());
  await clock.advance(15_000);
  const { status: first } = await client.get(statefulSets, 'web', 'default');
  t.is(first?.currentRevision, first?.updateRevision);
  await setPartition(3);
  await setImage(cluster, statefulSets, 'web:2');
  await clock.advance(15_000);
  t.deepEqual(await describe(cluster), ['web-0 web:1', 'web-1 web:1', 'web-2 web:1']);
  await setPartition(2);
  const canary = ['web-0 web:1', 'web-1 web:1', 'web-2 web:2'];
  t.deepEqual(await describe(cluster), canary);
  for (const name of ['web-0', 'web-2']) await remove(cluster, name);
  await clock.advance(15_000);
  t.deepEqual(await describe(cluster), canary, 'each comes again as it was');
  const { status: half } = await client.get(statefulSets, 'web', 'default');
  t.is(half?.currentRevision, first?.currentRevision);
  t.not(half?.updateRevision, first?.updateRevision);
  await setPartition(1);
  t.deepEqual(await describe(cluster), ['web-0 web:1', 'web-1 web:2', 'web-2 web:2']);
  await setPartition(0);
  t.deepEqual(await describe(cluster), ['web-0 web:2', 'web-1 web:2', 'web-2 web:2']);
  const { status } = await client.get(statefulSets, 'web', 'default');
  t.is(status?.currentRevision, half?.updateRevision);
  t.deepEqual(cluster.errors, []);
});

test('a StatefulSet comes up in order, goes down in reverse, and keeps or drops its claims', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const { client, clock } = cluster;
  const set = statefulSetOf({
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
    persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
  });
  await client.create(statefulSets, set);
  await clock.advance(20_000);
  const isOfPods = (line: string) => /^(create|delete) pods /.test(line);
  const made = client.writes.filter(isOfPods).map((line) => line.split('/')[1]);
  t.deepEqual(made, ['web-0', 'web-1', 'web-2']);
  const claims = async () =>
    (await client.list(persistentVolumeClaims)).items.map(({ metadata }) => metadata?.name);
  t.deepEqual(await claims(), ['data-web-0', 'data-web-1', 'data-web-2']);
  await edit(cluster, statefulSets, ({ spec }) => {
    spec!.replicas = 1;
  });
  await clock.advance(60_000);
  t.deepEqual(await describe(cluster), ['web-0 web:1']);
  t.deepEqual(await claims(), ['data-web-0'], 'they went with their pods');
  await edit(cluster, statefulSets, ({ spec }) => {
    spec!.replicas = 2;
  });
  await clock.advance(20_000);
  t.deepEqual(await claims(), ['data-web-0', 'data-web-1']);
  t.is((await alive(cluster)).filter(isReady).length, 2);
});

test('controllers that are killed at any moment never miss two pods of a StatefulSet', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  await cluster.client.create(statefulSets, statefulSetOf({ podManagementPolicy: 'Parallel' }));
  await cluster.clock.advance(10_000);
  let step = 0;
  cluster.lagMs = 100;
  cluster.loseAnswer = () => step % 4 === 1;
  for (const image of ['web:2', 'web:3']) {
    await setImage(cluster, statefulSets, image);
    for (const end = step + 160; step < end; step++) {
      await cluster.clock.advance(250);
      if (step % 5 === 0) await cluster.restart();
      const ready = (await alive(cluster)).filter(isReady).length;
      t.true(ready >= 2, `${ready} ready`);
    }
    t.deepEqual(
      await describe(cluster),
      [0, 1, 2].map((i) => `web-${i} ${image}`),
    );
  }
  const { items } = await cluster.client.list(controllerRevisions);
  t.deepEqual(items.map(({ revision }) => revision).sort(), [1, 2, 3]);
});

const controllerOf = (replicas: number) => ({
  metadata,
  spec: { replicas, selector: labels, template: templateWith('web:1') },
});

test('[sig-apps] ReplicationController should serve a basic image on each replica with a public image [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  await cluster.client.create(replicationControllers, controllerOf(3));
  await cluster.clock.advance(10_000);
  t.is((await alive(cluster)).filter(isReady).length, 3);
  const { status } = await cluster.client.get(replicationControllers, 'web', 'default');
  t.like(status, { replicas: 3, readyReplicas: 3, availableReplicas: 3, fullyLabeledReplicas: 3 });
  t.deepEqual(cluster.errors, []);
});

test('[sig-apps] ReplicaSet should serve a basic image on each replica with a public image [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const spec = { replicas: 2, selector, template: templateWith('web:1') };
  await cluster.client.create(replicaSets, { metadata, spec });
  await cluster.clock.advance(10_000);
  const ready = (await alive(cluster)).filter(isReady);
  t.deepEqual(ready.map(imageOf), ['web:1', 'web:1']);
});

test('[sig-apps] ReplicationController should adopt matching pods on creation [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const { client, clock } = cluster;
  const orphan = { metadata: { ...metadata, name: 'orphan', labels } };
  const { spec } = templateWith('web:1');
  await client.create(pods, { ...orphan, ...(spec && { spec }) });
  await client.create(replicationControllers, controllerOf(1));
  await clock.advance(10_000);
  const [only, ...others] = await alive(cluster);
  t.deepEqual([only?.metadata?.name, others], ['orphan', []]);
  const [owner] = only?.metadata?.ownerReferences ?? [];
  t.like(owner, { kind: 'ReplicationController', name: 'web', controller: true });
});

test('[sig-apps] ReplicationController should release no longer matching pods [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const { client, clock } = cluster;
  await client.create(replicationControllers, controllerOf(1));
  await clock.advance(10_000);
  const name = (await alive(cluster))[0]?.metadata?.name ?? '';
  const body = { metadata: { labels: { app: 'released' } } };
  await client.patch(pods, { name, namespace: 'default' }, { type: 'merge', body });
  await clock.advance(10_000);
  const released = await client.get(pods, name, 'default');
  t.deepEqual(released.metadata?.ownerReferences ?? [], []);
  t.is((await alive(cluster)).length, 2, 'and has another in its place');
});
