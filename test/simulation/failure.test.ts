import test from 'ava';
import {
  configMaps,
  deployments,
  namespaces,
  nodes,
  pods,
  replicaSets,
  serviceAccounts,
  services,
} from '../../api/resources.ts';
import { census, change, deploymentOf, mostAlive, sizes, startCluster } from './cluster.ts';

test('a node that falls silent is marked, and its pods move after their toleration', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  const { client, clock } = cluster;
  await client.create(deployments, deploymentOf('web', 4));
  await clock.advance(20_000);
  cluster.fail('a');
  await clock.advance(60_000);
  const node = await client.get(nodes, 'a');
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  t.deepEqual([ready?.status, ready?.reason], ['Unknown', 'NodeStatusUnknown']);
  t.deepEqual(
    node.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`),
    ['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'],
  );
  t.is((await census(cluster)).ready, 2, 'pods of a silent node get no traffic');
  await clock.advance(200_000);
  t.is((await census(cluster)).alive, 4, 'tolerated for five minutes');
  await clock.advance(120_000);
  const { items } = await client.list(pods);
  const alive = items.filter(({ metadata }) => !metadata?.deletionTimestamp);
  t.deepEqual(
    alive.map(({ spec }) => spec?.nodeName),
    ['b', 'b', 'b', 'b'],
  );
  t.is((await census(cluster)).ready, 4);
});

test('a node gets its address range, and no two the same', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b', 'c'] });
  const { items } = await cluster.client.list(nodes);
  const ranges = items.map(({ spec }) => spec?.podCIDR);
  t.deepEqual(ranges.sort(), ['10.42.0.0/24', '10.42.1.0/24', '10.42.2.0/24']);
});

test('a new namespace has its ServiceAccount and the root certificate', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  await cluster.client.create(namespaces, { metadata: { name: 'team' } });
  await cluster.clock.advance(1000);
  await t.notThrowsAsync(cluster.client.get(serviceAccounts, 'default', 'team'));
  const { data } = await cluster.client.get(configMaps, 'kube-root-ca.crt', 'team');
  t.deepEqual(data, { 'ca.crt': 'PEM' });
});

test('a namespace that is deleted takes all its content along, and ends', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'], stopMs: 5000 });
  const { client, clock } = cluster;
  await client.create(namespaces, { metadata: { name: 'team' } });
  const deployment = deploymentOf('web', 3);
  deployment.metadata!.namespace = 'team';
  await client.create(deployments, deployment);
  await client.create(services, {
    metadata: { name: 'web', namespace: 'team' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  await clock.advance(10_000);
  t.is((await client.list(pods, { namespace: 'team' })).items.length, 3);
  await client.delete(namespaces, { name: 'team' });
  await clock.advance(2000);
  const { status } = await client.get(namespaces, 'team');
  t.is(status?.phase, 'Terminating');
  const remaining = status?.conditions?.find(({ type }) => type === 'NamespaceContentRemaining');
  t.is(remaining?.message, 'Some resources are remaining: pods has 3 resource instances');
  await clock.advance(30_000);
  await t.throwsAsync(client.get(namespaces, 'team'), { message: /not found/ });
  for (const resource of [pods, replicaSets, deployments, services, configMaps] as never[]) {
    t.deepEqual((await client.list(resource, { namespace: 'team' })).items, []);
  }
});

for (const policy of ['Background', 'Foreground'] as const) {
  test(`a deployment deleted in the ${policy.toLowerCase()} takes its pods along`, async (t) => {
    const cluster = await startCluster(t, { nodes: ['a'] });
    const { client, clock } = cluster;
    await client.create(deployments, deploymentOf('web', 3));
    await clock.advance(10_000);
    const target = { name: 'web', namespace: 'default' };
    await client.delete(deployments, target, { propagationPolicy: policy });
    await clock.advance(300);
    const isThere = await client.get(deployments, 'web', 'default').then(
      () => true,
      () => false,
    );
    t.is(isThere, policy === 'Foreground', 'in the foreground it stays until they are gone');
    await clock.advance(10_000);
    t.deepEqual((await client.list(deployments)).items, []);
    t.deepEqual((await client.list(replicaSets)).items, []);
    t.deepEqual((await client.list(pods)).items, []);
  });
}

test('a deployment deleted as an orphan leaves its ReplicaSet, which a new one adopts', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const { client, clock } = cluster;
  await client.create(deployments, deploymentOf('web', 2));
  await clock.advance(10_000);
  const before = (await client.list(pods)).items.map(({ metadata }) => metadata?.name);
  const target = { name: 'web', namespace: 'default' };
  await client.delete(deployments, target, { propagationPolicy: 'Orphan' });
  await clock.advance(5000);
  const [orphan] = (await client.list(replicaSets)).items;
  t.deepEqual(orphan?.metadata?.ownerReferences ?? [], []);
  t.is((await census(cluster)).alive, 2);
  await client.create(deployments, deploymentOf('web', 2));
  await clock.advance(10_000);
  t.deepEqual(
    (await client.list(pods)).items.map(({ metadata }) => metadata?.name),
    before,
  );
  t.deepEqual(await sizes(cluster), [2]);
});

test('lost answers, broken watches and lagging caches make nothing twice', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  const { client, clock } = cluster;
  let asked = 0;
  cluster.loseAnswer = () => ++asked % 3 === 0;
  cluster.lagMs = 15;
  const deployment = deploymentOf('web', 5);
  deployment.spec!.strategy = { rollingUpdate: { maxSurge: 0, maxUnavailable: 2 } };
  await client.create(deployments, deployment);
  for (let round = 0; round < 100; round++) {
    if (round % 5 === 0) client.disconnect();
    if (round % 7 === 0) client.compact();
    if (round % 25 === 24) {
      await change(cluster, 'web', (spec) => {
        spec.template.spec!.containers[0]!.image = `web:${round}`;
      });
    }
    await clock.advance(700);
  }
  cluster.loseAnswer = undefined;
  await clock.advance(60_000);
  t.true(mostAlive(cluster) <= 5, `${mostAlive(cluster)} pods`);
  t.deepEqual((await census(cluster)).images, { 'web:99': 5 });
});
