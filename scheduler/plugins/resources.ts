/** Room on the node: whether there is enough, where there is most, where it stays balanced. */
import type { FilterPlugin, NodeInfo, PodInfo, ScorePlugin } from '../framework.ts';

export const resourcesFitFilter: FilterPlugin = {
  name: 'NodeResourcesFit',
  filter: ({ requests }, node) => {
    const reasons: string[] = [];
    const podsMax = node.allocatable.get('pods') ?? 0;
    if (node.podCount + 1 > podsMax) reasons.push('Too many pods');
    for (const [name, amount] of requests) {
      if (amount === 0) continue;
      const free = (node.allocatable.get(name) ?? 0) - (node.requested.get(name) ?? 0);
      if (amount > free) reasons.push(`Insufficient ${name}`);
    }
    return reasons;
  },
};

export const leastAllocatedScore: ScorePlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  score: (pod, node) => {
    const fractions = usedFractions(pod, node);
    if (fractions.length === 0) return 0;
    const free = fractions.reduce((sum, used) => sum + Math.max(0, 1 - used), 0);
    return Math.floor((100 * free) / fractions.length);
  },
};

/** 100 when cpu and memory are used in the same proportion. */
export const balancedAllocationScore: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  score: (pod, node) => {
    // A pod that asks for nothing would always fall on the same best balanced node.
    if (!pod.requests.get('cpu') && !pod.requests.get('memory')) return 0;
    const fractions = usedFractions(pod, node).map((used) => Math.min(used, 1));
    if (fractions.length === 0) return 0;
    const mean = fractions.reduce((sum, used) => sum + used, 0) / fractions.length;
    const variance =
      fractions.reduce((sum, used) => sum + (used - mean) ** 2, 0) / fractions.length;
    return Math.floor((1 - Math.sqrt(variance)) * 100);
  },
};

/** Of cpu and memory, with the pod on the node. */
function usedFractions(pod: PodInfo, node: NodeInfo): number[] {
  return ['cpu', 'memory'].flatMap((name) => {
    const allocatable = node.allocatable.get(name) ?? 0;
    if (allocatable === 0) return [];
    const used = (node.scoring.get(name) ?? 0) + (pod.scoring.get(name) ?? 0);
    return [used / allocatable];
  });
}
