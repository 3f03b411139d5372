import test from 'ava';
import type { Resource } from '../../api/resource.ts';
import { deployments, horizontalPodAutoscalers, pods } from '../../api/resources.ts';
import type { MetricSpec } from '../../api/types/autoscaling-v2.generated.ts';
import { toTime } from '../../base/clock.ts';
import { type Cluster, deploymentOf, startCluster } from './cluster.ts';

const metricsOf = (group: string, plural: string): Resource => ({
  ...{ group, version: 'v1', plural, kind: 'Metrics', singular: plural },
  ...{ namespaced: true, verbs: ['list'], hasStatus: false, columns: [] },
});
const podMetrics = metricsOf('metrics.k8s.io', 'pods');

/** Each pod uses an equal part of so many thousandths of a core. */
async function use({ client, clock }: Cluster, milli: number): Promise<void> {
  const { items } = await client.list(pods, { namespace: 'default' });
  for (const { metadata, status } of items) {
    // Hollow nodes do not say since when a pod is theirs.
    const target = { name: metadata!.name!, namespace: 'default' };
    const body = { status: { startTime: metadata?.creationTimestamp } };
    if (!status?.startTime) {
      await client.patch(pods, target, { type: 'merge', body }, { subresource: 'status' });
    }
    const cpu = `${Math.round(milli / items.length)}m`;
    client.seed(podMetrics, {
      metadata: { name: metadata!.name!, namespace: 'default', labels: metadata!.labels! },
      ...{ timestamp: toTime(clock.now()), window: '15s' },
      containers: [{ name: 'web', usage: { cpu } }],
    } as never);
  }
}

async function start(cluster: Cluster, ...metrics: MetricSpec[]): Promise<void> {
  const { client, clock } = cluster;
  const deployment = deploymentOf('web', 2);
  deployment.spec!.template.spec!.containers[0]!.resources = { requests: { cpu: '100m' } };
  await client.create(deployments, deployment);
  await clock.advance(10_000);
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  await client.create(horizontalPodAutoscalers, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { scaleTargetRef, maxReplicas: 10, ...(metrics.length > 0 && { metrics }) },
  });
}

const replicas = async ({ client }: Cluster) =>
  (await client.get(deployments, 'web', 'default')).spec?.replicas;

const reasons = async ({ client }: Cluster) => {
  const { status } = await client.get(horizontalPodAutoscalers, 'web', 'default');
  return status?.conditions?.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`);
};

test('an autoscaler follows the load up at once and down after five minutes', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  await start(cluster);
  for (let step = 0; step < 30; step++) {
    await use(cluster, 480);
    await cluster.clock.advance(15_000);
  }
  t.is(await replicas(cluster), 6, '480m at 80 % of 100m each');
  for (let step = 0; step < 16; step++) {
    await use(cluster, 150);
    await cluster.clock.advance(15_000);
  }
  t.is(await replicas(cluster), 6, 'not yet');
  t.true((await reasons(cluster))?.includes('AbleToScale=True ScaleDownStabilized'));
  for (let step = 0; step < 8; step++) {
    await use(cluster, 150);
    await cluster.clock.advance(15_000);
  }
  t.is(await replicas(cluster), 2);
  t.deepEqual(cluster.errors, []);
});

test('an autoscaler says why it cannot tell, and leaves everything as it is', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const target = { type: 'AverageValue', averageValue: '10' };
  await start(cluster, { type: 'Pods', pods: { metric: { name: 'requests' }, target } });
  await cluster.clock.advance(20_000);
  t.is(await replicas(cluster), 2);
  t.true((await reasons(cluster))?.includes('ScalingActive=False FailedGetPodsMetric'));
});

test('an autoscaler without a target says so', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' };
  const metadata = { name: 'web', namespace: 'default' };
  await cluster.client.create(horizontalPodAutoscalers, {
    metadata,
    spec: { scaleTargetRef, maxReplicas: 3 },
  });
  await cluster.clock.advance(1000);
  t.deepEqual(await reasons(cluster), ['AbleToScale=False FailedGetScale']);
});
