import test from 'ava';
import { cronJobs, events, jobs } from '../../api/resources.ts';
import type { CronJob, CronJobSpec } from '../../api/types/batch-v1.generated.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { endPods } from './workers.ts';

const cronJobOf = (spec: Partial<CronJobSpec>): CronJob => ({
  metadata: { name: 'tick', namespace: 'default' },
  spec: {
    schedule: '*/1 * * * *',
    ...spec,
    jobTemplate: {
      spec: {
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'tick', image: 'tick:1' }] },
        },
      },
    },
  },
});

const minutes = 60_000;
const hours = 60 * minutes;

const jobsOf = async ({ client }: Cluster) =>
  (await client.list(jobs, { namespace: 'default' })).items;

const get = ({ client }: Cluster) => client.get(cronJobs, 'tick', 'default');

async function reasonsOf({ client }: Cluster): Promise<Set<string>> {
  const { items } = await client.list(events, { namespace: 'default' });
  return new Set(items.map(({ reason = '' }) => reason));
}

test('[sig-apps] CronJob should not schedule jobs when suspended [Slow] [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  await cluster.client.create(cronJobs, cronJobOf({ suspend: true }));
  await cluster.clock.advance(10 * minutes);
  t.deepEqual(await jobsOf(cluster), []);
  t.is((await get(cluster)).status?.lastScheduleTime, undefined);
});

test('[sig-apps] CronJob should schedule multiple jobs concurrently [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  await cluster.client.create(cronJobs, cronJobOf({ concurrencyPolicy: 'Allow' }));
  await cluster.clock.advance(2 * minutes + 5000);
  t.is((await jobsOf(cluster)).length, 2);
  t.is((await get(cluster)).status?.active?.length, 2);
});

test('[sig-apps] CronJob should replace jobs when ReplaceConcurrent [Conformance]', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  await cluster.client.create(cronJobs, cronJobOf({ concurrencyPolicy: 'Replace' }));
  await cluster.clock.advance(minutes + 5000);
  const [first] = await jobsOf(cluster);
  await cluster.clock.advance(minutes);
  const left = await jobsOf(cluster);
  t.is(left.length, 1);
  t.not(left[0]?.metadata?.uid, first?.metadata?.uid);
  t.deepEqual(
    (await get(cluster)).status?.active?.map(({ uid }) => uid),
    [left[0]?.metadata?.uid],
  );
});

test('a CronJob that forbids it has one Job at a time', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  await cluster.client.create(cronJobs, cronJobOf({ concurrencyPolicy: 'Forbid' }));
  await cluster.clock.advance(3 * minutes);
  t.is((await jobsOf(cluster)).length, 1);
  t.true((await reasonsOf(cluster)).has('JobAlreadyActive'));
});

test('what has ended is kept as long as the history says', async (t) => {
  const cluster = await startCluster(t, { nodes: ['a'] });
  endPods(t, cluster, () => ({ code: 0, afterMs: 1000 }));
  await cluster.client.create(cronJobs, cronJobOf({ successfulJobsHistoryLimit: 2 }));
  await cluster.clock.advance(6 * minutes + 20_000);
  t.is((await jobsOf(cluster)).length, 2);
  const { status } = await get(cluster);
  t.is(status?.active, undefined);
  t.is(status?.lastScheduleTime, '2026-01-01T00:06:00Z');
  t.truthy(status?.lastSuccessfulTime);
  t.deepEqual(cluster.errors, []);
});

test('a daily Job keeps its hour when clocks change, and one in the lost hour waits a day', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  const { client, clock } = cluster;
  await clock.advance(Date.parse('2026-03-27T12:00:00Z') - clock.now());
  const timeZone = 'Europe/Zurich';
  const zoned = (name: string, schedule: string) => {
    const { spec } = cronJobOf({ schedule, timeZone });
    return client.create(cronJobs, { metadata: { name, namespace: 'default' }, spec });
  };
  await zoned('nine', '0 9 * * *');
  await zoned('lost', '30 2 * * *');
  await clock.advance(72 * hours);
  const startsOf = async (name: string) =>
    (await jobsOf(cluster))
      .filter(({ metadata }) => metadata?.name?.startsWith(name))
      .map(
        ({ metadata }) =>
          metadata?.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'],
      );
  t.deepEqual(await startsOf('nine'), [
    '2026-03-28T09:00:00+01:00',
    '2026-03-29T09:00:00+02:00',
    '2026-03-30T09:00:00+02:00',
  ]);
  t.deepEqual(await startsOf('lost'), ['2026-03-28T02:30:00+01:00', '2026-03-30T02:30:00+02:00']);
});

test('controllers that were away make the last Job that they missed, once', async (t) => {
  const cluster = await startCluster(t, { nodes: [] });
  await cluster.client.create(cronJobs, cronJobOf({ schedule: '0 * * * *' }));
  await cluster.clock.advance(hours + 1000);
  for (let step = 0; step < 5; step++) await cluster.restart();
  t.is((await jobsOf(cluster)).length, 1);
});
