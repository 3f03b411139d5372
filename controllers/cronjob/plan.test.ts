import test from 'ava';
import type {
  CronJob,
  CronJobSpec,
  CronJobStatus,
  Job,
} from '../../api/types/batch-v1.generated.ts';
import { planCronJob, withStarted } from './plan.ts';

const nowMs = Date.parse('2026-01-01T12:00:30Z');
const minute = (ago: number) =>
  new Date(nowMs - 30_000 - ago * 60_000).toISOString().replace('.000', '');

const cronJobOf = (spec: Partial<CronJobSpec>, status: CronJobStatus = {}): CronJob => ({
  metadata: { name: 'tick', namespace: 'default', uid: 'cron', creationTimestamp: minute(10) },
  spec: {
    ...{ schedule: '* * * * *', concurrencyPolicy: 'Allow' },
    ...{ successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1, ...spec },
    jobTemplate: {
      metadata: { labels: { app: 'tick' }, annotations: { note: 'n' } },
      spec: { template: { spec: { containers: [] } } },
    },
  },
  status,
});

const jobOf = (name: string, end?: 'Complete' | 'Failed', minutesAgo = 5): Job => ({
  metadata: { name, namespace: 'default', uid: name, creationTimestamp: minute(minutesAgo) },
  status: {
    startTime: minute(minutesAgo),
    ...(end && { conditions: [{ type: end, status: 'True' }] }),
    ...(end === 'Complete' && { completionTime: minute(minutesAgo - 1) }),
  },
});

const active = (...names: string[]) => names.map((name) => ({ name, uid: name, kind: 'Job' }));

interface Given {
  readonly spec?: Partial<CronJobSpec>;
  readonly status?: CronJobStatus;
  readonly jobs?: readonly Job[];
  readonly missing?: readonly string[];
}

function plan({ spec = {}, status, jobs = [], missing = [] }: Given) {
  const cronJob = cronJobOf(spec, status);
  return planCronJob({ cronJob, jobs, missing: new Set(missing), nowMs, defaultZone: 'UTC' });
}

/** What it makes, ends, clears and says; when it looks again. */
function shown(given: Given): string {
  const { create, replace, clear, events, recheckMs } = plan(given);
  return [
    create && `+${create.job.metadata?.name}`,
    ...replace.map(({ name }) => `-${name}`),
    ...clear.map(({ metadata }) => `x${metadata?.name}`),
    ...events.map(({ reason }) => reason),
    recheckMs !== undefined && `${recheckMs / 1000}s`,
  ]
    .filter(Boolean)
    .join(' ');
}

const just = { lastScheduleTime: minute(1) };
const cases: readonly (readonly [string, Given, string])[] = [
  ['makes the Job that is due', { status: just }, '+tick-29454480 30.1s'],
  ['makes nothing twice', { status: { lastScheduleTime: minute(0) } }, '30.1s'],
  ['makes only the last of those that it missed', {}, '+tick-29454480 30.1s'],
  [
    'says that it missed many',
    { status: { lastScheduleTime: minute(101) } },
    '+tick-29454480 TooManyMissedTimes 30.1s',
  ],
  [
    'counts no further back than its deadline',
    { status: { lastScheduleTime: minute(101) }, spec: { startingDeadlineSeconds: 600 } },
    '+tick-29454480 30.1s',
  ],
  [
    'does not start too late',
    { spec: { schedule: '0 * * * *', startingDeadlineSeconds: 10 }, status: just },
    '3570.1s',
  ],
  ['waits while suspended', { spec: { suspend: true } }, ''],
  ['knows no such zone', { spec: { timeZone: 'Mars/Base' } }, 'UnknownTimeZone'],
  ['knows no such schedule', { spec: { schedule: 'soon' } }, 'UnparseableSchedule'],
  ['is never due', { spec: { schedule: '0 0 30 2 *' } }, ''],
  [
    'starts another beside one that runs',
    { status: { ...just, active: active('a') }, jobs: [jobOf('a')] },
    '+tick-29454480 30.1s',
  ],
  [
    'starts none while one runs',
    {
      status: { ...just, active: active('a') },
      jobs: [jobOf('a')],
      spec: { concurrencyPolicy: 'Forbid' },
    },
    'JobAlreadyActive 30.1s',
  ],
  [
    'replaces the one that runs',
    {
      status: { ...just, active: active('a') },
      jobs: [jobOf('a')],
      spec: { concurrencyPolicy: 'Replace' },
    },
    '+tick-29454480 -a 30.1s',
  ],
  [
    'sees that one has ended',
    {
      status: { lastScheduleTime: minute(0), active: active('a') },
      jobs: [jobOf('a', 'Complete')],
    },
    'SawCompletedJob 30.1s',
  ],
  [
    'sees that one is gone, and one that is none of its own',
    {
      status: { lastScheduleTime: minute(0), active: active('a') },
      missing: ['a'],
      jobs: [jobOf('b')],
    },
    'UnexpectedJob MissingJob 30.1s',
  ],
  [
    'clears what is beyond the history, the oldest first',
    {
      spec: { suspend: true, successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 },
      jobs: [
        jobOf('a', 'Complete', 2),
        jobOf('b', 'Complete', 9),
        jobOf('c', 'Failed'),
        jobOf('d'),
      ],
    },
    'xb xc UnexpectedJob',
  ],
];

for (const [name, given, want] of cases) {
  test(`a CronJob ${name}`, (t) => t.is(shown(given), want));
}

test('the Job carries what the template says, and its time on the clocks of the zone', (t) => {
  const { create } = plan({ status: just, spec: { timeZone: 'Asia/Kolkata' } });
  const { labels, annotations, ownerReferences } = create!.job.metadata!;
  t.deepEqual(labels, { app: 'tick' });
  t.deepEqual(annotations, {
    note: 'n',
    'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T17:30:00+05:30',
  });
  t.deepEqual(
    ownerReferences?.map(({ kind, controller }) => [kind, controller]),
    [['CronJob', true]],
  );
});

test('the status: who runs, what was started last, what succeeded last', (t) => {
  const { status } = plan({
    status: { ...just, active: active('a', 'b') },
    jobs: [jobOf('a', 'Complete', 5), jobOf('b')],
  });
  t.deepEqual(
    status.active?.map(({ name }) => name),
    ['b'],
  );
  t.is(status.lastSuccessfulTime, minute(4));
  const next = withStarted(status, jobOf('c'), nowMs);
  t.deepEqual(
    next.active?.map(({ name }) => name),
    ['b', 'c'],
  );
  t.is(next.lastScheduleTime, '2026-01-01T12:00:30Z');
});

test('an interval is counted from the last start, whenever somebody looks', (t) => {
  const spec = { schedule: '@every 90s' };
  t.is(shown({ spec, status: { lastScheduleTime: minute(0) } }), '60.1s');
  t.is(shown({ spec, status: { lastScheduleTime: minute(2) } }), '+tick-29454479 30.1s');
});
