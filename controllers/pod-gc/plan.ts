/** Pods that nobody else will ever end. Pure. */
import type { Node, Pod } from '../../api/types/core-v1.generated.ts';

export interface Observed {
  readonly pods: readonly Pod[];
  readonly nodes: ReadonlyMap<string, Node>;
  /** Since when (milliseconds) a node that pods name has not been there. */
  readonly missingSince: ReadonlyMap<string, number>;
  readonly nowMs: number;
  /** Pods that are over and kept; beyond that the oldest go. */
  readonly endedMax: number;
}

export interface Removal {
  readonly pod: Pod;
  /** Said in the pod's status before it goes; absent: it goes as it is. */
  readonly message?: string;
  /** Asked of the server first: caches of nodes lag. */
  readonly node?: string;
}

export interface Plan {
  readonly removals: readonly Removal[];
  /** Nodes that pods name and that are not there. */
  readonly missing: readonly string[];
  readonly recheckMs: number | undefined;
}

/** A node that comes back at once was only made anew. */
const quarantineMs = 40_000;

export function planPodGc(observed: Observed): Plan {
  const { pods, nodes, missingSince, nowMs } = observed;
  const removals: Removal[] = planEnded(observed);
  const missing = new Set<string>();
  for (const pod of pods) {
    const { nodeName = '' } = pod.spec ?? {};
    const node = nodes.get(nodeName);
    const isEnding = pod.metadata?.deletionTimestamp !== undefined;
    if (nodeName === '') {
      if (isEnding) removals.push({ pod });
    } else if (!node) {
      missing.add(nodeName);
      const sinceMs = missingSince.get(nodeName) ?? nowMs;
      if (nowMs - sinceMs < quarantineMs) continue;
      removals.push({ pod, message: 'PodGC: node no longer exists', node: nodeName });
    } else if (isEnding && isOutOfService(node)) {
      removals.push({ pod, message: 'PodGC: node is out of service' });
    }
  }
  const waits = [...missing].map(
    (name) => quarantineMs - nowMs + (missingSince.get(name) ?? nowMs),
  );
  const ahead = waits.filter((ms) => ms > 0);
  const recheckMs = ahead.length > 0 ? Math.min(...ahead) : undefined;
  return { removals, missing: [...missing], recheckMs };
}

function planEnded({ pods, endedMax }: Observed): Removal[] {
  const ended = pods.filter(({ status }) => ['Succeeded', 'Failed'].includes(status?.phase ?? ''));
  if (endedMax <= 0 || ended.length <= endedMax) return [];
  const age = ({ metadata }: Pod) => `${metadata?.creationTimestamp} ${metadata?.name}`;
  ended.sort((a, b) => (age(a) < age(b) ? -1 : 1));
  return ended.slice(0, ended.length - endedMax).map((pod) => ({ pod }));
}

/** Somebody has said that the machine is off for good, and nothing says the contrary. */
function isOutOfService({ spec, status }: Node): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const isTainted = spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/out-of-service');
  return ready?.status !== 'True' && (isTainted ?? false);
}
