import test from 'ava';
import type { Job, JobSpec, JobStatus } from '../../api/types/batch-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { nextBackoff, noBackoff, remainingMs } from './backoff.ts';
import { planPods } from './plan.ts';
import { trackingFinalizer } from './pods.ts';
import { judgeFailure, metSuccessRule } from './policy.ts';
import { finish, planTracking, settle } from './status.ts';
import { type Observed, tallyOf } from './tally.ts';
import { podOf } from './template.ts';
import { judge } from './verdict.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');
const at = (secondsAgo: number) => new Date(nowMs - secondsAgo * 1000).toISOString();

interface Given {
  readonly name: string;
  readonly phase?: string;
  readonly index?: number;
  readonly ending?: boolean;
  readonly code?: number;
  readonly endedAgo?: number; // Seconds.
  readonly counted?: number; // Failures of its index before it.
  readonly restarts?: number;
  readonly tracked?: boolean;
}

function pod({ name, phase = 'Running', index, tracked = true, ...given }: Given): Pod {
  const isOver = phase === 'Failed' || phase === 'Succeeded';
  const exitCode = given.code ?? (phase === 'Failed' ? 1 : 0);
  const terminated = { exitCode, finishedAt: at(given.endedAgo ?? 1000) };
  const annotations = {
    ...(index !== undefined && { 'batch.kubernetes.io/job-completion-index': String(index) }),
    ...(given.counted && { 'batch.kubernetes.io/job-index-failure-count': String(given.counted) }),
  };
  const container = { name: 'main', image: '', imageID: '', ready: false };
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      annotations,
      creationTimestamp: at(2000),
      ...(tracked && { finalizers: [trackingFinalizer] }),
      ...(given.ending && { deletionTimestamp: at(0) }),
    },
    spec: { containers: [], nodeName: 'n' },
    status: {
      phase,
      containerStatuses: [
        {
          ...container,
          restartCount: given.restarts ?? 0,
          ...(isOver && { state: { terminated } }),
        },
      ],
    },
  };
}

const jobOf = (spec: Partial<JobSpec>, status: JobStatus = {}): Job => ({
  metadata: { name: 'work', namespace: 'default', uid: 'job' },
  spec: {
    ...{ parallelism: 1, backoffLimit: 6, completionMode: 'NonIndexed' },
    ...{ podReplacementPolicy: 'TerminatingOrFailed', suspend: false },
    ...spec,
    template: spec.template ?? { spec: { restartPolicy: 'Never', containers: [] } },
  },
  status: { startTime: at(100), ...status },
});

const look = (job: Job, pods: readonly Given[], more: Partial<Observed> = {}): Observed => ({
  ...{ job, pods: pods.map(pod), isCounted: true, released: new Set<string>() },
  ...{ backoff: noBackoff, nowMs, ...more },
});

/** `+2`: so many new ones; `+0,3`: of these indexes; `-a,b`: these go; `wait 10`: seconds. */
function changeOf(observed: Observed): string {
  const tally = tallyOf(observed);
  const change = planPods(observed, tally, judge(observed, tally));
  const made = change.create.map(({ index }) => index);
  const isIndexed = made[0] !== undefined;
  return [
    made.length > 0 ? `+${isIndexed ? made.join() : made.length}` : '',
    change.delete.length > 0 ? `-${change.delete.map(({ metadata }) => metadata?.name)}` : '',
    change.recheckMs === undefined ? '' : `wait ${change.recheckMs / 1000}`,
  ]
    .filter(Boolean)
    .join(' ');
}

const indexed = { completionMode: 'Indexed' };
const succeeded = (name: string, index?: number): Given => ({
  name,
  phase: 'Succeeded',
  ...(index !== undefined && { index }),
});
const failed = (name: string, more: Partial<Given> = {}): Given => ({
  name,
  phase: 'Failed',
  ...more,
});

