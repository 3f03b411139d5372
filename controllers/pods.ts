/** What controllers ask about a pod. Pure. */
import type { Pod } from '../api/types/core-v1.generated.ts';

/** Neither over nor on its way out: it counts as a replica. */
export const isActive = ({ metadata, status }: Pod): boolean =>
  !metadata?.deletionTimestamp && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

export const isTerminating = ({ metadata, status }: Pod): boolean =>
  metadata?.deletionTimestamp !== undefined &&
  status?.phase !== 'Succeeded' &&
  status?.phase !== 'Failed';

const readyCondition = ({ status }: Pod) =>
  status?.conditions?.find(({ type }) => type === 'Ready');

export const isReady = (pod: Pod): boolean => readyCondition(pod)?.status === 'True';

/** Milliseconds since the epoch; undefined while it is not ready. */
export function readySinceMs(pod: Pod): number | undefined {
  const condition = readyCondition(pod);
  if (condition?.status !== 'True') return undefined;
  return condition.lastTransitionTime ? Date.parse(condition.lastTransitionTime) : 0;
}

/** When it counts as available: ready for `minReadySeconds`. Undefined while it is not ready. */
export function availableAtMs(pod: Pod, minReadySeconds: number): number | undefined {
  const sinceMs = readySinceMs(pod);
  return sinceMs === undefined ? undefined : sinceMs + minReadySeconds * 1000;
}
