/**
 * How a Job's pods are counted once and only once (pure). In three steps, so that a crash between
 * them loses nothing: the uids of pods that ended are written into the status, then the pods are
 * let go, then the uids become numbers.
 */
import type { Job, JobCondition, JobStatus } from '../../api/types/batch-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { countOf, formatIndexes, hasIndex, withIndexes } from './indexes.ts';
import { hasFailed, hasSucceeded, indexOf, isIndexed } from './pods.ts';
import { judgeFailure } from './policy.ts';
import { failedText, isUncounted, type Observed, type Tally } from './tally.ts';
import { conditionOf, type Verdict } from './verdict.ts';

/** What came of the change of pods. */
export interface Counts {
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
}

export interface Tracking {
  /** To be written before the pods are let go. */
  readonly status: JobStatus;
  readonly release: readonly Pod[];
  /** More is to be counted than fits into one status: not yet the end. */
  readonly isFull: boolean;
}

const uncountedMax = 500;

export function planTracking(
  observed: Observed,
  tally: Tally,
  given: { readonly status: JobStatus; readonly verdict: Verdict | undefined },
): Tracking {
  const { job, nowMs } = observed;
  const { verdict } = given;
  const book = new Book(observed, given.status);
  const pods = isIndexed(job) ? byIndex(observed) : observed.pods;
  for (const pod of pods) {
    if (!isUncounted(observed, pod) || !mayRelease({ job, tally, verdict }, pod)) continue;
    book.count(pod, verdict, tally);
    if (book.size >= uncountedMax) break;
  }
  const uncountedTerminatedPods = book.uncounted();
  const failedIndexes = failedText(tally);
  const done = withIndexes(tally.indexesBefore, book.indexes);
  const status: JobStatus = {
    ...settle(given.status, book.tracked),
    uncountedTerminatedPods,
    ...(isIndexed(job) && { succeeded: countOf(done), completedIndexes: formatIndexes(done) }),
    ...(failedIndexes !== undefined && { failedIndexes }),
  };
  const conditions = verdict
    ? withCondition(status.conditions, { ...verdict, status: 'True' }, nowMs)
    : status.conditions;
  return {
    status: { ...status, ...(conditions && { conditions }) },
    release: book.release,
    isFull: book.size >= uncountedMax,
  };
}

/** The pods of one look that are counted. */
class Book {
  readonly tracked: ReadonlySet<string>;
  readonly release: Pod[] = [];
  readonly indexes: number[] = [];
  readonly #job: Job;
  readonly #succeeded: Set<string>;
  readonly #failed: Set<string>;

  constructor(observed: Observed, { uncountedTerminatedPods: known = {} }: JobStatus) {
    const tracked = observed.pods.filter((pod) => isUncounted(observed, pod));
    this.tracked = new Set(tracked.map(({ metadata }) => metadata?.uid ?? ''));
    this.#job = observed.job;
    const left = (uids: readonly string[] = []) => uids.filter((uid) => this.tracked.has(uid));
    this.#succeeded = new Set(left(known.succeeded));
    this.#failed = new Set(left(known.failed));
  }

  get size(): number {
    return this.indexes.length + this.#succeeded.size + this.#failed.size;
  }

