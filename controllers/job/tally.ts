/** What there is of a Job: its pods, counted in the ways that its rules ask for. Pure. */
import type { Job } from '../../api/types/batch-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { isActive, isReady, isTerminating } from '../pods.ts';
import { type Backoff, nextBackoff } from './backoff.ts';
import {
  countOf,
  formatIndexes,
  hasIndex,
  type Indexes,
  noIndexes,
  parseIndexes,
  withIndexes,
} from './indexes.ts';
import {
  endedAtMs,
  failuresBefore,
  hasFailed,
  hasSucceeded,
  indexOf,
  isIndexed,
  isPerIndex,
  isTracked,
} from './pods.ts';
import { judgeFailure } from './policy.ts';

export interface Observed {
  readonly job: Job;
  /** Those that it controls and that match. */
  readonly pods: readonly Pod[];
  /** Whether the cache shows all that was made and ended before. */
  readonly isCounted: boolean;
  /** Pods (by uid) that were let go, whatever the cache still shows. */
  readonly released: ReadonlySet<string>;
  readonly backoff: Backoff;
  readonly nowMs: number;
}

export interface Tally {
  readonly active: readonly Pod[];
  readonly terminating: number;
  /** Pods, or indexes that are done where there are indexes. Counted and uncounted. */
  readonly succeeded: number;
  readonly failed: number;
  /** Those that the status tells of already. */
  readonly indexesBefore: Indexes;
  readonly succeededIndexes: Indexes;
  /** Undefined: the Job does not count failures by index. */
  readonly failedIndexes: Indexes | undefined;
  /** By index: who failed last and stays until it is replaced, as it carries the count. */
  readonly delayed: ReadonlyMap<number, Pod>;
  readonly backoff: Backoff;
}

export const isUncounted = ({ released }: Observed, pod: Pod): boolean =>
  isTracked(pod) && !released.has(pod.metadata?.uid ?? '');

export function tallyOf(observed: Observed): Tally {
  const { job, pods } = observed;
  const { status = {}, spec } = job;
  const { succeeded: seenSucceeded = [], failed: seenFailed = [] } =
    status.uncountedTerminatedPods ?? {};
  const fresh = (seen: readonly string[], hasEnded: (pod: Pod) => boolean) =>
    pods.filter((pod) => isNew(observed, pod, seen) && hasEnded(pod));
  const succeeded = fresh(seenSucceeded, hasSucceeded);
  const failed = fresh(seenFailed, (pod) => hasFailed(pod, job));
  const counting = failed.filter(
    (pod) => judgeFailure(spec?.podFailurePolicy, pod).action !== 'Ignore',
  );
  const active = pods.filter(isActive);
  const byIndex = tallyIndexes(observed, active);
  return {
    active,
    terminating: pods.filter(isTerminating).length,
    succeeded: isIndexed(job)
      ? countOf(byIndex.succeededIndexes)
      : (status.succeeded ?? 0) + succeeded.length + seenSucceeded.length,
    failed: (status.failed ?? 0) + counting.length + seenFailed.length,
    ...byIndex,
    backoff: nextBackoff(observed.backoff, succeeded, failed),
  };
}

/** Neither counted nor about to be. */
function isNew(observed: Observed, pod: Pod, seen: readonly string[]): boolean {
  if (!isUncounted(observed, pod) || seen.includes(pod.metadata?.uid ?? '')) return false;
  return !isIndexed(observed.job) || indexOf(pod, observed.job) !== undefined;
}

export const countReady = (pods: readonly Pod[]): number => pods.filter(isReady).length;

type ByIndex = Pick<Tally, 'indexesBefore' | 'succeededIndexes' | 'failedIndexes' | 'delayed'>;

function tallyIndexes(observed: Observed, active: readonly Pod[]): ByIndex {
  const { job, pods } = observed;
  if (!isIndexed(job)) {
    const none = { indexesBefore: noIndexes, succeededIndexes: noIndexes };
    return { ...none, failedIndexes: undefined, delayed: new Map() };
  }
  const completions = job.spec?.completions ?? 0;
  const indexesBefore = parseIndexes(job.status?.completedIndexes, completions);
  const indexesOf = (these: readonly Pod[]) =>
    these.flatMap((pod) => indexOf(pod, job) ?? ([] as number[]));
  const uncounted = pods.filter((pod) => isUncounted(observed, pod));
  const succeededIndexes = withIndexes(indexesBefore, indexesOf(uncounted.filter(hasSucceeded)));
  if (!isPerIndex(job)) {
    return { indexesBefore, succeededIndexes, failedIndexes: undefined, delayed: new Map() };
  }
  const failedBefore = parseIndexes(job.status?.failedIndexes, completions);
  const failing = indexesOf(uncounted.filter((pod) => failsIndex(job, pod)));
  const failedIndexes = withIndexes(
    failedBefore,
    failing.filter((index) => !hasIndex(succeededIndexes, index)),
  );
  const over = new Set(indexesOf(active));
  const isOver = (index: number) =>
    over.has(index) || hasIndex(succeededIndexes, index) || hasIndex(failedIndexes, index);
  const delayed = delayedOf(job, uncounted, isOver);
  return { indexesBefore, succeededIndexes, failedIndexes, delayed };
}

/** Whether the index has failed as often as it may, or a rule of the policy says so. */
function failsIndex(job: Job, pod: Pod): boolean {
  if (!hasFailed(pod, job)) return false;
  const { action } = judgeFailure(job.spec?.podFailurePolicy, pod);
  if (action === 'FailIndex') return true;
  return (
    action !== 'Ignore' && failuresBefore(pod).counted >= (job.spec?.backoffLimitPerIndex ?? 0)
  );
}

function delayedOf(job: Job, pods: readonly Pod[], isOver: (index: number) => boolean) {
  const last = new Map<number, Pod>();
  for (const pod of pods) {
    const index = indexOf(pod, job);
    if (index === undefined || isOver(index) || !hasFailed(pod, job)) continue;
    const known = last.get(index);
    if (!known || isLater(pod, known)) last.set(index, pod);
  }
  return last;
}

export function failuresOf(pod: Pod): number {
  const { counted, ignored } = failuresBefore(pod);
  return counted + ignored;
}

const isLater = (a: Pod, b: Pod): boolean =>
  failuresOf(a) >= failuresOf(b) && endedAtMs(a) >= endedAtMs(b);

/** As the status has it: absent where failures are not counted by index. */
export const failedText = ({ failedIndexes }: Tally): string | undefined =>
  failedIndexes && formatIndexes(failedIndexes);
