/** What a Job asks about its pods. Pure. */
import type { Job } from '../../api/types/batch-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';

/** Keeps a pod that is over until its Job has counted it. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index';
export const failureCountAnnotation = 'batch.kubernetes.io/job-index-failure-count';
export const ignoredCountAnnotation = 'batch.kubernetes.io/job-index-ignored-failure-count';

export const isTracked = ({ metadata }: Pod): boolean =>
  metadata?.finalizers?.includes(trackingFinalizer) ?? false;

export const isIndexed = ({ spec }: Job): boolean => spec?.completionMode === 'Indexed';

export const isPerIndex = (job: Job): boolean =>
  isIndexed(job) && job.spec?.backoffLimitPerIndex !== undefined;

/** Whether a pod that is ending must be over before another takes its place. */
export const replacesOnlyFailed = ({ spec }: Job): boolean =>
  spec?.podReplacementPolicy === 'Failed' || spec?.podFailurePolicy !== undefined;

/** Undefined if it has none, or one that the Job does not have (any more). */
export function indexOf({ metadata }: Pod, job: Job): number | undefined {
  const text = metadata?.annotations?.[indexAnnotation] ?? '';
  if (!/^\d{1,10}$/.test(text)) return undefined;
  return Number(text) < (job.spec?.completions ?? 0) ? Number(text) : undefined;
}

export const hasSucceeded = ({ status }: Pod): boolean => status?.phase === 'Succeeded';

/** A pod that was deleted may never get to say that it failed. */
export function hasFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (replacesOnlyFailed(job)) return false;
  return pod.metadata?.deletionTimestamp !== undefined && !hasSucceeded(pod);
}

const numberAt = ({ metadata }: Pod, annotation: string): number => {
  const text = metadata?.annotations?.[annotation] ?? '';
  return /^\d{1,10}$/.test(text) ? Number(text) : 0;
};

/** How often its index had failed before it: what counts, and what the failure policy ignores. */
export const failuresBefore = (pod: Pod): { counted: number; ignored: number } => ({
  counted: numberAt(pod, failureCountAnnotation),
  ignored: numberAt(pod, ignoredCountAnnotation),
});

/** When a pod ended, by the best of what is known. Milliseconds. */
export function endedAtMs({ metadata, status }: Pod): number {
  const ends = (status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.terminated?.finishedAt ?? ''),
  );
  if (ends.length > 0 && ends.every((end) => end > 0)) return Math.max(...ends);
  const ready = status?.conditions?.find(
    ({ type, status: is }) => type === 'Ready' && is !== 'True',
  );
  if (ready?.lastTransitionTime) return Date.parse(ready.lastTransitionTime);
  if (metadata?.deletionTimestamp) {
    const graceMs = (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    return Date.parse(metadata.deletionTimestamp) - graceMs;
  }
  return Date.parse(metadata?.creationTimestamp ?? '') || 0;
}
