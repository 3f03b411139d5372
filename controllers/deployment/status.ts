/** What a deployment says about itself; `kubectl rollout status` lives on it. Pure. */
import type {
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  ReplicaSet,
} from '../../api/types/apps-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { availableOf, limitsOf, replicasOf, sum } from './limits.ts';
import type { Sets } from './rolling.ts';

export interface StatusInput {
  readonly deployment: Deployment;
  readonly sets: Sets;
  readonly nowMs: number;
  readonly collisionCount: number | undefined;
  /** Why the new ReplicaSet could not be made. */
  readonly createError?: string;
}

export interface StatusPlan {
  readonly status: DeploymentStatus;
  /** When the progress deadline passes, from now. */
  readonly recheckMs: number | undefined;
}

export function planStatus(input: StatusInput): StatusPlan {
  const { deployment, sets, nowMs, collisionCount } = input;
  const counts = count(deployment, sets);
  const available = availableCondition(deployment, counts);
  const progressing = progressingCondition(input, counts);
  const failure = [...(sets.fresh ? [sets.fresh] : []), ...sets.old]
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  const wanted = [available, ...(progressing ? [progressing] : []), ...(failure ? [failure] : [])];
  const known = deployment.status?.conditions ?? [];
  const conditions = wanted.map((each) => merge(each, known, toTime(nowMs)));
  const status: DeploymentStatus = {
    ...counts,
    ...(collisionCount !== undefined && { collisionCount }),
    conditions,
  };
  return { status, recheckMs: untilDeadline(deployment, conditions, nowMs) };
}

/** Zero and absent are the same on the wire. */
export function isSameStatus(a: DeploymentStatus, b: DeploymentStatus | undefined): boolean {
  const plain = (status: DeploymentStatus = {}) =>
    JSON.stringify(
      Object.entries(status)
        .filter(([, value]) => value !== 0 && value !== undefined)
        .sort(([left], [right]) => (left < right ? -1 : 1)),
    );
  return plain(a) === plain(b);
}

type Counts = Required<
  Pick<
    DeploymentStatus,
    | 'observedGeneration'
    | 'replicas'
    | 'updatedReplicas'
    | 'readyReplicas'
    | 'availableReplicas'
    | 'unavailableReplicas'
    | 'terminatingReplicas'
  >
>;

function count(deployment: Deployment, { fresh, old }: Sets): Counts {
  const all = [...(fresh ? [fresh] : []), ...old];
  const availableReplicas = sum(all, availableOf);
  return {
    observedGeneration: deployment.metadata?.generation ?? 0,
    replicas: sum(all, ({ status }) => status?.replicas ?? 0),
    updatedReplicas: fresh?.status?.replicas ?? 0,
    readyReplicas: sum(all, ({ status }) => status?.readyReplicas ?? 0),
    availableReplicas,
    unavailableReplicas: Math.max(0, sum(all, replicasOf) - availableReplicas),
    terminatingReplicas: sum(all, ({ status }) => status?.terminatingReplicas ?? 0),
  };
}

type Said = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

function availableCondition(deployment: Deployment, { availableReplicas }: Counts): Said {
  const { replicas, maxUnavailable } = limitsOf(deployment);
  const isEnough = availableReplicas >= replicas - maxUnavailable;
  return isEnough
    ? say('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
    : say(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
      );
}

export const isComplete = ({ spec }: Deployment, status: DeploymentStatus): boolean => {
  const replicas = spec?.replicas ?? 1;
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas
  );
};

function progressingCondition(input: StatusInput, counts: Counts): Said | undefined {
  const { deployment, sets, nowMs } = input;
  const { spec, status: before = {} } = deployment;
  const known = before.conditions?.find(({ type }) => type === 'Progressing');
  if (!hasDeadline(deployment)) return known?.reason === 'DeploymentPaused' ? undefined : known;
  if (spec?.paused) {
    return say('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused');
  }
  if (input.createError !== undefined) {
    return say('Progressing', 'False', 'ReplicaSetCreateError', input.createError);
  }
  const subject = sets.fresh ? `ReplicaSet "${nameOf(sets.fresh)}"` : 'Deployment';
  if (sets.fresh && isComplete(deployment, counts)) {
    const message = `${subject} has successfully progressed.`;
    return say('Progressing', 'True', 'NewReplicaSetAvailable', message);
  }
  // Once through, losing a pod is not a new rollout; only another template, or size, starts one.
  const wasComplete = known?.reason === 'NewReplicaSetAvailable';
  if (wasComplete && counts.updatedReplicas === counts.replicas && !isNewGeneration(deployment)) {
    return known;
  }
  if (known?.reason === 'DeploymentPaused') {
    return say('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
  }
  if (!known || wasComplete || hasProgressed(before, counts)) {
    // A new time in lastUpdateTime is what moves the deadline on.
    return {
      ...say('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`),
      ...moved,
    };
  }
  const passedMs = nowMs - Date.parse(known.lastUpdateTime ?? '');
  if (passedMs >= deadlineMs(deployment) && known.reason !== 'ProgressDeadlineExceeded') {
    const message = `${subject} has timed out progressing.`;
    return say('Progressing', 'False', 'ProgressDeadlineExceeded', message);
  }
  return known;
}

const moved = { moved: true };

const isNewGeneration = ({ metadata, status }: Deployment) =>
  (status?.observedGeneration ?? 0) < (metadata?.generation ?? 0);

function hasProgressed(before: DeploymentStatus, now: Counts): boolean {
  const oldPods = (status: DeploymentStatus) =>
    (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    now.updatedReplicas > (before.updatedReplicas ?? 0) ||
    now.readyReplicas > (before.readyReplicas ?? 0) ||
    now.availableReplicas > (before.availableReplicas ?? 0) ||
    oldPods(now) < oldPods(before)
  );
}

/** Times are those of the condition that was there, unless it now says something else. */
function merge(
  said: Said & { moved?: boolean },
  known: readonly DeploymentCondition[],
  now: string,
): DeploymentCondition {
  const { moved: isMoved, type, status, reason, message } = said;
  const before = known.find((each) => each.type === type);
  const isSame =
    before?.status === status && before.reason === reason && before.message === message;
  const isTurned = before?.status !== status;
  return {
    type,
    status,
    lastUpdateTime: isSame && !isMoved ? (before.lastUpdateTime ?? now) : now,
    lastTransitionTime: isTurned ? now : (before.lastTransitionTime ?? now),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
  };
}

function untilDeadline(
  deployment: Deployment,
  conditions: readonly DeploymentCondition[],
  nowMs: number,
): number | undefined {
  const condition = conditions.find(({ type }) => type === 'Progressing');
  if (!condition || !hasDeadline(deployment) || deployment.spec?.paused) return undefined;
  const isSettled =
    condition.reason === 'NewReplicaSetAvailable' ||
    condition.reason === 'ProgressDeadlineExceeded';
  if (isSettled) return undefined;
  const endMs = Date.parse(condition.lastUpdateTime ?? '') + deadlineMs(deployment);
  return Math.max(1000, endMs - nowMs);
}

const deadlineMs = ({ spec }: Deployment) => (spec?.progressDeadlineSeconds ?? 600) * 1000;

/** The largest number means: no deadline. */
const hasDeadline = ({ spec }: Deployment) =>
  (spec?.progressDeadlineSeconds ?? 600) !== 2 ** 31 - 1;

const say = (type: string, status: string, reason: string, message: string): Said => ({
  ...{ type, status, reason, message },
});

const nameOf = ({ metadata }: ReplicaSet) => metadata?.name ?? '';
