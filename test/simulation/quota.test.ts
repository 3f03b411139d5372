import test from 'ava';
import type { KubeObject, Resource } from '../../api/resource.ts';
import { pods, replicaSets, resourceQuotas, secrets, services } from '../../api/resources.ts';
import type { Pod, ResourceQuotaSpec } from '../../api/types/core-v1.generated.ts';
import { type Cluster, startCluster } from './cluster.ts';

const create = ({ client, clock }: Cluster, name: string, spec: ResourceQuotaSpec) =>
  client
    .create(resourceQuotas, { metadata: { name, namespace: 'default' }, spec })
    .then(() => clock.advance(1000));

const used = async ({ client }: Cluster, name = 'quota') =>
  (await client.get(resourceQuotas, name, 'default')).status?.used;

const podOf = (name: string, more: Partial<Pod['spec'] & {}> = {}): Pod => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'x' }], ...more },
});

const resources = (cpu: string) => ({ requests: { cpu, memory: '64Mi' }, limits: { cpu } });

/** What is used before an object is made, while it is there, and once it is gone. */
async function lifeOf<T extends KubeObject>(cluster: Cluster, resource: Resource<T>, object: T) {
  const { client, clock } = cluster;
  const seen = [await used(cluster)];
  await client.create(resource, object);
  await clock.advance(1000);
  seen.push(await used(cluster));
  const target = { name: object.metadata!.name!, namespace: 'default' };
  await client.delete(resource, target, { gracePeriodSeconds: 0 });
  await clock.advance(5000);
  return [...seen, await used(cluster)];
}

test('[sig-api-machinery] ResourceQuota should create a ResourceQuota and ensure its status is promptly calculated. [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  await create(cluster, 'quota', { hard: { pods: '5', resourcequotas: '1' } });
  t.deepEqual(await used(cluster), { pods: '0', resourcequotas: '1' });
  const quota = await cluster.client.get(resourceQuotas, 'quota', 'default');
  t.deepEqual(quota.status?.hard, { pods: '5', resourcequotas: '1' });
});

test('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a pod. [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  await create(cluster, 'quota', { hard: { pods: '5', 'requests.cpu': '1', memory: '1Gi' } });
  const pod = podOf('a');
  pod.spec!.containers[0]!.resources = resources('500m');
  t.deepEqual(await lifeOf(cluster, pods, pod), [
    { pods: '0', 'requests.cpu': '0', memory: '0' },
    { pods: '1', 'requests.cpu': '500m', memory: '64Mi' },
    { pods: '0', 'requests.cpu': '0', memory: '0' },
  ]);
});

test('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a replica set. [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  await create(cluster, 'quota', { hard: { 'count/replicasets.apps': '5' } });
  const labels = { app: 'a' };
  const template = { metadata: { labels }, spec: podOf('a').spec! };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  const object = { metadata: { name: 'a', namespace: 'default' }, spec };
  t.deepEqual(
    (await lifeOf(cluster, replicaSets, object)).map((each) => each?.['count/replicasets.apps']),
    ['0', '1', '0'],
  );
});

test('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a secret. [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  await create(cluster, 'quota', { hard: { secrets: '5' } });
  const object = { metadata: { name: 'a', namespace: 'default' } };
  t.deepEqual(
    (await lifeOf(cluster, secrets, object)).map((each) => each?.secrets),
    ['0', '1', '0'],
  );
});

test('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a service. [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  await create(cluster, 'quota', { hard: { services: '5', 'services.nodeports': '2' } });
  const spec = { type: 'NodePort', ports: [{ port: 80 }] };
  const object = { metadata: { name: 'a', namespace: 'default' }, spec };
  t.deepEqual(await lifeOf(cluster, services, object), [
    { services: '0', 'services.nodeports': '0' },
    { services: '1', 'services.nodeports': '1' },
    { services: '0', 'services.nodeports': '0' },
  ]);
});

test('[sig-api-machinery] ResourceQuota should be able to update and delete ResourceQuota. [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  const { client, clock } = cluster;
  await create(cluster, 'quota', { hard: { cpu: '1', memory: '500Mi' } });
  const target = { name: 'quota', namespace: 'default' };
  const body = { spec: { hard: { cpu: '2', memory: '1Gi' } } };
  await client.patch(resourceQuotas, target, { type: 'merge', body });
  await clock.advance(1000);
  const { status } = await client.get(resourceQuotas, 'quota', 'default');
  t.deepEqual(status?.hard, { cpu: '2', memory: '1Gi' });
  await client.delete(resourceQuotas, target);
  await t.throwsAsync(client.get(resourceQuotas, 'quota', 'default'));
});

test('[sig-api-machinery] ResourceQuota should manage the lifecycle of a ResourceQuota [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  const { client, clock } = cluster;
  const metadata = { name: 'quota', namespace: 'default', labels: { test: 'it' } };
  await client.create(resourceQuotas, { metadata, spec: { hard: { cpu: '1' } } });
  await clock.advance(1000);
  const { items } = await client.list(resourceQuotas, { labelSelector: 'test=it' });
  t.deepEqual(
    items.map(({ status }) => status?.used),
    [{ cpu: '0' }],
  );
  // Somebody writes nonsense into the status: what is true comes back.
  const wrong = { ...items[0]!, status: { hard: { cpu: '9' }, used: { cpu: '7' } } };
  await client.update(resourceQuotas, wrong, { subresource: 'status' });
  await clock.advance(1000);
  t.deepEqual(await used(cluster), { cpu: '0' });
});

/** Two quotas, of which each counts the pods that the other leaves out. */
async function sides(cluster: Cluster, scopes: readonly [string, string], pod: Pod) {
  for (const scope of scopes) {
    await create(cluster, scope.toLowerCase(), { hard: { pods: '5' }, scopes: [scope] });
  }
  await cluster.client.create(pods, pod);
  await cluster.clock.advance(1000);
  return Promise.all(scopes.map(async (scope) => (await used(cluster, scope.toLowerCase()))?.pods));
}

test('[sig-api-machinery] ResourceQuota should verify ResourceQuota with best effort scope. [Conformance]', async (t) => {
  const scopes = ['BestEffort', 'NotBestEffort'] as const;
  t.deepEqual(await sides(await startCluster(t, { nodes: [] }), scopes, podOf('a')), ['1', '0']);
  const burstable = podOf('b');
  burstable.spec!.containers[0]!.resources = resources('1');
  t.deepEqual(await sides(await startCluster(t, { nodes: [] }), scopes, burstable), ['0', '1']);
});

test('[sig-api-machinery] ResourceQuota should verify ResourceQuota with terminating scopes. [Conformance]', async (t) => {
  const scopes = ['Terminating', 'NotTerminating'] as const;
  const ending = podOf('a', { activeDeadlineSeconds: 3600 });
  t.deepEqual(await sides(await startCluster(t, { nodes: [] }), scopes, ending), ['1', '0']);
  t.deepEqual(await sides(await startCluster(t, { nodes: [] }), scopes, podOf('b')), ['0', '1']);
});

test('a pod that is over is free again', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  await create(cluster, 'quota', { hard: { pods: '5' } });
  await cluster.client.create(pods, podOf('a'));
  await cluster.clock.advance(1000);
  const target = { name: 'a', namespace: 'default' };
  const patch = { type: 'merge', body: { status: { phase: 'Succeeded' } } } as const;
  await cluster.client.patch(pods, target, patch, { subresource: 'status' });
  await cluster.clock.advance(1000);
  t.deepEqual(await used(cluster), { pods: '0' });
});
