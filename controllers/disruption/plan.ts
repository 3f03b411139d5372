/** How many pods of a disruption budget may be taken away now (policy/v1). Pure. */
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { Condition } from '../../api/types/meta-v1.generated.ts';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.generated.ts';
import { isActive, isReady } from '../pods.ts';

export interface Observed {
  readonly budget: PodDisruptionBudget;
  /** Those that its selector matches. */
  readonly pods: readonly Pod[];
  /** How many pods the owners of these want in all; undefined when an owner has no scale. */
  readonly wantedReplicas: number | undefined;
  readonly nowMs: number;
}

export interface Plan {
  /** Undefined: as it is. */
  readonly status: PodDisruptionBudget['status'] | undefined;
  /** When an eviction that never came to an end is forgotten. */
  readonly recheckMs: number | undefined;
}

/** After so long a pod that was to be evicted and is still there counts again. */
const deletionMsMax = 2 * 60_000;

export function planBudget({ budget, pods, wantedReplicas, nowMs }: Observed): Plan {
  const { metadata, spec, status: old = {} } = budget;
  const disrupted = stillDisrupted(old.disruptedPods ?? {}, pods, nowMs);
  const active = pods.filter(isActive);
  const counts = countsOf(budget, active.length, wantedReplicas);
  if (!counts) return { status: failed(budget, nowMs), recheckMs: undefined };
  const healthy = active.filter((pod) => isReady(pod) && !disrupted.has(pod.metadata?.name ?? ''));
  const { expected, desired } = counts;
  const allowed = expected > 0 ? Math.max(0, healthy.length - desired) : 0;
  const status = {
    conditions: [conditionOf(old.conditions, allowed, { generation: metadata?.generation, nowMs })],
    currentHealthy: healthy.length,
    desiredHealthy: desired,
    disruptionsAllowed: allowed,
    expectedPods: expected,
    observedGeneration: metadata?.generation ?? 0,
    ...(disrupted.size > 0 && { disruptedPods: Object.fromEntries(disrupted) }),
  };
  const ends = [...disrupted.values()].map((time) => Date.parse(time) + deletionMsMax - nowMs);
  return {
    status: isSame(old, status) || !spec ? undefined : status,
    recheckMs: ends.length > 0 ? Math.max(1, Math.min(...ends)) : undefined,
  };
}

/** Percentages are of what the owners want; a plain minimum needs no owner. */
function countsOf(
  { spec }: PodDisruptionBudget,
  found: number,
  wantedReplicas: number | undefined,
): { expected: number; desired: number } | undefined {
  const { minAvailable, maxUnavailable } = spec ?? {};
  if (maxUnavailable !== undefined) {
    if (wantedReplicas === undefined) return undefined;
    const most = portion(maxUnavailable, wantedReplicas);
    return { expected: wantedReplicas, desired: Math.max(0, wantedReplicas - most) };
  }
  if (typeof minAvailable === 'number') return { expected: found, desired: minAvailable };
  if (minAvailable === undefined) return { expected: found, desired: 1 };
  if (wantedReplicas === undefined) return undefined;
  return { expected: wantedReplicas, desired: portion(minAvailable, wantedReplicas) };
}

/** Rounded up: both kinds of percentage, as upstream. */
const portion = (value: number | string, of: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number(value.replace(/%$/, '')) * of) / 100);

/** Evictions that were granted and whose pod is still here, by its name. */
function stillDisrupted(
  disrupted: Readonly<Record<string, string>>,
  pods: readonly Pod[],
  nowMs: number,
): Map<string, string> {
  const present = new Set(
    pods.filter((pod) => !pod.metadata?.deletionTimestamp).map(({ metadata }) => metadata?.name),
  );
  return new Map(
    Object.entries(disrupted).filter(
      ([name, time]) => present.has(name) && Date.parse(time) + deletionMsMax > nowMs,
    ),
  );
}

interface At {
  readonly generation: number | undefined;
  readonly nowMs: number;
}

function conditionOf(old: readonly Condition[] = [], allowed: number, at: At): Condition {
  const reason = allowed > 0 ? 'SufficientPods' : 'InsufficientPods';
  return condition(old, { status: allowed > 0 ? 'True' : 'False', reason, message: '' }, at);
}

function condition(
  old: readonly Condition[],
  wanted: Pick<Condition, 'status' | 'reason' | 'message'>,
  { generation, nowMs }: At,
): Condition {
  const before = old.find(({ type }) => type === 'DisruptionAllowed');
  const isOld = before?.status === wanted.status;
  return {
    type: 'DisruptionAllowed',
    ...wanted,
    observedGeneration: generation ?? 0,
    lastTransitionTime: isOld
      ? before.lastTransitionTime
      : new Date(nowMs).toISOString().replace(/\.\d+/, ''),
  };
}

/** Nothing may be taken away while nobody knows how many there should be. */
function failed({ metadata, status = {} }: PodDisruptionBudget, nowMs: number) {
  const message = 'the number of pods that their controllers want is not known';
  const wanted = { status: 'False', reason: 'SyncFailed', message };
  const next = {
    ...status,
    disruptionsAllowed: 0,
    currentHealthy: status.currentHealthy ?? 0,
    desiredHealthy: status.desiredHealthy ?? 0,
    expectedPods: status.expectedPods ?? 0,
    conditions: [
      condition(status.conditions ?? [], wanted, { generation: metadata?.generation, nowMs }),
    ],
  };
  return isSame(status, next) ? undefined : next;
}

const isSame = (one: object, other: object): boolean => sorted(one) === sorted(other);

const sorted = (value: object): string =>
  JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
