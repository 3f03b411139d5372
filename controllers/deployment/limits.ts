/** How many pods a deployment may have, and how many must be available, while it changes. Pure. */
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.generated.ts';

export interface Limits {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Percentages: surge is rounded up, unavailable down; both zero would never get anywhere. */
export function limitsOf({ spec }: Deployment): Limits {
  const replicas = spec?.replicas ?? 1;
  if (spec?.strategy?.type === 'Recreate') {
    return { replicas, maxSurge: 0, maxUnavailable: replicas };
  }
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec?.strategy?.rollingUpdate ?? {};
  const surge = resolve(maxSurge, replicas, Math.ceil);
  const unavailable = resolve(maxUnavailable, replicas, Math.floor);
  const least = surge === 0 && unavailable === 0 ? 1 : unavailable;
  return { replicas, maxSurge: surge, maxUnavailable: Math.min(least, replicas) };
}

function resolve(value: number | string, of: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = Number(value.replace(/%$/, ''));
  return Number.isFinite(percent) ? round((percent * of) / 100) : 0;
}

export const replicasOf = ({ spec }: ReplicaSet): number => spec?.replicas ?? 1;

/** Pods above its size are about to go, whatever its status still says. */
export const availableOf = (set: ReplicaSet): number =>
  Math.min(set.status?.availableReplicas ?? 0, replicasOf(set));

export const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
