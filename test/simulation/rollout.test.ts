import test from 'ava';
import { deployments, endpointSlices, pods, replicaSets, services } from '../../api/resources.ts';
import { StatusError } from '../../base/errors.ts';
import {
  type Census,
  type Cluster,
  census,
  change,
  deploymentOf,
  mostAlive,
  startCluster,
} from './cluster.ts';

/** Watches a rollout in small steps. Returns what was most and least of what must hold. */
async function follow(cluster: Cluster, seconds: number, each?: (second: number) => Promise<void>) {
  let most = 0;
  let least = Number.POSITIVE_INFINITY;
  let last: Census = await census(cluster);
  for (let step = 0; step < seconds * 4; step++) {
    await cluster.clock.advance(250);
    last = await census(cluster);
    most = Math.max(most, last.alive);
    least = Math.min(least, last.ready);
    await each?.(step);
  }
  return { most, least, last };
}

const statusOf = async ({ client }: Cluster, name: string) =>
  (await client.get(deployments, name, 'default')).status;

test('a deployment becomes pods that run, and says so', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  await cluster.client.create(deployments, deploymentOf('web', 4));
  await cluster.clock.advance(10_000);
  const { items } = await cluster.client.list(pods);
  t.deepEqual(items.map(({ spec }) => spec?.nodeName).sort(), ['a', 'a', 'b', 'b']);
  const status = await statusOf(cluster, 'web');
  t.is(status?.availableReplicas, 4);
  t.deepEqual(
    status?.conditions?.map(({ type, status: is, reason }) => [type, is, reason]),
    [
      ['Available', 'True', 'MinimumReplicasAvailable'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
    ],
  );
  t.deepEqual(cluster.errors, []);
});

test('a rollout stays between what must be available and what may exist', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b', 'c'] });
  const deployment = deploymentOf('web', 10);
  deployment.spec!.strategy = {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 3, maxUnavailable: 2 },
  };
  await cluster.client.create(deployments, deployment);
  await cluster.clock.advance(10_000);
  await change(cluster, 'web', (spec) => {
    spec.template.spec!.containers[0]!.image = 'web:2';
  });
  const { most, least, last } = await follow(cluster, 60);
  t.true(Math.max(most, mostAlive(cluster)) <= 13, `${most} pods`);
  t.true(least >= 8, `${least} ready`);
  t.deepEqual(last, { alive: 10, ready: 10, images: { 'web:2': 10 } });
  const status = await statusOf(cluster, 'web');
  t.deepEqual([status?.updatedReplicas, status?.replicas, status?.availableReplicas], [10, 10, 10]);
});

test('a rollout that never becomes ready stops, and says so after its deadline', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'], startMs: 1000 });
  const deployment = deploymentOf('web', 4);
  deployment.spec!.progressDeadlineSeconds = 60;
  await cluster.client.create(deployments, deployment);
  await cluster.clock.advance(10_000);
  await change(cluster, 'web', (spec) => {
    spec.template.spec!.containers[0]!.image = 'broken:1';
    spec.template.spec!.nodeSelector = { none: 'such' };
  });
  const { most, least, last } = await follow(cluster, 100);
  t.deepEqual([most, least, last.ready], [5, 3, 3]);
  const status = await statusOf(cluster, 'web');
  const progressing = status?.conditions?.find(({ type }) => type === 'Progressing');
  t.deepEqual([progressing?.status, progressing?.reason], ['False', 'ProgressDeadlineExceeded']);
});

test('scaling, pausing, undoing: each does what kubectl users know', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  const { client, clock } = cluster;
  await client.create(deployments, deploymentOf('web', 2));
  await clock.advance(10_000);
  await change(cluster, 'web', (spec) => {
    spec.replicas = 5;
  });
  await clock.advance(10_000);
  t.deepEqual((await census(cluster)).images, { 'web:1': 5 });
  await change(cluster, 'web', (spec) => {
    spec.paused = true;
    spec.template.spec!.containers[0]!.image = 'web:2';
  });
  await clock.advance(10_000);
  t.deepEqual((await census(cluster)).images, { 'web:1': 5 }, 'nothing changes while paused');
  await change(cluster, 'web', (spec) => {
    spec.paused = false;
  });
  await clock.advance(30_000);
  t.deepEqual((await census(cluster)).images, { 'web:2': 5 });
  await change(cluster, 'web', (spec) => {
    spec.template.spec!.containers[0]!.image = 'web:1';
  });
  await clock.advance(30_000);
  t.deepEqual((await census(cluster)).images, { 'web:1': 5 });
  const { items } = await client.list(replicaSets);
  const revisions = items.map(
    ({ metadata }) => metadata?.annotations?.['deployment.kubernetes.io/revision'],
  );
  t.deepEqual(revisions.sort(), ['2', '3'], 'the first template is the third revision');
  const { metadata } = await client.get(deployments, 'web', 'default');
  t.is(metadata?.annotations?.['deployment.kubernetes.io/revision'], '3');
});

test('[sig-apps] Deployment RecreateDeployment should delete old pods and create new ones [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'], stopMs: 3000 });
  const deployment = deploymentOf('web', 3);
  deployment.spec!.strategy = { type: 'Recreate' };
  await cluster.client.create(deployments, deployment);
  await cluster.clock.advance(10_000);
  await change(cluster, 'web', (spec) => {
    spec.template.spec!.containers[0]!.image = 'web:2';
  });
  const { last } = await follow(cluster, 30, async () => {
    const { items } = await cluster.client.list(pods);
    const images = new Set(items.map(({ spec }) => spec?.containers[0]?.image));
    t.true(images.size <= 1, [...images].join());
  });
  t.deepEqual(last.images, { 'web:2': 3 });
});

