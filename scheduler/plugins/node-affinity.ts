/** nodeSelector and node affinity, required and preferred. */
import { matchesNodeSelection, matchesNodeTerm } from '../../api/node-affinity.ts';
import type { FilterPlugin, ScorePlugin } from '../framework.ts';

export const nodeAffinityFilter: FilterPlugin = {
  name: 'NodeAffinity',
  filter: ({ pod }, { node }) =>
    matchesNodeSelection(pod.spec, node)
      ? []
      : ["node(s) didn't match Pod's node affinity/selector"],
};

export const nodeAffinityScore: ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  normalize: 'direct',
  score: ({ pod }, { node }) => {
    const affinity = pod.spec?.affinity?.nodeAffinity;
    const terms = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return terms
      .filter(({ preference }) => matchesNodeTerm(preference, node))
      .reduce((sum, { weight }) => sum + weight, 0);
  },
};
