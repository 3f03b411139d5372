/** How many replicas a metric asks for. Pure. */
import type { Pod } from '../../api/types/core-v1.generated.ts';

/** Of one pod: thousandths of the metric's unit, when it was measured and over how long. */
export interface Sample {
  readonly milli: number;
  readonly atMs: number;
  readonly windowMs: number;
}

export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

export interface PodMetric {
  readonly pods: readonly Pod[];
  /** By the pod's name. */
  readonly samples: ReadonlyMap<string, Sample>;
  /** What a pod should use, in thousandths; with `percent`, what it requests. */
  readonly targetOf: (pod: string) => number;
  /** The share of its request that a pod should use. */
  readonly percent?: number;
  readonly isCpu: boolean;
  readonly currentReplicas: number;
  readonly tolerance: Tolerance;
  readonly nowMs: number;
  /** What pods without a sample are taken to use when there seem to be too many. */
  readonly assumedOf: (pod: string) => number;
}

const initialMs = 300_000; // Programs that start use more than they will.
const firstReadyMs = 30_000;

export const isWithin = (ratio: number, { up, down }: Tolerance): boolean =>
  ratio >= 1 - down - tiny && ratio <= 1 + up + tiny;

const tiny = 1e-9; // 1.1 - 0.1 is not 1.

/**
 * Pods that start or say nothing are counted so that they damp: as idle when more seem needed, as
 * busy when fewer do; and never do they turn the direction round.
 * @throws Error when no pod is measured
 */
export function replicasByPods(metric: PodMetric): number {
  const { pods, samples, currentReplicas, tolerance } = metric;
  const groups = groupPods(metric);
  const used = new Map<string, number>();
  for (const name of groups.ready) used.set(name, samples.get(name)!.milli);
  if (used.size === 0) {
    const why = pods.length > 0 ? ' (pods might be unready)' : '';
    throw new Error(`did not receive metrics for targeted pods${why}`);
  }
  const ratio = ratioOf(used, metric);
  const damps = groups.unready.length > 0 && ratio > 1;
  if (!damps && groups.missing.length === 0) {
    return isWithin(ratio, tolerance) ? currentReplicas : ceil(ratio * used.size);
  }
  for (const name of groups.missing) used.set(name, ratio < 1 ? metric.assumedOf(name) : 0);
  if (damps) for (const name of groups.unready) used.set(name, 0);
  const damped = ratioOf(used, metric);
  const isTurned = (ratio < 1 && damped > 1) || (ratio > 1 && damped < 1);
  if (isWithin(damped, tolerance) || isTurned) return currentReplicas;
  const replicas = ceil(damped * used.size);
  const goesWrong = damped < 1 ? replicas > currentReplicas : replicas < currentReplicas;
  return goesWrong ? currentReplicas : replicas;
}

/** In whole percent, or whole thousandths for each pod, as upstream reckons. */
function ratioOf(used: ReadonlyMap<string, number>, metric: PodMetric): number {
  const { targetOf, percent } = metric;
  let total = 0;
  let target = 0;
  for (const [name, milli] of used) {
    total += milli;
    target += targetOf(name);
  }
  if (target === 0) return 1;
  if (percent !== undefined) return Math.trunc((total * 100) / target) / percent;
  return Math.trunc(total / used.size) / (target / used.size);
}

/** Without what floating point adds: 1.1 * 10 is 11. */
export const ceil = (value: number): number => Math.ceil(value - tiny * Math.max(1, value));

interface Groups {
  readonly ready: readonly string[];
  readonly unready: readonly string[];
  readonly missing: readonly string[];
}

function groupPods(metric: PodMetric): Groups {
  const groups = { ready: [] as string[], unready: [] as string[], missing: [] as string[] };
  for (const pod of metric.pods) {
    const { name = '', deletionTimestamp } = pod.metadata ?? {};
    if (deletionTimestamp || pod.status?.phase === 'Failed') continue;
    const sample = metric.samples.get(name);
    if (pod.status?.phase === 'Pending') groups.unready.push(name);
    else if (!sample) groups.missing.push(name);
    else if (metric.isCpu && isStarting(pod, sample, metric.nowMs)) groups.unready.push(name);
    else groups.ready.push(name);
  }
  return groups;
}

function isStarting({ status }: Pod, sample: Sample, nowMs: number): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const startMs = Date.parse(status?.startTime ?? '');
  if (!ready || Number.isNaN(startMs)) return true;
  const sinceMs = Date.parse(ready.lastTransitionTime ?? '') || 0;
  const isUnready = ready.status === 'False';
  // Measured, at least in part, before it was ready.
  if (startMs + initialMs > nowMs) return isUnready || sample.atMs < sinceMs + sample.windowMs;
  return isUnready && startMs + firstReadyMs > sinceMs;
}

export interface WholeMetric {
  readonly milli: number;
  readonly targetMilli: number;
  readonly currentReplicas: number;
  readonly readyPods: number;
  readonly tolerance: Tolerance;
}

/** The value is to be at the target, whoever makes it. */
export function replicasByValue(metric: WholeMetric): number {
  const ratio = metric.milli / metric.targetMilli;
  if (metric.currentReplicas === 0) return ceil(ratio);
  if (isWithin(ratio, metric.tolerance)) return metric.currentReplicas;
  return ceil(ratio * metric.readyPods);
}

/** Each replica is to have so much of the value. */
export function replicasByShare(metric: Omit<WholeMetric, 'readyPods'>): number {
  const { milli, targetMilli, currentReplicas, tolerance } = metric;
  const ratio = milli / (targetMilli * currentReplicas);
  return isWithin(ratio, tolerance) ? currentReplicas : ceil(milli / targetMilli);
}
