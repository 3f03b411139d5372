import test from 'ava';
import { events, jobs, pods } from '../../api/resources.ts';
import type { Job, JobSpec } from '../../api/types/batch-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { type End, endPods } from './workers.ts';

const jobOf = (spec: Partial<JobSpec>): Job => ({
  metadata: { name: 'work', namespace: 'default' },
  spec: {
    ...spec,
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'work', image: 'work:1' }] },
    },
  },
});

const get = ({ client }: Cluster) => client.get(jobs, 'work', 'default');

const podsOf = async ({ client }: Cluster) =>
  (await client.list(pods, { namespace: 'default' })).items;

const indexOf = ({ metadata }: Pod) =>
  Number(metadata?.annotations?.['batch.kubernetes.io/job-completion-index']);

const truths = ({ status }: Job) =>
  (status?.conditions ?? []).flatMap(({ type, status: is, reason }) =>
    is === 'True' ? [`${type} ${reason}`] : [],
  );

const ok: End = { code: 0, afterMs: 2000 };
const bad: End = { code: 1, afterMs: 2000 };

test('a Job runs as many pods at once as it may until enough have succeeded', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  endPods(t, cluster, () => ok);
  await cluster.client.create(jobs, jobOf({ completions: 5, parallelism: 2 }));
  let most = 0;
  for (let step = 0; step < 60; step++) {
    await cluster.clock.advance(500);
    most = Math.max(most, (await get(cluster)).status?.active ?? 0);
  }
  const job = await get(cluster);
  t.is(most, 2);
  t.deepEqual(truths(job), [
    'SuccessCriteriaMet CompletionsReached',
    'Complete CompletionsReached',
  ]);
  const { succeeded, active, failed, ready, terminating, uncountedTerminatedPods } = job.status!;
  t.deepEqual([succeeded, active, failed, ready, terminating], [5, undefined, undefined, 0, 0]);
  t.deepEqual(uncountedTerminatedPods, {});
  t.truthy(job.status?.completionTime);
  t.is((await podsOf(cluster)).length, 5);
  t.true((await podsOf(cluster)).every(({ metadata }) => !metadata?.finalizers?.length));
  const { items } = await cluster.client.list(events);
  t.true(items.some(({ reason }) => reason === 'Completed'));
  t.deepEqual(cluster.errors, []);
});

test('a Job waits longer after each failure, and gives up at its limit', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  endPods(t, cluster, () => bad);
  await cluster.client.create(jobs, jobOf({ backoffLimit: 3 }));
  await cluster.clock.advance(300_000);
  const job = await get(cluster);
  t.deepEqual(truths(job), ['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded']);
  t.is(job.status?.failed, 4);
  const created = (await podsOf(cluster))
    .map(({ metadata }) => Date.parse(metadata?.creationTimestamp ?? '') / 1000)
    .sort();
  const gaps = created.slice(1).map((second, index) => second - created[index]!);
  t.deepEqual(gaps, [13, 23, 43], 'three seconds of life, then 10, 20, 40 of waiting');
});

test('controllers that are killed at any moment count each pod once', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  endPods(t, cluster, (pod) => (indexOf(pod) % 3 === 0 ? bad : ok));
  const spec = {
    completionMode: 'Indexed',
    completions: 12,
    parallelism: 4,
    backoffLimitPerIndex: 0,
  };
  await cluster.client.create(jobs, jobOf(spec));
  for (let step = 0; step < 120; step++) {
    await cluster.clock.advance(250);
    if (step % 3 === 0) await cluster.restart();
  }
  await cluster.clock.advance(60_000);
  const { status } = await get(cluster);
  t.deepEqual([status?.succeeded, status?.failed], [8, 4]);
  t.deepEqual([status?.completedIndexes, status?.failedIndexes], ['1-2,4-5,7-8,10-11', '0,3,6,9']);
  t.is((await podsOf(cluster)).length, 12, 'no index ran twice');
});

test('answers that get lost and watches that lag make no pod twice', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a', 'b'] });
  endPods(t, cluster, () => ok);
  let count = 0;
  cluster.loseAnswer = (verb) => verb === 'create' && ++count % 3 === 0;
  cluster.lagMs = 700;
  await cluster.client.create(jobs, jobOf({ completions: 9, parallelism: 3 }));
  let most = 0;
  for (let step = 0; step < 400; step++) {
    await cluster.clock.advance(250);
    const working = (await podsOf(cluster)).filter(
      ({ status }) => status?.phase === 'Pending' || status?.phase === 'Running',
    );
    most = Math.max(most, working.length);
  }
  t.is(most, 3);
  const { status } = await get(cluster);
  t.is(status?.succeeded, 9);
  t.is((await podsOf(cluster)).length, 9);
});

