/** Revisions and the annotations that carry them. Pure. */
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.generated.ts';
import { type Limits, replicasOf } from './limits.ts';
import { desiredAnnotation, maxAnnotation } from './rolling.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';

// What belongs to the deployment itself and would be wrong on a ReplicaSet.
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  'deprecated.deployment.rollback.to',
]);

export function revisionOf({ metadata }: ReplicaSet | Deployment): number {
  const revision = Number(metadata?.annotations?.[revisionAnnotation] ?? 0);
  return Number.isSafeInteger(revision) ? revision : 0;
}

/** One more than all that came before: rolling back to a template makes it the newest again. */
export const nextRevision = (old: readonly ReplicaSet[]): number =>
  Math.max(0, ...old.map(revisionOf)) + 1;

type Annotations = Readonly<Record<string, string>>;

/** The annotations that the new ReplicaSet should have. */
export function freshAnnotations(
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  revision: number,
): Annotations {
  const have = fresh?.metadata?.annotations ?? {};
  const copied = Object.entries(deployment.metadata?.annotations ?? {}).filter(
    ([name]) => !notCopied.has(name),
  );
  const before = have[revisionAnnotation];
  const isRaised = Number(before ?? 0) < revision;
  const history = [have[historyAnnotation], before].filter(Boolean).join(',');
  return {
    ...have,
    ...Object.fromEntries(copied),
    [revisionAnnotation]: isRaised ? String(revision) : before!,
    ...(isRaised && before && { [historyAnnotation]: history }),
  };
}

/** By these a later change of the deployment's size is noticed. */
export const sizeAnnotations = ({ replicas, maxSurge }: Limits): Annotations => ({
  [desiredAnnotation]: String(replicas),
  [maxAnnotation]: String(replicas + maxSurge),
});

/** Old ReplicaSets beyond the history limit that hold nothing any more, oldest revision first. */
export function planCleanup({ spec }: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const alive = old.filter(({ metadata }) => !metadata?.deletionTimestamp);
  const excess = Math.max(0, alive.length - (spec?.revisionHistoryLimit ?? 10));
  const oldest = alive.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, excess);
  return oldest.filter(
    (set) =>
      replicasOf(set) === 0 &&
      (set.status?.replicas ?? 0) === 0 &&
      (set.status?.observedGeneration ?? 0) >= (set.metadata?.generation ?? 0),
  );
}
