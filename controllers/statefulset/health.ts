/** How well a pod of a StatefulSet is. Pure. */
import type { StatefulSet } from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { availableAtMs, isReady } from '../pods.ts';

export interface Look {
  readonly set: StatefulSet;
  readonly nowMs: number;
}

export const isRunningAndReady = (pod: Pod): boolean =>
  pod.status?.phase === 'Running' && isReady(pod);

export const isHealthy = (pod: Pod): boolean =>
  isRunningAndReady(pod) && !pod.metadata?.deletionTimestamp;

/** Ready for as long as the set asks. */
export function isAvailable({ set, nowMs }: Look, pod: Pod): boolean {
  const atMs = availableAtMs(pod, set.spec?.minReadySeconds ?? 0);
  return isRunningAndReady(pod) && atMs !== undefined && atMs <= nowMs;
}

/** When the next pod becomes available by the passing of time alone, from now. */
export function untilAvailableMs({ set, nowMs }: Look, pods: readonly Pod[]): number | undefined {
  const waits = pods.flatMap((pod) => {
    const atMs = availableAtMs(pod, set.spec?.minReadySeconds ?? 0);
    return isHealthy(pod) && atMs !== undefined && atMs > nowMs ? [atMs - nowMs] : [];
  });
  return waits.length > 0 ? Math.min(...waits) : undefined;
}
