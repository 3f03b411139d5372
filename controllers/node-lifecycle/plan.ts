/** Decides what a silent node is, which taints it carries, and when its pods go. Pure. */
import { tolerates } from '../../api/taints.ts';
import type { Node, NodeCondition, Pod, Taint } from '../../api/types/core-v1.generated.ts';
import { toTime } from '../../base/clock.ts';

const watched = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

const notReady = 'node.kubernetes.io/not-ready';
const unreachable = 'node.kubernetes.io/unreachable';

/** Condition → its taint, and the status that brings it. */
const pressureTaints = [
  ['MemoryPressure', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'node.kubernetes.io/disk-pressure'],
  ['PIDPressure', 'node.kubernetes.io/pid-pressure'],
  ['NetworkUnavailable', 'node.kubernetes.io/network-unavailable'],
] as const;

/** The conditions of a node that has been silent for too long; undefined if they say so already. */
export function planSilence({ status }: Node, nowMs: number): NodeCondition[] | undefined {
  const known = status?.conditions ?? [];
  const now = toTime(nowMs);
  const unknown = watched.map((type): NodeCondition => {
    const before = known.find((condition) => condition.type === type);
    if (before?.status === 'Unknown') return before;
    return {
      type,
      status: 'Unknown',
      reason: before ? 'NodeStatusUnknown' : 'NodeStatusNeverUpdated',
      message: before
        ? 'Kubelet stopped posting node status.'
        : 'Kubelet never posted node status.',
      lastHeartbeatTime: before?.lastHeartbeatTime ?? now,
      lastTransitionTime: now,
    };
  });
  if (unknown.every((condition) => known.includes(condition))) return undefined;
  return [...known.filter(({ type }) => !watched.includes(type)), ...unknown];
}

/** The taints that its conditions call for, those of others kept; undefined if it has them. */
export function planTaints(node: Node, nowMs: number): Taint[] | undefined {
  const known = node.spec?.taints ?? [];
  const wanted = wantedTaints(node);
  const ours = new Set([
    notReady,
    unreachable,
    unschedulable,
    ...pressureTaints.map(([, key]) => key),
  ]);
  const isOurs = ({ key, effect }: Taint) =>
    ours.has(key) && (effect === 'NoSchedule' || effect === 'NoExecute');
  const isThere = (taint: Taint) => known.some((each) => isSameTaint(each, taint));
  const isStale = (taint: Taint) =>
    isOurs(taint) && !wanted.some((each) => isSameTaint(each, taint));
  const missing = wanted.filter((taint) => !isThere(taint));
  if (missing.length === 0 && !known.some(isStale)) return undefined;
  const timed = missing.map((taint) => ({ ...taint, timeAdded: toTime(nowMs) }));
  return [...known.filter((taint) => !isStale(taint)), ...timed];
}

const unschedulable = 'node.kubernetes.io/unschedulable';

function wantedTaints({ spec, status }: Node): Taint[] {
  const statusOf = (type: string) =>
    status?.conditions?.find((condition) => condition.type === type)?.status;
  const ready = statusOf('Ready');
  const key = ready === 'True' ? undefined : ready === 'Unknown' ? unreachable : notReady;
  const taints: Taint[] = key
    ? [
        { key, effect: 'NoSchedule' },
        { key, effect: 'NoExecute' },
      ]
    : [];
  for (const [type, taint] of pressureTaints) {
    if (statusOf(type) === 'True') taints.push({ key: taint, effect: 'NoSchedule' });
  }
  if (spec?.unschedulable) taints.push({ key: unschedulable, effect: 'NoSchedule' });
  return taints;
}

const isSameTaint = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;

/**
 * When a pod has to leave its node, in milliseconds since the epoch; undefined: it may stay. The
 * time counts from when the taint was put there, whoever looks.
 */
export function evictionAtMs(pod: Pod, node: Node): number | undefined {
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  let atMs: number | undefined;
  for (const taint of taints) {
    const matching = (pod.spec?.tolerations ?? []).filter((each) => tolerates(each, taint));
    const addedMs = taint.timeAdded ? Date.parse(taint.timeAdded) : 0;
    const seconds = matching.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
    if (matching.length > 0 && seconds.length === 0) continue;
    // Several tolerations of one taint: the shortest counts.
    const untilMs =
      addedMs + Math.max(0, Math.min(...seconds, seconds.length ? Infinity : 0)) * 1000;
    atMs = Math.min(atMs ?? untilMs, untilMs);
  }
  return atMs;
}
