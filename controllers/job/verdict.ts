/** Whether a Job is at its end, and why. Pure. */
import type { Job, JobCondition, JobStatus } from '../../api/types/batch-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { countOf } from './indexes.ts';
import { hasFailed } from './pods.ts';
import { judgeFailure, metSuccessRule } from './policy.ts';
import type { Observed, Tally } from './tally.ts';

/** What is decided before all pods are over: it turns into `Failed` or `Complete`. */
export interface Verdict {
  readonly type: 'FailureTarget' | 'SuccessCriteriaMet';
  readonly reason: string;
  readonly message: string;
}

export const conditionOf = ({ conditions }: JobStatus, type: string): JobCondition | undefined =>
  conditions?.find((each) => each.type === type && each.status === 'True');

export const isFinished = ({ status = {} }: Job): boolean =>
  (conditionOf(status, 'Complete') ?? conditionOf(status, 'Failed')) !== undefined;

const failed = (reason: string, message: string): Verdict => ({
  type: 'FailureTarget',
  reason,
  message,
});

/** Undefined while it goes on. What was decided once stays so. */
export function judge(observed: Observed, tally: Tally): Verdict | undefined {
  const { job, pods } = observed;
  return (
    decided(job) ??
    judgePolicy(job, pods) ??
    judgeLimits(observed, tally) ??
    judgeIndexes(job, tally)
  );
}

function decided({ status = {} }: Job): Verdict | undefined {
  for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
    const known = conditionOf(status, type);
    if (known) return { type, reason: known.reason ?? '', message: known.message ?? '' };
  }
  return undefined;
}

function judgePolicy(job: Job, pods: readonly Pod[]): Verdict | undefined {
  const policy = job.spec?.podFailurePolicy;
  if (!policy) return undefined;
  for (const pod of pods) {
    if (!hasFailed(pod, job)) continue;
    const { action, message } = judgeFailure(policy, pod);
    if (action === 'FailJob') return failed('PodFailurePolicy', message);
  }
  return undefined;
}

function judgeLimits(observed: Observed, tally: Tally): Verdict | undefined {
  const { job, pods } = observed;
  const limit = job.spec?.backoffLimit ?? 6;
  if (tally.failed > limit || hasRestartedTooOften(job, pods, limit)) {
    return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  if (deadlineMs(observed) === 0) {
    return failed('DeadlineExceeded', 'Job was active longer than specified deadline');
  }
  return undefined;
}

/** Where containers are restarted in their pod, the restarts are the failures. */
function hasRestartedTooOften(job: Job, pods: readonly Pod[], limit: number): boolean {
  if (job.spec?.template.spec?.restartPolicy !== 'OnFailure') return false;
  const living = pods.filter(({ status }) => ['Running', 'Pending'].includes(status?.phase ?? ''));
  const restarts = living
    .flatMap(({ status }) => [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Milliseconds until its deadline, 0 when it has passed; undefined without one. */
export function deadlineMs({ job, nowMs }: Observed): number | undefined {
  const { activeDeadlineSeconds, suspend } = job.spec ?? {};
  // A Job that goes on again gets its new start in this very look.
  const wasSuspended = conditionOf(job.status ?? {}, 'Suspended') !== undefined;
  if (activeDeadlineSeconds === undefined || suspend || wasSuspended) return undefined;
  const startMs = Date.parse(job.status?.startTime ?? toTime(nowMs));
  return Math.max(0, startMs + activeDeadlineSeconds * 1000 - nowMs);
}

function judgeIndexes({ spec }: Job, tally: Tally): Verdict | undefined {
  if (spec?.completionMode !== 'Indexed') return undefined;
  const { failedIndexes, succeededIndexes } = tally;
  const fails = failedIndexes ? countOf(failedIndexes) : 0;
  if (spec.maxFailedIndexes !== undefined && fails > spec.maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return failed('MaxFailedIndexesExceeded', message);
  }
  if (fails > 0 && fails + countOf(succeededIndexes) >= (spec.completions ?? 0)) {
    return failed('FailedIndexes', 'Job has failed indexes');
  }
  const message = metSuccessRule(spec, succeededIndexes);
  return message === undefined
    ? undefined
    : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message };
}

/** Enough pods have succeeded, and none is left. */
export function isComplete({ spec }: Job, succeeded: number, active: number): boolean {
  if (active > 0) return false;
  return spec?.completions === undefined ? succeeded > 0 : succeeded >= spec.completions;
}
