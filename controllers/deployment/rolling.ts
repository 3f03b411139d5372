/**
 * Decides the next sizes of a deployment's ReplicaSets. One side moves at a time: either the new
 * one grows, or the old ones shrink; the next look at the world decides what follows. Pure.
 */
import type { ReplicaSet } from '../../api/types/apps-v1.generated.ts';
import { availableOf, type Limits, replicasOf, sum } from './limits.ts';
import { byAge } from './template.ts';

export interface Sets {
  readonly fresh: ReplicaSet | undefined; // Of the present template.
  readonly old: readonly ReplicaSet[];
}

/** ReplicaSet → its new size; those that stay as they are do not appear. */
export type Sizes = ReadonlyMap<ReplicaSet, number>;

const nothing: Sizes = new Map();

/** How large the new ReplicaSet may be, `now` being its present size. */
export function freshSize(now: number, all: readonly ReplicaSet[], limits: Limits): number {
  const { replicas, maxSurge } = limits;
  const room = replicas + maxSurge - sum(all, replicasOf);
  return room <= 0 ? Math.min(now, replicas) : Math.min(replicas, now + room);
}

export function planRolling({ fresh, old }: Sets, limits: Limits): Sizes {
  if (!fresh) return nothing;
  const all = [fresh, ...old];
  const size = freshSize(replicasOf(fresh), all, limits);
  if (size !== replicasOf(fresh)) return new Map([[fresh, size]]);
  return planOld(fresh, old, limits);
}

/** First what is not working anyway goes, then what the new pods have made up for. */
function planOld(fresh: ReplicaSet, old: readonly ReplicaSet[], limits: Limits): Sizes {
  const all = [fresh, ...old];
  const floor = limits.replicas - limits.maxUnavailable;
  // New pods that do not work yet must not cost old ones that do.
  const unproven = Math.max(0, replicasOf(fresh) - availableOf(fresh));
  const spare = sum(all, replicasOf) - floor - unproven;
  if (spare <= 0) return nothing;
  const sizes = new Map<ReplicaSet, number>();
  const sizeOf = (set: ReplicaSet) => sizes.get(set) ?? replicasOf(set);
  let removed = 0;
  for (const set of [...old].sort(byAge)) {
    const broken = Math.max(0, sizeOf(set) - availableOf(set));
    const count = Math.min(spare - removed, broken);
    if (count > 0) sizes.set(set, sizeOf(set) - count);
    removed += count;
  }
  let healthy = Math.min(sum(all, availableOf) - floor, spare - removed);
  for (const set of [...old].sort(byAge)) {
    const count = Math.min(healthy, sizeOf(set));
    if (count <= 0) continue;
    sizes.set(set, sizeOf(set) - count);
    healthy -= count;
  }
  return sizes;
}

/** Old ones end first; new pods come only when `oldPods`, pods of old ReplicaSets, are all gone. */
export function planRecreate({ fresh, old }: Sets, limits: Limits, oldPods: number): Sizes {
  const living = old.filter((set) => replicasOf(set) > 0);
  if (living.length > 0) return new Map(living.map((set) => [set, 0]));
  if (!fresh || oldPods > 0 || replicasOf(fresh) === limits.replicas) return nothing;
  return new Map([[fresh, limits.replicas]]);
}

export const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxAnnotation = 'deployment.kubernetes.io/max-replicas';

/** Whether the deployment's size was changed since its ReplicaSets were last sized. */
export function isScaling({ fresh, old }: Sets, { replicas }: Limits): boolean {
  const active = [...(fresh ? [fresh] : []), ...old].filter((set) => replicasOf(set) > 0);
  return active.some((set) => {
    const desired = numberIn(set, desiredAnnotation);
    return desired !== undefined && desired !== replicas;
  });
}

/** A change of size in the middle of a rollout (or while paused) is shared out in proportion. */
export function planScale({ fresh, old }: Sets, limits: Limits): Sizes {
  const all = [...(fresh ? [fresh] : []), ...old];
  const active = all.filter((set) => replicasOf(set) > 0);
  const only = active.length <= 1 ? (active[0] ?? fresh ?? [...old].sort(byAge).at(-1)) : undefined;
  if (only) {
    return replicasOf(only) === limits.replicas ? nothing : new Map([[only, limits.replicas]]);
  }
  if (active.length === 0) return nothing;
  if (fresh && isSaturated(fresh, limits)) {
    const living = old.filter((set) => replicasOf(set) > 0);
    return new Map(living.map((set) => [set, 0]));
  }
  return shareOut(active, limits);
}

function shareOut(active: readonly ReplicaSet[], { replicas, maxSurge }: Limits): Sizes {
  const allowed = replicas > 0 ? replicas + maxSurge : 0;
  const change = allowed - sum(active, replicasOf);
  if (change === 0) return nothing;
  // The largest first; of equals the newest gains first and the oldest loses first.
  const order = [...active].sort(
    (a, b) => replicasOf(b) - replicasOf(a) || (change > 0 ? byAge(b, a) : byAge(a, b)),
  );
  const sizes = new Map<ReplicaSet, number>();
  let left = change;
  for (const set of order) {
    const share = clampToward(left, shareOf(set, allowed));
    sizes.set(set, replicasOf(set) + share);
    left -= share;
  }
  const [first] = order;
  if (first) sizes.set(first, Math.max(0, sizes.get(first)! + left)); // What rounding left over.
  return new Map([...sizes].filter(([set, size]) => size !== replicasOf(set)));
}

/** As much more or less as the whole grew or shrank, in proportion. */
function shareOf(set: ReplicaSet, allowed: number): number {
  if (allowed === 0) return -replicasOf(set);
  const before = numberIn(set, maxAnnotation) || allowed;
  return Math.round((replicasOf(set) * allowed) / before) - replicasOf(set);
}

/** Never more than what is left, and never in the other direction. */
const clampToward = (left: number, share: number): number =>
  left > 0 ? Math.max(0, Math.min(left, share)) : Math.min(0, Math.max(left, share));

function isSaturated(fresh: ReplicaSet, { replicas }: Limits): boolean {
  const desired = numberIn(fresh, desiredAnnotation);
  return replicasOf(fresh) === replicas && availableOf(fresh) === replicas && desired === replicas;
}

function numberIn({ metadata }: ReplicaSet, annotation: string): number | undefined {
  const text = metadata?.annotations?.[annotation];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
