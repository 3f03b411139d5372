/** Which nodes, and beside which pods. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName } from '../names.ts';
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from '../types/core-v1.generated.ts';
import { forbiddenValue, invalidValue, problemsOf, requiredValue } from './cause.ts';
import { checkSelector } from './selector.ts';

const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
const required = 'requiredDuringSchedulingIgnoredDuringExecution';

export function checkAffinity(affinity: Affinity, path: string): StatusCause[] {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  return [
    ...(nodeAffinity ? checkNodeAffinity(nodeAffinity, `${path}.nodeAffinity`) : []),
    ...(podAffinity ? checkPodAffinity(podAffinity, `${path}.podAffinity`) : []),
    ...(podAntiAffinity ? checkPodAffinity(podAntiAffinity, `${path}.podAntiAffinity`) : []),
  ];
}

function checkNodeAffinity(affinity: NodeAffinity, path: string): StatusCause[] {
  const selector = affinity[required];
  const causes = selector ? checkNodeSelector(selector, `${path}.${required}`) : [];
  for (const [index, { weight, preference }] of (affinity[preferred] ?? []).entries()) {
    const at = `${path}.${preferred}[${index}]`;
    causes.push(...checkWeight(weight, `${at}.weight`));
    if (!preference) continue;
    causes.push(...checkTerm(preference, `${at}.preference`, { isPreferred: true }));
  }
  return causes;
}

function checkWeight(weight: number | undefined, field: string): StatusCause[] {
  if (weight === undefined || (weight > 0 && weight <= 100)) return [];
  return [invalidValue(field, weight, 'must be in the range 1-100')];
}

export function checkNodeSelector(selector: NodeSelector, path: string): StatusCause[] {
  const terms = selector.nodeSelectorTerms ?? [];
  const at = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) return [requiredValue(at, 'must have at least one node selector term')];
  return terms.flatMap((term, index) => checkTerm(term, `${at}[${index}]`, { isPreferred: false }));
}

interface Rules {
  /** What is only preferred may be nonsense: it then matches nothing. */
  readonly isPreferred: boolean;
}

function checkTerm(term: NodeSelectorTerm, path: string, rules: Rules): StatusCause[] {
  const { matchExpressions = [], matchFields = [] } = term;
  return [
    ...matchExpressions.flatMap((each, index) =>
      checkExpression(each, `${path}.matchExpressions[${index}]`, rules),
    ),
    ...matchFields.flatMap((each, index) => checkField(each, `${path}.matchFields[${index}]`)),
  ];
}

function checkExpression(
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: string,
  { isPreferred }: Rules,
): StatusCause[] {
  const at = `${path}.values`;
  const causes: StatusCause[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    const detail = "must be specified when `operator` is 'In' or 'NotIn'";
    if (values.length === 0) causes.push(requiredValue(at, detail));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    if (values.length > 0) causes.push(forbiddenValue(at, detail));
  } else if (operator === 'Gt' || operator === 'Lt') {
    const detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
    if (values.length !== 1) causes.push(requiredValue(at, detail));
  } else causes.push(invalidValue(`${path}.operator`, operator, 'not a valid selector operator'));
  causes.push(...problemsOf(`${path}.key`, key ?? '', isQualifiedName(key ?? '')));
  if (isPreferred) return causes;
  const ofValues = values.flatMap((value, index) =>
    problemsOf(`${at}[${index}]`, value, isLabelValue(value)),
  );
  return [...causes, ...ofValues];
}

/** The one field that nodes are selected by is their name. */
function checkField({ key, operator, values = [] }: NodeSelectorRequirement, path: string) {
  const causes: StatusCause[] = [];
  if (operator !== 'In' && operator !== 'NotIn') {
    causes.push(invalidValue(`${path}.operator`, operator, 'not a valid selector operator'));
  } else if (values.length !== 1) {
    const detail =
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    causes.push(requiredValue(`${path}.values`, detail));
  }
  if (key !== 'metadata.name') {
    return [...causes, invalidValue(`${path}.key`, key, 'not a valid field selector key')];
  }
  const ofNames = values.flatMap((value, index) =>
    problemsOf(`${path}.values[${index}]`, value, isDns1123Subdomain(value)),
  );
  return [...causes, ...ofNames];
}

function checkPodAffinity(affinity: PodAffinity, path: string): StatusCause[] {
  const causes = (affinity[required] ?? []).flatMap((term, index) =>
    checkPodTerm(term, `${path}.${required}[${index}]`),
  );
  for (const [index, { weight, podAffinityTerm }] of (affinity[preferred] ?? []).entries()) {
    const at = `${path}.${preferred}[${index}]`;
    causes.push(...checkWeight(weight, `${at}.weight`));
    if (podAffinityTerm) causes.push(...checkPodTerm(podAffinityTerm, `${at}.podAffinityTerm`));
  }
  return causes;
}

function checkPodTerm(term: PodAffinityTerm, path: string): StatusCause[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey } = term;
  return [
    ...(labelSelector ? checkSelector(labelSelector, `${path}.labelSelector`) : []),
    ...(namespaceSelector ? checkSelector(namespaceSelector, `${path}.namespaceSelector`) : []),
    ...namespaces.flatMap((name) => problemsOf(`${path}.namespace`, name, isDns1123Label(name))),
    ...checkLabelKeys(term, path),
    ...(topologyKey === '' ? [requiredValue(`${path}.topologyKey`, 'can not be empty')] : []),
    ...(topologyKey === undefined
      ? []
      : problemsOf(`${path}.topologyKey`, topologyKey, isQualifiedName(topologyKey))),
  ];
}

const keyLists = ['matchLabelKeys', 'mismatchLabelKeys'] as const;

/** Labels whose values the pod itself gives: they add to a selector, so there must be one. */
function checkLabelKeys(term: PodAffinityTerm, path: string): StatusCause[] {
  const causes = keyLists.flatMap((list) => {
    const keys = term[list] ?? [];
    const detail = 'must not be specified when labelSelector is not set';
    return [
      ...(keys.length > 0 && !term.labelSelector
        ? [forbiddenValue(`${path}.${list}`, detail)]
        : []),
      ...keys.flatMap((key, index) =>
        problemsOf(`${path}.${list}[${index}]`, key, isQualifiedName(key)),
      ),
    ];
  });
  const others = new Set(term.mismatchLabelKeys);
  for (const [index, key] of (term.matchLabelKeys ?? []).entries()) {
    if (!others.has(key)) continue;
    const detail = 'exists in both matchLabelKeys and mismatchLabelKeys';
    causes.push(invalidValue(`${path}.matchLabelKeys[${index}]`, key, detail));
  }
  return causes;
}