test('a suspended Job has no pods, and starts anew when it goes on', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const { client, clock } = cluster;
  const suspend = (is: boolean) =>
    client.patch(
      jobs,
      { name: 'work', namespace: 'default' },
      {
        type: 'merge',
        body: { spec: { suspend: is } },
      },
    );
  await client.create(jobs, jobOf({ parallelism: 2, completions: 2, activeDeadlineSeconds: 60 }));
  await clock.advance(5000);
  await suspend(true);
  await clock.advance(100_000);
  t.deepEqual(truths(await get(cluster)), ['Suspended JobSuspended']);
  t.is((await podsOf(cluster)).length, 0);
  await suspend(false);
  await clock.advance(5000);
  t.is((await get(cluster)).status?.active, 2);
  t.deepEqual(truths(await get(cluster)), []);
  await clock.advance(60_000);
  t.deepEqual(truths(await get(cluster)), [
    'FailureTarget DeadlineExceeded',
    'Failed DeadlineExceeded',
  ]);
});

test('[sig-apps] Job should delete a job [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const { client, clock } = cluster;
  await client.create(jobs, jobOf({ parallelism: 2, completions: 4 }));
  await clock.advance(5000);
  t.is((await get(cluster)).status?.active, 2);
  const target = { name: 'work', namespace: 'default' };
  await client.delete(jobs, target, { propagationPolicy: 'Background' });
  await clock.advance(10_000);
  await t.throwsAsync(get(cluster));
  t.is((await podsOf(cluster)).length, 0, 'no finalizer holds them');
});

test('[sig-apps] Job should adopt matching orphans and release non-matching pods [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const { client, clock } = cluster;
  await client.create(jobs, jobOf({ parallelism: 2, completions: 2 }));
  await clock.advance(5000);
  const [orphan, stray] = (await podsOf(cluster)) as [Pod, Pod];
  const { uid } = (await get(cluster)).metadata!;
  const target = (pod: Pod) => ({ name: pod.metadata!.name!, namespace: 'default' });
  const patch = (pod: Pod, metadata: object) =>
    client.patch(pods, target(pod), { type: 'merge', body: { metadata } });
  const read = (pod: Pod) => client.get(pods, target(pod).name, 'default');
  await patch(orphan, { ownerReferences: null });
  await clock.advance(5000);
  t.is((await read(orphan)).metadata?.ownerReferences?.[0]?.uid, uid, 'adopted again');
  await patch(stray, { labels: { 'batch.kubernetes.io/controller-uid': null } });
  await clock.advance(5000);
  const released = await read(stray);
  t.deepEqual(released.metadata?.ownerReferences ?? [], []);
  t.deepEqual(released.metadata?.finalizers ?? [], [], 'and nothing holds it');
  t.is((await get(cluster)).status?.active, 2, 'another has its place');
});

test('[sig-apps] Job should run a job to completion when tasks sometimes fail and are locally restarted [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const { client, clock } = cluster;
  endPods(t, cluster, () => ({ code: 0, afterMs: 10_000 }));
  const job = jobOf({ parallelism: 2, completions: 4 });
  job.spec!.template.spec!.restartPolicy = 'OnFailure';
  await client.create(jobs, job);
  await clock.advance(5000);
  for (const pod of await podsOf(cluster)) {
    const restarted = { name: 'work', image: '', imageID: '', ready: true, restartCount: 1 };
    const body = { status: { containerStatuses: [restarted] } };
    const target = { name: pod.metadata!.name!, namespace: 'default' };
    await client.patch(pods, target, { type: 'merge', body }, { subresource: 'status' });
  }
  await clock.advance(60_000);
  t.deepEqual(truths(await get(cluster)).at(-1), 'Complete CompletionsReached');
  t.is((await get(cluster)).status?.failed, undefined, 'a restart is no failed pod');
});

test('[sig-apps] Job should allow to use the pod failure policy on exit code to fail the job early [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  endPods(t, cluster, (pod) => (indexOf(pod) === 1 ? { code: 42, afterMs: 2000 } : undefined));
  const onExitCodes = { containerName: 'work', operator: 'In', values: [42] };
  const podFailurePolicy = { rules: [{ action: 'FailJob', onExitCodes }] };
  const spec = { completionMode: 'Indexed', completions: 3, parallelism: 3, podFailurePolicy };
  await cluster.client.create(jobs, jobOf(spec));
  await cluster.clock.advance(30_000);
  const job = await get(cluster);
  t.deepEqual(truths(job), ['FailureTarget PodFailurePolicy', 'Failed PodFailurePolicy']);
  t.regex(
    job.status?.conditions?.at(-1)?.message ?? '',
    /^Container work for pod default\/work-1-\w+ failed with exit code 42 matching FailJob rule at index 0$/,
  );
});

