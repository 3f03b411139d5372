import test from 'ava';
import { jobs, nodes, pods, secrets } from '../../api/resources.ts';
import { startCluster } from './cluster.ts';
import { endPods } from './workers.ts';

const spec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] };

test('a Job goes so long after its end as it says, and its pods with it', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const { client, clock } = cluster;
  endPods(t, cluster, () => ({ code: 0, afterMs: 1000 }));
  await client.create(jobs, {
    metadata: { name: 'brief', namespace: 'default' },
    spec: { ttlSecondsAfterFinished: 30, template: { spec } },
  });
  await clock.advance(20_000);
  t.is((await client.list(jobs)).items.length, 1);
  await clock.advance(20_000);
  t.deepEqual((await client.list(jobs)).items, []);
  t.deepEqual((await client.list(pods)).items, []);
  t.deepEqual(cluster.errors, []);
});

test('pods of a node that is gone go after a while, and say why before', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const { client, clock } = cluster;
  const finalizers = ['example.com/look'];
  await client.create(pods, { metadata: { name: 'lost', namespace: 'default', finalizers }, spec });
  await clock.advance(5000);
  cluster.fail('a');
  await client.delete(nodes, { name: 'a' });
  await clock.advance(20_000);
  t.is((await client.get(pods, 'lost', 'default')).metadata?.deletionTimestamp, undefined);
  await clock.advance(40_000);
  const lost = await client.get(pods, 'lost', 'default');
  t.truthy(lost.metadata?.deletionTimestamp);
  t.is(lost.status?.phase, 'Failed');
  const why = lost.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  t.is(why?.reason, 'DeletionByPodGC');
});

test('a bootstrap token goes when its time is over', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  const { client, clock } = cluster;
  const expiration = btoa(new Date(clock.now() + 60_000).toISOString());
  await client.create(secrets, {
    metadata: { name: 'bootstrap-token-abcdef', namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: { expiration },
  });
  await clock.advance(50_000);
  t.is((await client.list(secrets)).items.length, 1);
  await clock.advance(20_000);
  t.deepEqual((await client.list(secrets)).items, []);
});
