/** Which pods go first when there are too many: the one whose loss hurts least. Pure. */
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { isReady, readySinceMs } from '../pods.ts';

const costAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const phases = ['Pending', 'Unknown', 'Running'];

/** First to go first. The order is Kubernetes': each rule decides only what those before leave. */
export function sortVictims(
  pods: readonly Pod[],
  related: readonly Pod[],
  nowMs: number,
): readonly Pod[] {
  const crowd = new Map<string, number>();
  for (const { spec } of related) {
    const node = spec?.nodeName ?? '';
    crowd.set(node, (crowd.get(node) ?? 0) + 1);
  }
  const ranked = pods.map((pod) => ({ pod, rank: rankOf(pod, crowd, nowMs) }));
  return ranked.sort((a, b) => compareRanks(a.rank, b.rank)).map(({ pod }) => pod);
}

type Rank = readonly (number | string)[];

/** Smaller goes first. */
function rankOf(pod: Pod, crowd: ReadonlyMap<string, number>, nowMs: number): Rank {
  const { spec, status, metadata } = pod;
  const nodeName = spec?.nodeName ?? '';
  const createdMs = Date.parse(metadata?.creationTimestamp ?? '') || nowMs;
  const restarts = (status?.containerStatuses ?? []).map(({ restartCount }) => restartCount);
  return [
    nodeName === '' ? 0 : 1,
    Math.max(0, phases.indexOf(status?.phase ?? 'Pending')),
    isReady(pod) ? 1 : 0,
    costOf(pod),
    -(crowd.get(nodeName) ?? 0),
    ageBucket(readySinceMs(pod), nowMs),
    -Math.max(0, ...restarts),
    ageBucket(createdMs, nowMs),
    metadata?.uid ?? '',
  ];
}

/**
 * Powers of two: among pods of about one age, which goes is left to chance (their uid), so that
 * scaling down does not always hit the newest node.
 */
const ageBucket = (sinceMs: number | undefined, nowMs: number): number =>
  sinceMs === undefined ? 0 : Math.floor(Math.log2(Math.max(1, (nowMs - sinceMs) / 1000)));

function costOf({ metadata }: Pod): number {
  const text = metadata?.annotations?.[costAnnotation] ?? '0';
  return /^-?\d{1,10}$/.test(text) ? Number(text) : 0;
}

function compareRanks(a: Rank, b: Rank): number {
  for (const [i, left] of a.entries()) {
    const right = b[i]!;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