test('[sig-apps] Job should allow to use a pod failure policy to ignore failure matching on DisruptionTarget condition [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  const { client, clock } = cluster;
  const seen = new Set<number>();
  endPods(t, cluster, (pod) => {
    if (!seen.has(indexOf(pod))) return void seen.add(indexOf(pod));
    return ok;
  });
  const onPodConditions = [{ type: 'DisruptionTarget' }];
  const spec = {
    ...{ completionMode: 'Indexed', completions: 2, parallelism: 2, backoffLimit: 0 },
    podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions }] } as never,
  };
  await client.create(jobs, jobOf(spec));
  await clock.advance(5000);
  for (const pod of await podsOf(cluster)) {
    const conditions = [{ type: 'DisruptionTarget', status: 'True' }];
    const body = { status: { phase: 'Failed', conditions } };
    const target = { name: pod.metadata!.name!, namespace: 'default' };
    await client.patch(pods, target, { type: 'merge', body }, { subresource: 'status' });
  }
  await clock.advance(60_000);
  const job = await get(cluster);
  t.is(truths(job).at(-1), 'Complete CompletionsReached');
  t.is(job.status?.failed, undefined);
});

const perIndex = { completionMode: 'Indexed', backoffLimitPerIndex: 1 };

test('[sig-apps] Job should execute all indexes despite some failing when using backoffLimitPerIndex [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  endPods(t, cluster, (pod) => (indexOf(pod) % 2 === 1 ? bad : ok));
  await cluster.client.create(jobs, jobOf({ ...perIndex, completions: 4, parallelism: 4 }));
  await cluster.clock.advance(120_000);
  const job = await get(cluster);
  t.deepEqual(truths(job), ['FailureTarget FailedIndexes', 'Failed FailedIndexes']);
  const { completedIndexes, failedIndexes, failed, succeeded } = job.status!;
  t.deepEqual([completedIndexes, failedIndexes, failed, succeeded], ['0,2', '1,3', 4, 2]);
});

test('[sig-apps] Job should mark indexes as failed when the FailIndex action is matched in podFailurePolicy [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  endPods(t, cluster, (pod) => (indexOf(pod) === 0 ? { code: 42, afterMs: 2000 } : ok));
  const onExitCodes = { operator: 'In', values: [42] };
  const podFailurePolicy = { rules: [{ action: 'FailIndex', onExitCodes }] };
  const spec = { ...perIndex, completions: 2, parallelism: 2, podFailurePolicy };
  await cluster.client.create(jobs, jobOf(spec));
  await cluster.clock.advance(120_000);
  const { completedIndexes, failedIndexes, failed, succeeded } = (await get(cluster)).status!;
  t.deepEqual([completedIndexes, failedIndexes, failed, succeeded], ['1', '0', 1, 1]);
});

test('[sig-apps] Job should terminate job execution when the number of failed indexes exceeds maxFailedIndexes [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  endPods(t, cluster, () => bad);
  const spec = { ...perIndex, backoffLimitPerIndex: 0, maxFailedIndexes: 4 };
  await cluster.client.create(jobs, jobOf({ ...spec, completions: 10, parallelism: 2 }));
  await cluster.clock.advance(120_000);
  const job = await get(cluster);
  t.is(truths(job).at(-1), 'Failed MaxFailedIndexesExceeded');
  t.true((job.status?.failed ?? 0) >= 5 && (job.status?.failed ?? 0) < 10);
});

test('[sig-apps] Job with successPolicy should succeeded when all indexes succeeded [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  endPods(t, cluster, () => ok);
  const successPolicy = { rules: [{ succeededIndexes: '0-1', succeededCount: 2 }] };
  const spec = { completionMode: 'Indexed', completions: 2, parallelism: 2, successPolicy };
  await cluster.client.create(jobs, jobOf(spec));
  await cluster.clock.advance(30_000);
  const job = await get(cluster);
  t.deepEqual(truths(job), ['SuccessCriteriaMet SuccessPolicy', 'Complete SuccessPolicy']);
  t.is(job.status?.completedIndexes, '0-1');
});

test('a success policy that is met early ends the other pods, which have not failed', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  endPods(t, cluster, (pod) => (indexOf(pod) === 0 ? ok : undefined));
  const successPolicy = { rules: [{ succeededIndexes: '0' }] };
  const spec = { completionMode: 'Indexed', completions: 3, parallelism: 3, successPolicy };
  await cluster.client.create(jobs, jobOf(spec));
  await cluster.clock.advance(30_000);
  const { status } = await get(cluster);
  t.deepEqual([status?.succeeded, status?.failed, status?.active], [1, undefined, undefined]);
  t.is(truths(await get(cluster)).at(-1), 'Complete SuccessPolicy');
});