const changes: readonly (readonly [string, Partial<JobSpec>, readonly Given[], string])[] = [
  ['makes as many as may run', { completions: 5, parallelism: 2 }, [], '+2'],
  ['makes no more than are still to succeed', { completions: 1, parallelism: 3 }, [], '+1'],
  ['is content', { completions: 5, parallelism: 2 }, [{ name: 'a' }, { name: 'b' }], ''],
  ['makes 500 at most', { completions: 900, parallelism: 900 }, [], '+500'],
  ['ends those that are too many', { completions: 5 }, [{ name: 'a' }, { name: 'b' }], '-a'],
  ['has none while suspended', { completions: 5, suspend: true }, [{ name: 'a' }], '-a'],
  ['makes none while suspended', { completions: 5, suspend: true }, [], ''],
  ['lets a queue run dry', { parallelism: 3 }, [succeeded('a'), { name: 'b' }], ''],
  ['fills a queue', { parallelism: 3 }, [{ name: 'b' }], '+2'],
  ['waits after a failure', { completions: 1 }, [failed('a', { endedAgo: 4 })], 'wait 6'],
  ['replaces what is ending', { completions: 1 }, [{ name: 'a', ending: true }], 'wait 10'],
  [
    'waits for what is ending, if told so',
    { completions: 1, podReplacementPolicy: 'Failed' },
    [{ name: 'a', ending: true }],
    '',
  ],
  ['gives the first free indexes', { ...indexed, completions: 5, parallelism: 3 }, [], '+0,1,2'],
  [
    'gives no index twice',
    { ...indexed, completions: 4, parallelism: 3 },
    [{ name: 'a', index: 1 }, succeeded('b', 0)],
    '+2,3',
  ],
  [
    'ends the double of an index',
    { ...indexed, completions: 4, parallelism: 3 },
    [
      { name: 'a', index: 1 },
      { name: 'b', index: 1, phase: 'Pending' },
    ],
    '-b',
  ],
  [
    'ends an index that is no more',
    { ...indexed, completions: 1, parallelism: 1 },
    [
      { name: 'a', index: 0 },
      { name: 'b', index: 1 },
    ],
    '-b',
  ],
  [
    'waits for each index alone',
    { ...indexed, completions: 2, parallelism: 2, backoffLimitPerIndex: 3 },
    [failed('a', { index: 0, counted: 1, endedAgo: 5 })],
    '+1 wait 15',
  ],
  [
    'gives up an index that failed often enough',
    { ...indexed, completions: 3, parallelism: 1, backoffLimitPerIndex: 1 },
    [failed('a', { index: 0, counted: 1 })],
    '+1',
  ],
];

for (const [name, spec, pods, want] of changes) {
  test(`planPods ${name}`, (t) => t.is(changeOf(look(jobOf(spec), pods)), want));
}

test('planPods does nothing while the cache is behind', (t) => {
  t.is(changeOf(look(jobOf({ completions: 5 }), [], { isCounted: false })), '');
});

const verdicts: readonly (readonly [string, Partial<JobSpec>, readonly Given[], string])[] = [
  ['failed too often', { backoffLimit: 1 }, [failed('a'), failed('b')], 'BackoffLimitExceeded'],
  ['may fail once more', { backoffLimit: 1 }, [failed('a')], ''],
  ['ran too long', { activeDeadlineSeconds: 100 }, [{ name: 'a' }], 'DeadlineExceeded'],
  ['may run on', { activeDeadlineSeconds: 101 }, [{ name: 'a' }], ''],
  ['sleeps through its deadline', { activeDeadlineSeconds: 1, suspend: true }, [], ''],
  [
    'restarted too often',
    {
      backoffLimit: 2,
      template: { spec: { restartPolicy: 'OnFailure', containers: [] } },
    },
    [{ name: 'a', restarts: 2 }],
    'BackoffLimitExceeded',
  ],
  [
    'has a failure that is ignored',
    {
      backoffLimit: 0,
      podFailurePolicy: {
        rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [3] } }],
      },
    },
    [failed('a', { code: 3 })],
    '',
  ],
  [
    'has too many failed indexes',
    { ...indexed, completions: 3, backoffLimitPerIndex: 0, maxFailedIndexes: 0 },
    [failed('a', { index: 0 })],
    'MaxFailedIndexesExceeded',
  ],
  [
    'has failed indexes at the end',
    { ...indexed, completions: 2, backoffLimitPerIndex: 0 },
    [failed('a', { index: 0 }), succeeded('b', 1)],
    'FailedIndexes',
  ],
  [
    'met its success policy',
    { ...indexed, completions: 2, successPolicy: { rules: [{ succeededCount: 1 }] } },
    [succeeded('b', 1)],
    'SuccessPolicy',
  ],
];

for (const [name, spec, pods, want] of verdicts) {
  test(`a Job that ${name}`, (t) => {
    const observed = look(jobOf(spec), pods);
    t.is(judge(observed, tallyOf(observed))?.reason ?? '', want);
  });
}

test('what was decided once stays so', (t) => {
  const conditions = [{ type: 'FailureTarget', status: 'True', reason: 'Why', message: 'so' }];
  const observed = look(jobOf({}, { conditions }), []);
  t.deepEqual(judge(observed, tallyOf(observed)), {
    type: 'FailureTarget',
    reason: 'Why',
    message: 'so',
  });
});

test('judgeFailure: the first rule that fits', (t) => {
  const policy = {
    rules: [
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      {
        action: 'FailJob',
        onExitCodes: { containerName: 'main', operator: 'NotIn', values: [1, 2] },
      },
      { action: 'FailIndex', onExitCodes: { operator: 'In', values: [2] } },
    ],
  };
  const actionOf = (code: number, ...conditions: string[]) => {
    const given = pod(failed('a', { code }));
    const status = {
      ...given.status,
      conditions: conditions.map((type) => ({ type, status: 'True' })),
    };
    return judgeFailure(policy, { ...given, status });
  };
  t.is(actionOf(1).action, 'Count');
  t.is(actionOf(2).action, 'FailIndex');
  t.is(actionOf(2, 'DisruptionTarget').action, 'Ignore');
  t.deepEqual(actionOf(7), {
    action: 'FailJob',
    message:
      'Container main for pod default/a failed with exit code 7 matching FailJob rule at index 1',
  });
});