  count(pod: Pod, verdict: Verdict | undefined, { indexesBefore }: Tally): void {
    this.release.push(pod);
    const uid = pod.metadata?.uid ?? '';
    const index = indexOf(pod, this.#job);
    if (isIndexed(this.#job) && index === undefined) return;
    if (hasSucceeded(pod) && !this.#failed.has(uid)) {
      if (index === undefined) this.#succeeded.add(uid);
      else if (!hasIndex(indexesBefore, index)) this.indexes.push(index);
      return;
    }
    // Who is still there when a Job fails has failed with it.
    const hasLost = hasFailed(pod, this.#job) || verdict?.type === 'FailureTarget';
    if (!hasLost) return;
    const { action } = judgeFailure(this.#job.spec?.podFailurePolicy, pod);
    if (action !== 'Ignore') this.#failed.add(uid);
  }

  uncounted(): NonNullable<JobStatus['uncountedTerminatedPods']> {
    return {
      ...(this.#succeeded.size > 0 && { succeeded: [...this.#succeeded] }),
      ...(this.#failed.size > 0 && { failed: [...this.#failed] }),
    };
  }
}

function byIndex({ job, pods }: Observed): Pod[] {
  const rank = (pod: Pod) => indexOf(pod, job) ?? -1;
  return [...pods].sort((a, b) => rank(a) - rank(b));
}

interface Situation {
  readonly job: Job;
  readonly tally: Tally;
  readonly verdict: Verdict | undefined;
}

function mayRelease({ job, tally, verdict }: Situation, pod: Pod): boolean {
  if (job.metadata?.deletionTimestamp || verdict || hasSucceeded(pod)) return true;
  if (!hasFailed(pod, job)) return false;
  const index = indexOf(pod, job);
  const delayed = index === undefined ? undefined : tally.delayed.get(index);
  return delayed?.metadata?.uid !== pod.metadata?.uid;
}

/** Turns uids of pods that were let go into numbers. `tracked`: uids of those that were not. */
export function settle(status: JobStatus, tracked: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const kept = (uids: readonly string[]) => uids.filter((uid) => tracked.has(uid));
  const [keptSucceeded, keptFailed] = [kept(succeeded), kept(failed)];
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - keptSucceeded.length,
    failed: (status.failed ?? 0) + failed.length - keptFailed.length,
    uncountedTerminatedPods: {
      ...(keptSucceeded.length > 0 && { succeeded: keptSucceeded }),
      ...(keptFailed.length > 0 && { failed: keptFailed }),
    },
  };
}

/** The status with its last condition, once nothing is left to count and nobody is left. */
export function finish(
  status: JobStatus,
  verdict: Verdict | undefined,
  nowMs: number,
): JobStatus | undefined {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  if (!verdict || succeeded.length + failed.length > 0) return undefined;
  if ((status.terminating ?? 0) > 0 || (status.active ?? 0) > 0) return undefined;
  const isFailure = verdict.type === 'FailureTarget';
  const type = isFailure ? 'Failed' : 'Complete';
  const conditions = withCondition(status.conditions, { ...verdict, type, status: 'True' }, nowMs);
  return {
    ...status,
    conditions,
    startTime: status.startTime ?? toTime(nowMs),
    ...(!isFailure && { completionTime: toTime(nowMs) }),
  };
}

type Wanted = Pick<JobCondition, 'type' | 'status' | 'reason' | 'message'>;

/** A condition that is not true is only written over one that was. */
export function withCondition(
  conditions: readonly JobCondition[] = [],
  { type, status, reason, message }: Wanted,
  nowMs: number,
): JobCondition[] {
  const now = toTime(nowMs);
  const next = { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
  const before = conditions.find((each) => each.type === type);
  if (!before) return status === 'True' ? [...conditions, next as JobCondition] : [...conditions];
  const isSame = before.status === status && before.reason === reason && before.message === message;
  return conditions.map((each) => (each === before && !isSame ? (next as JobCondition) : each));
}

export interface Suspension {
  readonly status: JobStatus;
  readonly event?: 'Suspended' | 'Resumed';
}

/** A Job that goes on again starts anew: its deadline did not run meanwhile. */
export function planSuspension(job: Job, status: JobStatus, nowMs: number): Suspension {
  const isSuspended = job.spec?.suspend ?? false;
  const wasSuspended = conditionOf(status, 'Suspended') !== undefined;
  if (isSuspended === wasSuspended) return { status };
  const wanted = isSuspended
    ? { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }
    : { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' };
  const conditions = withCondition(status.conditions, wanted, nowMs);
  const startTime = isSuspended ? status.startTime : toTime(nowMs);
  const event = isSuspended ? 'Suspended' : 'Resumed';
  return { status: { ...status, conditions, ...(startTime && { startTime }) }, event };
}

/** Zero and absent are the same on the wire for these. */
const plainCounts = ['active', 'succeeded', 'failed'] as const;

export function cleaned(status: JobStatus): JobStatus {
  const copy = { ...status };
  for (const name of plainCounts) if (!copy[name]) delete copy[name];
  if (!copy.completedIndexes) delete copy.completedIndexes;
  return copy;
}

export function isSameStatus(a: JobStatus, b: JobStatus): boolean {
  const sorted = (status: JobStatus) =>
    JSON.stringify(Object.entries(cleaned(status)).sort(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
}
