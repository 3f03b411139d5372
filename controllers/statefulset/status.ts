/** What a StatefulSet says about itself. Pure. */
import type { StatefulSet, StatefulSetStatus } from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { canonical } from '../canonical.ts';
import { isAvailable, isRunningAndReady } from './health.ts';
import { revisionOf } from './identity.ts';
import type { Observed } from './plan.ts';

/** Undefined when the object says so already. */
export function planStatus(
  observed: Observed,
  collisionCount: number,
): StatefulSetStatus | undefined {
  const { set, pods, current, update } = observed;
  const alive = pods.filter(({ metadata }) => !metadata?.deletionTimestamp);
  const isOf = (name: string | undefined) => (pod: Pod) => revisionOf(pod) === name;
  const { conditions } = set.status ?? {};
  const status: StatefulSetStatus = {
    observedGeneration: set.metadata?.generation ?? 0,
    replicas: pods.length,
    readyReplicas: pods.filter(isRunningAndReady).length,
    availableReplicas: pods.filter((pod) => isAvailable(observed, pod)).length,
    currentReplicas: alive.filter(isOf(current.metadata?.name)).length,
    updatedReplicas: alive.filter(isOf(update.metadata?.name)).length,
    currentRevision: current.metadata?.name ?? '',
    updateRevision: update.metadata?.name ?? '',
    collisionCount,
    ...(conditions && { conditions }),
  };
  const complete = isComplete(set, status) ? completed(status) : status;
  return plain(complete) === plain(set.status) ? undefined : complete;
}

/** All are of the new state, and work: it becomes the current one. */
function isComplete({ spec }: StatefulSet, status: StatefulSetStatus): boolean {
  const { replicas, readyReplicas, updatedReplicas } = status;
  if (spec?.updateStrategy?.type === 'OnDelete') return false;
  const isWhole = replicas === (spec?.replicas ?? 1);
  return isWhole && updatedReplicas === replicas && readyReplicas === replicas;
}

const completed = (status: StatefulSetStatus): StatefulSetStatus => ({
  ...status,
  currentReplicas: status.updatedReplicas ?? 0,
  ...(status.updateRevision && { currentRevision: status.updateRevision }),
});

/** Zero and absent are the same on the wire. */
const plain = (status: object = {}) =>
  canonical(Object.fromEntries(Object.entries(status).filter(([, value]) => value !== 0)));