test('metSuccessRule: all of the named, so many of the named, so many of any', (t) => {
  const met = (rule: object, ...done: [number, number][]) =>
    metSuccessRule({ ...jobOf({ completions: 10 }).spec!, successPolicy: { rules: [rule] } }, done);
  t.is(met({ succeededIndexes: '0-2' }, [0, 1]), undefined);
  t.is(met({ succeededIndexes: '0-2' }, [0, 2]), 'Matched rules at index 0');
  t.is(met({ succeededIndexes: '0-2', succeededCount: 1 }, [2, 5]), 'Matched rules at index 0');
  t.is(met({ succeededCount: 4 }, [2, 5]), 'Matched rules at index 0');
  t.is(met({ succeededCount: 5 }, [2, 5]), undefined);
});

test('backoff doubles up to ten minutes, and a success ends it', (t) => {
  const wait = (failures: number) => remainingMs({ failures, lastFailureMs: nowMs }, nowMs) / 1000;
  t.deepEqual([0, 1, 2, 3, 6, 7, 99].map(wait), [0, 10, 20, 40, 320, 600, 600]);
  const before = { failures: 3, lastFailureMs: nowMs - 1 };
  const ended = (phase: string, endedAgo: number) => pod({ name: phase, phase, endedAgo });
  t.is(nextBackoff(before, [ended('Succeeded', 1)], []).failures, 0);
  t.is(nextBackoff(before, [], [ended('Failed', 1)]).failures, 4);
  t.is(nextBackoff(before, [ended('Succeeded', 5)], [ended('Failed', 1)]).failures, 1);
  t.is(nextBackoff(before, [ended('Succeeded', 1)], [ended('Failed', 5)]).failures, 0);
});

test('pods are counted in three steps, of which each may be the last before a crash', (t) => {
  const job = jobOf({ completions: 5 }, { succeeded: 1 });
  const observed = look(job, [succeeded('a'), failed('b'), { name: 'c' }]);
  const track = (these: Observed, status: JobStatus) =>
    planTracking(these, tallyOf(these), { status, verdict: undefined });
  const first = track(observed, job.status!);
  t.deepEqual(first.status.uncountedTerminatedPods, { succeeded: ['a'], failed: ['b'] });
  t.deepEqual([first.status.succeeded, first.status.failed], [1, 0], 'not yet');
  t.deepEqual(
    first.release.map(({ metadata }) => metadata?.name),
    ['a', 'b'],
  );
  // One was let go, then we crashed.
  const later = { ...observed, job: { ...job, status: first.status } };
  const second = track({ ...later, released: new Set(['a']) }, first.status);
  t.deepEqual(second.status.uncountedTerminatedPods, { failed: ['b'] });
  t.deepEqual([second.status.succeeded, second.status.failed], [2, 0]);
  const last = settle(second.status, new Set(['c']));
  t.deepEqual([last.succeeded, last.failed, last.uncountedTerminatedPods], [2, 1, {}]);
});

test('a Job ends only when nobody is left', (t) => {
  const verdict = { type: 'SuccessCriteriaMet', reason: 'R', message: 'm' } as const;
  t.is(finish({ terminating: 1 }, verdict, nowMs), undefined);
  t.is(finish({ uncountedTerminatedPods: { failed: ['a'] } }, verdict, nowMs), undefined);
  t.is(finish({}, undefined, nowMs), undefined);
  t.deepEqual(
    finish({}, verdict, nowMs)?.conditions?.map(({ type }) => type),
    ['Complete'],
  );
});

test('podOf: index in name, labels, host name and environment, failures carried on', (t) => {
  const template = { spec: { containers: [{ name: 'main' }] } };
  const job = jobOf({ ...indexed, completions: 3, backoffLimitPerIndex: 2, template });
  const replaces = pod(failed('a', { index: 2, counted: 1 }));
  const made = podOf(job, { index: 2, replaces });
  t.is(made.metadata?.generateName, 'work-2-');
  t.is(made.spec?.hostname, 'work-2');
  t.is(made.metadata?.labels?.['batch.kubernetes.io/job-completion-index'], '2');
  t.is(made.metadata?.annotations?.['batch.kubernetes.io/job-index-failure-count'], '2');
  t.deepEqual(made.metadata?.finalizers, [trackingFinalizer]);
  t.is(made.spec?.containers[0]?.env?.[0]?.name, 'JOB_COMPLETION_INDEX');
});
