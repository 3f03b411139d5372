/** What a Job's status may say: it comes from controllers, some of them not ours. */
import type { StatusCause } from '../../base/errors.ts';
import type { Job, JobStatus } from '../types/batch-v1.generated.ts';
import { duplicateValue, invalidValue, requiredValue, wrongValue } from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { countIndexes, firstShared } from './job-indexes.ts';
import { notNegative } from './numbers.ts';

export const isJobCondition = (status: JobStatus | undefined, type: string): boolean =>
  status?.conditions?.some((each) => each.type === type && each.status === 'True') ?? false;

/** Of an update that changes the status. */
export function checkJobStatus(job: Job, old: Job): StatusCause[] {
  const { status = {} } = job;
  return [
    ...counts.flatMap((name) => notNegative(`status.${name}`, status[name])),
    ...checkUncounted(status),
    ...checkConditions(job, status),
    ...checkTimes(status),
    ...checkFinished(status),
    ...checkIndexes(job, status),
    ...checkChange(job, status, old),
  ];
}

const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;

function checkUncounted({
  uncountedTerminatedPods: { succeeded = [], failed = [] } = {},
}: JobStatus) {
  const seen = new Set<string>();
  return Object.entries({ succeeded, failed }).flatMap(([list, uids]) =>
    uids.flatMap((uid, index) => {
      const field = `status.uncountedTerminatedPods.${list}[${index}]`;
      if (uid === '') return [invalidValue(field, uid, 'must not be empty')];
      if (seen.has(uid)) return [duplicateValue(field, uid)];
      seen.add(uid);
      return [];
    }),
  );
}

/** Pairs of conditions that are not true together, and those that need another first. */
function checkConditions({ spec }: Job, status: JobStatus): StatusCause[] {
  const is = (type: string) => isJobCondition(status, type);
  const rules: readonly (readonly [boolean, string])[] = [
    [is('Complete') && is('Failed'), 'cannot set Complete=True and Failed=true conditions'],
    [
      is('Complete') && is('FailureTarget'),
      'cannot set Complete=True and FailureTarget=true conditions',
    ],
    [
      is('Failed') && !is('FailureTarget'),
      'cannot set Failed=True condition without the FailureTarget=true condition',
    ],
    [
      is('Complete') && !is('SuccessCriteriaMet'),
      'cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
    ],
    [
      is('SuccessCriteriaMet') && is('Failed'),
      'cannot set SuccessCriteriaMet=True and Failed=true conditions',
    ],
    [
      is('SuccessCriteriaMet') && is('FailureTarget'),
      'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
    ],
    [
      spec?.successPolicy !== undefined && is('Complete') && !is('SuccessCriteriaMet'),
      'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True',
    ],
  ];
  return rules
    .filter(([isBroken]) => isBroken)
    .map(([, detail]) => wrongValue('status.conditions', detail));
}

function checkTimes(status: JobStatus): StatusCause[] {
  const { startTime, completionTime } = status;
  const isComplete = isJobCondition(status, 'Complete');
  const field = 'status.completionTime';
  const causes: StatusCause[] = [];
  if (completionTime && !isComplete) {
    const detail = 'cannot set completionTime when there is no Complete=True condition';
    causes.push(invalidValue(field, completionTime, detail));
  }
  if (!completionTime && isComplete) {
    causes.push(requiredValue(field, 'completionTime is required for Complete jobs'));
  }
  if (startTime && completionTime && Date.parse(completionTime) < Date.parse(startTime)) {
    const detail = 'must be equal to or after `startTime`';
    causes.push(invalidValue(field, completionTime, detail));
  }
  return causes;
}

const isFinished = (status: JobStatus | undefined) =>
  isJobCondition(status, 'Complete') || isJobCondition(status, 'Failed');

function checkFinished(status: JobStatus): StatusCause[] {
  const { active = 0, ready = 0, terminating = 0, uncountedTerminatedPods: uncounted } = status;
  const causes: StatusCause[] = [];
  if (ready > active) {
    causes.push(invalidValue('status.ready', ready, 'cannot set more ready pods than active'));
  }
  if (!isFinished(status)) return causes;
  if (active > 0) {
    causes.push(invalidValue('status.active', active, 'active>0 is invalid for finished job'));
  }
  if (!status.startTime) {
    causes.push(requiredValue('status.startTime', 'startTime is required for finished job'));
  }
  if ((uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0) > 0) {
    const detail = 'must be empty for finished job';
    causes.push(invalidValue('status.uncountedTerminatedPods', uncounted, detail));
  }
  if (terminating > 0) {
    const detail = 'terminating>0 is invalid for finished job';
    causes.push(invalidValue('status.terminating', terminating, detail));
  }
  return causes;
}

function checkIndexes({ spec }: Job, status: JobStatus): StatusCause[] {
  const { completedIndexes = '', failedIndexes } = status;
  const { completions = 0, completionMode, backoffLimitPerIndex } = spec ?? {};
  const causes: StatusCause[] = [];
  for (const [name, text = ''] of Object.entries({ completedIndexes, failedIndexes })) {
    const { problem } = countIndexes(text, completions);
    if (!problem) continue;
    causes.push(invalidValue(`status.${name}`, text, `error parsing ${name}: ${problem}`));
  }
  if (completedIndexes && completionMode !== 'Indexed') {
    const detail = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    causes.push(invalidValue('status.completedIndexes', completedIndexes, detail));
  }
  if (failedIndexes === undefined) return causes;
  if (backoffLimitPerIndex === undefined) {
    const detail = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    causes.push(invalidValue('status.failedIndexes', failedIndexes, detail));
  }
  const shared = firstShared(completedIndexes, failedIndexes, completions);
  if (shared === undefined) return causes;
  const detail = `failedIndexes and completedIndexes overlap at index: ${shared}`;
  return [...causes, invalidValue('status.failedIndexes', failedIndexes, detail)];
}

const terminal = ['Failed', 'Complete', 'FailureTarget', 'SuccessCriteriaMet'];

/** Ends stay ends, and what was counted is not counted back. */
function checkChange({ spec }: Job, status: JobStatus, { status: old = {} }: Job): StatusCause[] {
  const causes = terminal
    .filter((type) => isJobCondition(old, type) && !isJobCondition(status, type))
    .map((type) => {
      const what = type === 'SuccessCriteriaMet' ? 'the' : 'the terminal';
      return wrongValue('status.conditions', `cannot disable ${what} ${type}=True condition`);
    });
  // An indexed Job that shrinks forgets what its last indexes did.
  const mayShrink = spec?.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  for (const name of ['failed', 'succeeded'] as const) {
    const value = status[name] ?? 0;
    if (value >= (old[name] ?? 0) || (name === 'succeeded' && mayShrink)) continue;
    const detail = `cannot decrease the ${name} counter`;
    causes.push(invalidValue(`status.${name}`, value, detail));
  }
  if (status.completionTime && old.completionTime) {
    const field = 'status.completionTime';
    causes.push(...checkImmutable(field, status.completionTime, old.completionTime));
  }
  if (old.startTime && old.startTime !== status.startTime && !spec?.suspend) {
    const detail = 'startTime cannot be removed for unsuspended job';
    causes.push(requiredValue('status.startTime', detail));
  }
  return causes;
}