test('[sig-apps] Deployment deployment should delete old replica sets [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const deployment = deploymentOf('web', 1);
  deployment.spec!.revisionHistoryLimit = 2;
  await cluster.client.create(deployments, deployment);
  for (const image of ['web:2', 'web:3', 'web:4', 'web:5']) {
    await cluster.clock.advance(20_000);
    await change(cluster, 'web', (spec) => {
      spec.template.spec!.containers[0]!.image = image;
    });
  }
  await cluster.clock.advance(30_000);
  const { items } = await cluster.client.list(replicaSets);
  const images = items.map(({ spec }) => spec?.template?.spec?.containers[0]?.image);
  t.deepEqual(images.sort(), ['web:3', 'web:4', 'web:5']);
});

test('[sig-apps] Deployment deployment should support proportional scaling [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  const { client, clock } = cluster;
  const deployment = deploymentOf('web', 10);
  deployment.spec!.strategy = {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 3, maxUnavailable: 2 },
  };
  await client.create(deployments, deployment);
  await clock.advance(10_000);
  await change(cluster, 'web', (spec) => {
    spec.template.spec!.containers[0]!.image = 'broken:1';
  });
  await clock.advance(20_000);
  t.deepEqual((await census(cluster)).images, { 'web:1': 8, 'broken:1': 5 });
  await change(cluster, 'web', (spec) => {
    spec.replicas = 30;
  });
  await clock.advance(20_000);
  t.deepEqual((await census(cluster)).images, { 'web:1': 20, 'broken:1': 13 });
});

test('[sig-apps] Deployment deployment should support rollover [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  const { client, clock } = cluster;
  const deployment = deploymentOf('web', 4);
  deployment.spec!.strategy = {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
  };
  await client.create(deployments, deployment);
  await clock.advance(10_000);
  for (const image of ['broken:1', 'web:2', 'broken:2', 'web:3']) {
    await change(cluster, 'web', (spec) => {
      spec.template.spec!.containers[0]!.image = image;
    });
    const { least } = await follow(cluster, 3);
    t.true(least >= 4, `${least} ready`);
  }
  const { last } = await follow(cluster, 40);
  t.deepEqual(last, { alive: 4, ready: 4, images: { 'web:3': 4 } });
  const { items } = await client.list(replicaSets);
  const sizes = items.map(({ spec }) => spec?.replicas).sort();
  t.deepEqual(sizes, [0, 0, 0, 0, 4]);
});

test('controllers that are killed at any moment of a rollout make nothing twice', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  const deployment = deploymentOf('web', 6);
  deployment.spec!.strategy = {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 2, maxUnavailable: 1 },
  };
  await cluster.client.create(deployments, deployment);
  await cluster.clock.advance(10_000);
  for (const image of ['web:2', 'web:3', 'web:4']) {
    await change(cluster, 'web', (spec) => {
      spec.template.spec!.containers[0]!.image = image;
    });
    const { most, least, last } = await follow(cluster, 30, async (step) => {
      if (step % 3 === 0) await cluster.restart();
    });
    t.true(most <= 8, `${most} pods`);
    t.true(mostAlive(cluster) <= 8, `${mostAlive(cluster)} pods for a moment`);
    t.true(least >= 5, `${least} ready`);
    t.deepEqual(last.images, { [image]: 6 });
  }
});

test('a Service has its ready pods in Endpoints and slices, and loses them in time', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  const { client, clock } = cluster;
  await client.create(services, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
  });
  await client.create(deployments, deploymentOf('web', 3));
  await clock.advance(10_000);
  const ready = async () => {
    const { items } = await client.list(endpointSlices);
    t.is(items.length, 1);
    t.deepEqual(
      items[0]?.ports?.map(({ port }) => port),
      [8080],
    );
    return (items[0]?.endpoints ?? []).filter(({ conditions }) => conditions?.ready).length;
  };
  t.is(await ready(), 3);
  await change(cluster, 'web', (spec) => {
    spec.replicas = 1;
  });
  await clock.advance(10_000);
  t.is(await ready(), 1);
});

test('a Deployment whose ReplicaSet is refused says why, and goes on once it is not', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const { client, clock } = cluster;
  client.refuse = (verb, resource) => {
    if (verb === 'create' && resource === 'replicasets.apps') {
      throw new StatusError('Forbidden', 'exceeded quota');
    }
  };
  await client.create(deployments, deploymentOf('web', 1));
  await clock.advance(5000);
  const refused = await statusOf(cluster, 'web');
  const progressing = refused?.conditions?.find(({ type }) => type === 'Progressing');
  t.deepEqual([progressing?.status, progressing?.reason], ['False', 'ReplicaSetCreateError']);
  t.regex(progressing?.message ?? '', /Failed to create new replica set "web-\w+": exceeded quota/);
  const writes = client.writes.length;
  await clock.advance(60_000);
  t.true(client.writes.length - writes < 60, 'it does not spin');
  client.refuse = undefined;
  await clock.advance(60_000);
  t.is((await statusOf(cluster, 'web'))?.availableReplicas, 1);
});
