/**
 * Decides where a pod goes: filter the nodes, score the rest, pick the best.
 *
 * Pure: of nodes that are equally good, the first by name is picked, so that the same cluster
 * always gives the same answer.
 */
import type { NodeInfo, PodInfo, Profile, ScorePlugin } from './framework.ts';

export type Placement =
  | { readonly kind: 'fits'; readonly node: string }
  | { readonly kind: 'fails'; readonly message: string };

export function planPlacement(
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  profile: Profile,
): Placement {
  if (nodes.length === 0) {
    return { kind: 'fails', message: 'no nodes available to schedule pods' };
  }
  const counts = new Map<string, number>();
  const feasible = nodes.filter((node) => {
    const reasons = whyNot(pod, node, profile);
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    return reasons.length === 0;
  });
  if (feasible.length === 0) return { kind: 'fails', message: explain(nodes.length, counts) };
  return { kind: 'fits', node: pick(pod, feasible, profile.scores) };
}

/** The first plugin that objects speaks for the node. */
function whyNot(pod: PodInfo, node: NodeInfo, { filters }: Profile): readonly string[] {
  for (const { filter } of filters) {
    const reasons = filter(pod, node);
    if (reasons.length > 0) return reasons;
  }
  return [];
}

/** `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.` */
function explain(nodeCount: number, counts: ReadonlyMap<string, number>): string {
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available: ${reasons.join(', ')}.`;
}

function pick(pod: PodInfo, nodes: readonly NodeInfo[], plugins: readonly ScorePlugin[]): string {
  const totals = new Float64Array(nodes.length);
  if (nodes.length > 1) {
    for (const plugin of plugins) {
      const scores = nodes.map((node) => plugin.score(pod, node));
      normalize(scores, plugin).forEach((score, i) => {
        totals[i]! += score * plugin.weight;
      });
    }
  }
  let best = 0;
  for (let i = 1; i < nodes.length; i++) {
    const isTie = totals[i] === totals[best] && nameOf(nodes[i]!) < nameOf(nodes[best]!);
    if (totals[i]! > totals[best]! || isTie) best = i;
  }
  return nameOf(nodes[best]!);
}

function normalize(scores: readonly number[], plugin: ScorePlugin): readonly number[] {
  if (!plugin.normalize) return scores;
  const most = scores.reduce((max, score) => Math.max(max, score), 0);
  if (plugin.normalize === 'direct') {
    return most === 0 ? scores : scores.map((score) => Math.floor((100 * score) / most));
  }
  return scores.map((score) => (most === 0 ? 100 : 100 - Math.floor((100 * score) / most)));
}

const nameOf = ({ node }: NodeInfo): string => node.metadata?.name ?? '';
