/** Which pods of an old template go now. Pure. */
import type { StatefulSet } from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { isAvailable, isHealthy } from './health.ts';
import { revisionOf } from './identity.ts';
import type { Observed, Slot, Step } from './plan.ts';

/**
 * From the highest ordinal down to the partition. Never more than `maxUnavailable` of all pods are
 * missing at one time; to end an old one that does not work anyway costs nothing.
 */
export function planUpdate(observed: Observed, slots: readonly Slot[]): Step[] {
  const { set, update } = observed;
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type === 'OnDelete') return [];
  const isWell = (pod: Pod | undefined) =>
    pod !== undefined && isHealthy(pod) && isAvailable(observed, pod);
  const steps: Step[] = [];
  let missing = slots.filter(({ pod }) => !isWell(pod)).length;
  for (const { pod } of slots.slice(rollingUpdate?.partition ?? 0).reverse()) {
    const isOld = pod && revisionOf(pod) !== update.metadata?.name;
    // What is over is deleted, and what is ending waited for, without our doing.
    if (!isOld || pod.metadata?.deletionTimestamp || isOver(pod)) continue;
    if (isWell(pod)) {
      if (missing >= maxUnavailableOf(set)) continue;
      missing += 1;
    }
    steps.push({ kind: 'delete', pod, why: 'updated' });
  }
  return steps;
}

const isOver = ({ status }: Pod) => status?.phase === 'Failed' || status?.phase === 'Succeeded';

/** Percentages are rounded down, but never to nothing. */
function maxUnavailableOf({ spec }: StatefulSet): number {
  const value = spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  if (typeof value === 'number') return Math.max(1, value);
  const percent = Number(value.replace(/%$/, ''));
  const count = Math.floor((percent * (spec?.replicas ?? 1)) / 100);
  return Number.isFinite(count) ? Math.max(1, count) : 1;
}
