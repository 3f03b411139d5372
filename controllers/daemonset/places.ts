/** The nodes as a DaemonSet sees them, each with its pods. Pure. */
import type { DaemonSet } from '../../api/types/apps-v1.generated.ts';
import type { Node, Pod } from '../../api/types/core-v1.generated.ts';
import { availableAtMs } from '../pods.ts';
import { revisionLabel } from '../revisions/plan.ts';
import { type Fit, fitOf, nodeOf } from './node-fit.ts';

export interface Observed {
  readonly set: DaemonSet;
  /** Its own pods. */
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  /** What pods of the present template carry. */
  readonly hash: string;
  readonly nowMs: number;
}

/** A node with all pods of the set on it, oldest first. */
export interface Place {
  readonly node: string;
  readonly fit: Fit;
  readonly pods: readonly Pod[];
}

/** Pods of nodes that are no more are lost. */
export function arrange({ set, pods, nodes }: Observed): { places: Place[]; lost: Pod[] } {
  const byNode = new Map(nodes.map(({ metadata }) => [metadata?.name ?? '', [] as Pod[]]));
  const lost: Pod[] = [];
  for (const pod of [...pods].sort(byAge)) {
    const places = byNode.get(nodeOf(pod) ?? '');
    if (places) places.push(pod);
    else if (isAlive(pod)) lost.push(pod);
  }
  const places = nodes.map((node) => {
    const name = node.metadata?.name ?? '';
    return { node: name, fit: fitOf(set, node), pods: byNode.get(name) ?? [] };
  });
  return { places, lost };
}

export const isAlive = ({ metadata }: Pod): boolean => !metadata?.deletionTimestamp;

export const isFresh = ({ metadata }: Pod, hash: string): boolean =>
  metadata?.labels?.[revisionLabel] === hash;

export function isAvailable({ set, nowMs }: Observed, pod: Pod): boolean {
  const atMs = availableAtMs(pod, set.spec?.minReadySeconds ?? 0);
  return atMs !== undefined && atMs <= nowMs;
}

/** Those that have a node first; uids give equals an order of their own. */
function byAge(a: Pod, b: Pod): number {
  const [left, right] = [a, b].map(
    ({ metadata, spec }) =>
      `${spec?.nodeName ? 0 : 1} ${metadata?.creationTimestamp ?? ''} ${metadata?.uid ?? ''}`,
  );
  return left! < right! ? -1 : 1;
}
