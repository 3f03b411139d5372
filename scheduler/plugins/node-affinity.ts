/** nodeSelector and node affinity, required and preferred. */
import { matchesRequirements, type Requirement } from '../../api/labels.ts';
import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
} from '../../api/types/core-v1.generated.ts';
import type { FilterPlugin, ScorePlugin } from '../framework.ts';

export const nodeAffinityFilter: FilterPlugin = {
  name: 'NodeAffinity',
  filter: ({ pod }, { node }) =>
    matchesNodeSelection(pod, node) ? [] : ["node(s) didn't match Pod's node affinity/selector"],
};

export const nodeAffinityScore: ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  normalize: 'direct',
  score: ({ pod }, { node }) => {
    const affinity = pod.spec?.affinity?.nodeAffinity;
    const terms = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return terms
      .filter(({ preference }) => matchesTerm(preference, node))
      .reduce((sum, { weight }) => sum + weight, 0);
  },
};

function matchesNodeSelection({ spec }: Pod, node: Node): boolean {
  const labels = node.metadata?.labels ?? {};
  const wanted = Object.entries(spec?.nodeSelector ?? {});
  const isSelected = wanted.every(
    ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
  );
  if (!isSelected) return false;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** Terms are alternatives, the requirements of one hold together; an empty term matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node) {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { 'metadata.name': node.metadata?.name ?? '' };
  return (
    matchesRequirements(matchExpressions.map(toRequirement), node.metadata?.labels) &&
    matchesRequirements(matchFields.map(toRequirement), fields)
  );
}

const toRequirement = ({ key, operator, values }: NodeSelectorRequirement): Requirement => ({
  key,
  operator: operator as Requirement['operator'],
  values: values ?? [],
});
