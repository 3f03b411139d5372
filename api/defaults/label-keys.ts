/**
 * matchLabelKeys: labels whose values the pod itself gives. A new pod's are written into its
 * selectors, so that the scheduler need not know of them. Changes its argument.
 */
import type { Pod, PodAffinity, PodAffinityTerm } from '../types/core-v1.generated.ts';
import type { LabelSelector } from '../types/meta-v1.generated.ts';

type Labels = Readonly<Record<string, string>>;

export function mergeLabelKeys({ metadata, spec }: Pod): void {
  const labels = metadata?.labels ?? {};
  for (const { matchLabelKeys, labelSelector } of spec?.topologySpreadConstraints ?? []) {
    addKeys(labelSelector, { keys: matchLabelKeys, labels, operator: 'In' });
  }
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  for (const term of [...termsOf(podAffinity), ...termsOf(podAntiAffinity)]) {
    const { labelSelector, matchLabelKeys, mismatchLabelKeys } = term;
    addKeys(labelSelector, { keys: matchLabelKeys, labels, operator: 'In' });
    addKeys(labelSelector, { keys: mismatchLabelKeys, labels, operator: 'NotIn' });
  }
}

/** What is missing is reported later. */
const termsOf = (affinity: PodAffinity | undefined): PodAffinityTerm[] => [
  ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
  ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(
    ({ podAffinityTerm }) => podAffinityTerm ?? [],
  ),
];

interface Keys {
  readonly keys: readonly string[] | undefined;
  readonly labels: Labels;
  readonly operator: 'In' | 'NotIn';
}

function addKeys(selector: LabelSelector | undefined, { keys = [], labels, operator }: Keys): void {
  if (!selector) return;
  const added = keys
    .filter((key) => Object.hasOwn(labels, key))
    .map((key) => ({ key, operator, values: [labels[key]!] }));
  if (added.length === 0) return;
  selector.matchExpressions = [...(selector.matchExpressions ?? []), ...added];
}
