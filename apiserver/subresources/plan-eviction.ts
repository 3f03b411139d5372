/** Whether a pod may be evicted, and what that does to its disruption budget. Pure. */
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { Condition } from '../../api/types/meta-v1.generated.ts';
import type {
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
} from '../../api/types/policy-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { StatusError } from '../../base/errors.ts';

/** No budget guards what does not serve: a pod that has ended, is ending, or has not begun. */
export const isUnguarded = ({ metadata, status }: Pod): boolean =>
  metadata?.deletionTimestamp !== undefined ||
  ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '');

/** One that is not ready counts for nobody: it may go when that is what the budget says. */
export function isFree(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const desired = status?.desiredHealthy ?? 0;
  return desired > 0 && (status?.currentHealthy ?? 0) >= desired;
}

/** As many evictions as may wait for the controller to have seen them. */
const disruptedMax = 2000;

/**
 * The budget's status with one disruption less. Who waits for it must not count the pod as healthy
 * any more, so it is named.
 * @throws StatusError TooManyRequests, Forbidden
 */
export function planDisruption(
  { metadata, spec: _, status = {} }: PodDisruptionBudget,
  podName: string,
  nowMs: number,
): PodDisruptionBudgetStatus {
  const name = metadata?.name ?? '';
  const allowed = status.disruptionsAllowed ?? 0;
  if ((status.observedGeneration ?? 0) < (metadata?.generation ?? 0)) {
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  if (allowed < 0) throw forbidden(name, 'pdb disruptions allowed is negative');
  if (Object.keys(status.disruptedPods ?? {}).length > disruptedMax) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    throw forbidden(name, why);
  }
  if (allowed === 0) {
    const { desiredHealthy = 0, currentHealthy = 0 } = status;
    throw tooMany(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  }
  const now = toTime(nowMs);
  return {
    ...status,
    disruptionsAllowed: allowed - 1,
    disruptedPods: { ...status.disruptedPods, [podName]: now },
    ...(allowed === 1 && { conditions: withoutRoom(status, now) }),
  };
}

function withoutRoom(status: PodDisruptionBudgetStatus, now: string): Condition[] {
  const { conditions = [], observedGeneration } = status;
  const type = 'DisruptionAllowed';
  const before = conditions.find((each) => each.type === type);
  const since = before?.status === 'False' ? before.lastTransitionTime : now;
  const condition: Condition = {
    type,
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    lastTransitionTime: since,
    ...(observedGeneration !== undefined && { observedGeneration }),
  };
  return [...conditions.filter((each) => each.type !== type), condition];
}

/** @param retryAfterSeconds Absent: nobody knows. */
export const tooMany = (why: string, retryAfterSeconds = 0): StatusError =>
  new StatusError(
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      details: {
        causes: [{ reason: 'DisruptionBudget', message: why }],
        ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
      },
    },
  );

const forbidden = (name: string, why: string) =>
  new StatusError('Forbidden', `poddisruptionbudgets.policy "${name}" is forbidden: ${why}`, {
    details: { name, group: 'policy', kind: 'poddisruptionbudgets' },
  });
