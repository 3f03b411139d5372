/** Which nodes a pod asks for: nodeSelector and required node affinity. Pure. */
import { matchesRequirements, type Requirement } from './labels.ts';
import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodSpec,
} from './types/core-v1.generated.ts';

export function matchesNodeSelection(spec: PodSpec | undefined, node: Node): boolean {
  const labels = node.metadata?.labels ?? {};
  const wanted = Object.entries(spec?.nodeSelector ?? {});
  const isSelected = wanted.every(
    ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
  );
  if (!isSelected) return false;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some((term) => matchesNodeTerm(term, node));
}

/** Terms are alternatives, the requirements of one hold together; an empty term matches nothing. */
export function matchesNodeTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  node: Node,
): boolean {
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
