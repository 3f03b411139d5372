/** Decides how many pods a ReplicaSet makes, and which ones go. Pure. */
import { matchesLabels } from '../../api/labels.ts';
import type {
  ReplicaSet,
  ReplicaSetCondition,
  ReplicaSetStatus,
} from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { availableAtMs, isActive, isReady, isTerminating } from '../pods.ts';
import { sortVictims } from './victims.ts';

const burstMax = 500; // Of pods created or deleted in one run.

export interface Observed {
  readonly replicaSet: ReplicaSet;
  /** Its own pods. */
  readonly pods: readonly Pod[];
  /** Active pods of its siblings too (ReplicaSets of the same owner): the doubled up go first. */
  readonly related: readonly Pod[];
  readonly nowMs: number;
}

export interface Change {
  readonly create: number;
  readonly delete: readonly Pod[];
}

export function planReplicas({ replicaSet, pods, related, nowMs }: Observed): Change {
  if (replicaSet.metadata?.deletionTimestamp) return { create: 0, delete: [] };
  const active = pods.filter(isActive);
  const missing = (replicaSet.spec?.replicas ?? 1) - active.length;
  if (missing >= 0) return { create: Math.min(missing, burstMax), delete: [] };
  const count = Math.min(-missing, burstMax);
  return { create: 0, delete: sortVictims(active, related, nowMs).slice(0, count) };
}

export interface StatusPlan {
  /** Undefined when the object says so already. */
  readonly status: ReplicaSetStatus | undefined;
  /** When a pod becomes available by the passing of time alone. */
  readonly recheckMs: number | undefined;
}

/** `failure` is what went wrong when pods were made or ended; undefined clears the condition. */
export function planStatus(
  { replicaSet, pods, nowMs }: Observed,
  failure: { readonly reason: string; readonly message: string } | undefined,
): StatusPlan {
  const { spec, metadata } = replicaSet;
  const active = pods.filter(isActive);
  const minReadySeconds = spec?.minReadySeconds ?? 0;
  const times = active.map((pod) => availableAtMs(pod, minReadySeconds));
  const waits = times.flatMap((atMs) => (atMs !== undefined && atMs > nowMs ? [atMs - nowMs] : []));
  const labels = spec?.template?.metadata?.labels;
  const conditions = planConditions(replicaSet.status?.conditions ?? [], failure, nowMs);
  const status: ReplicaSetStatus = {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => matchesLabels(labels, pod.metadata?.labels))
      .length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: times.filter((atMs) => atMs !== undefined && atMs <= nowMs).length,
    terminatingReplicas: pods.filter(isTerminating).length,
    observedGeneration: metadata?.generation ?? 0,
    ...(conditions.length > 0 && { conditions: [...conditions] }),
  };
  return {
    status: isSameStatus(status, replicaSet.status) ? undefined : status,
    recheckMs: waits.length > 0 ? Math.min(...waits) : undefined,
  };
}

function planConditions(
  known: readonly ReplicaSetCondition[],
  failure: { readonly reason: string; readonly message: string } | undefined,
  nowMs: number,
): readonly ReplicaSetCondition[] {
  const others = known.filter(({ type }) => type !== 'ReplicaFailure');
  if (!failure) return others;
  const before = known.find(({ type }) => type === 'ReplicaFailure');
  const lastTransitionTime = before?.lastTransitionTime ?? toTime(nowMs);
  return [...others, { type: 'ReplicaFailure', status: 'True', lastTransitionTime, ...failure }];
}

/** Zero and absent are the same on the wire. */
function isSameStatus(a: ReplicaSetStatus, b: ReplicaSetStatus | undefined): boolean {
  const counts = (status: ReplicaSetStatus | undefined) => [
    status?.replicas ?? 0,
    status?.fullyLabeledReplicas ?? 0,
    status?.readyReplicas ?? 0,
    status?.availableReplicas ?? 0,
    status?.terminatingReplicas ?? 0,
    status?.observedGeneration ?? 0,
    status?.conditions ?? [],
  ];
  return JSON.stringify(counts(a)) === JSON.stringify(counts(b));
}
