/** On which nodes a pod may run, and when it may begin to. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Subdomain, isLabelValue, isQualifiedName } from '../names.ts';
import type {
  PodSchedulingGate,
  PodSpec,
  Toleration,
  TopologySpreadConstraint,
} from '../types/core-v1.generated.ts';
import { checkAffinity } from './affinity.ts';
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
} from './cause.ts';
import { checkLabels } from './metadata.ts';
import { checkSelector } from './selector.ts';

export function checkPlacement(spec: PodSpec, path: string): StatusCause[] {
  const { nodeName, tolerations = [], schedulingGates = [], readinessGates = [] } = spec;
  const { topologySpreadConstraints = [], affinity, schedulingGroup } = spec;
  const causes = checkLabels(spec.nodeSelector, `${path}.nodeSelector`);
  if (affinity) causes.push(...checkAffinity(affinity, `${path}.affinity`));
  for (const [index, { conditionType = '' }] of readinessGates.entries()) {
    const field = `${path}.readinessGates[${index}].conditionType`;
    causes.push(...problemsOf(field, conditionType, isQualifiedName(conditionType)));
  }
  causes.push(...checkGates(schedulingGates, `${path}.schedulingGates`));
  causes.push(...checkSpread(topologySpreadConstraints, `${path}.topologySpreadConstraints`));
  if (nodeName) {
    causes.push(...problemsOf(`${path}.nodeName`, nodeName, isDns1123Subdomain(nodeName)));
  }
  const group = schedulingGroup?.podGroupName;
  if (group !== undefined) {
    const field = `${path}.schedulingGroup.podGroupName`;
    causes.push(...problemsOf(field, group, isDns1123Subdomain(group)));
  }
  return [...causes, ...checkTolerations(tolerations, `${path}.tolerations`)];
}

export const checkTolerations = (tolerations: readonly Toleration[], path: string): StatusCause[] =>
  tolerations.flatMap((toleration, index) => checkToleration(toleration, `${path}[${index}]`));

export function checkToleration(toleration: Toleration, path: string): StatusCause[] {
  const { key = '', operator = 'Equal', value = '', effect, tolerationSeconds } = toleration;
  const causes = key ? problemsOf(`${path}.key`, key, isQualifiedName(key)) : [];
  if (!key && operator !== 'Exists') {
    const detail =
      'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    causes.push(invalidValue(`${path}.operator`, toleration.operator ?? '', detail));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    causes.push(invalidValue(`${path}.effect`, effect ?? '', detail));
  }
  if (operator === 'Exists' && value) {
    const detail = "value must be empty when `operator` is 'Exists'";
    causes.push(invalidValue(`${path}.operator`, value, detail));
  } else if (operator === 'Equal' || operator === '') {
    const problems = isLabelValue(value);
    if (problems.length > 0) {
      causes.push(invalidValue(`${path}.operator`, value, problems.join(';')));
    }
  } else if ((operator === 'Gt' || operator === 'Lt') && !/^-?(0|[1-9]\d{0,18})$/.test(value)) {
    const detail = 'must be an integer when `operator` is `Gt` or `Lt`';
    causes.push(invalidValue(`${path}.value`, value, detail));
  }
  return causes;
}

function checkGates(gates: readonly PodSchedulingGate[], path: string): StatusCause[] {
  const seen = new Set<string>();
  return gates.flatMap(({ name = '' }, index) => {
    const field = `${path}[${index}]`;
    const causes = problemsOf(field, name, isQualifiedName(name));
    if (seen.has(name)) causes.push(duplicateValue(field, name));
    seen.add(name);
    return causes;
  });
}

function checkSpread(
  constraints: readonly TopologySpreadConstraint[],
  path: string,
): StatusCause[] {
  return constraints.flatMap((constraint, index) => {
    const at = `${path}[${index}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable: action, minDomains } = constraint;
    const causes: StatusCause[] = [];
    const notPositive = 'must be greater than zero';
    if (maxSkew <= 0) causes.push(invalidValue(`${at}.maxSkew`, maxSkew, notPositive));
    if (topologyKey === '') causes.push(requiredValue(`${at}.topologyKey`, 'can not be empty'));
    const isRepeated = constraints
      .slice(index + 1)
      .some((each) => each.topologyKey === topologyKey && each.whenUnsatisfiable === action);
    if (isRepeated) {
      const field = `${at}.{topologyKey, whenUnsatisfiable}`;
      causes.push(duplicateValue(field, `{${topologyKey}, ${action}}`));
    }
    if (minDomains !== undefined && minDomains <= 0) {
      causes.push(invalidValue(`${at}.minDomains`, minDomains, notPositive));
    }
    if (minDomains !== undefined && action !== 'DoNotSchedule') {
      const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
      causes.push(invalidValue(`${at}.minDomains`, minDomains, detail));
    }
    return [...causes, ...checkSpreadSelector(constraint, at)];
  });
}

function checkSpreadSelector(constraint: TopologySpreadConstraint, path: string): StatusCause[] {
  const { labelSelector, matchLabelKeys = [] } = constraint;
  const at = `${path}.matchLabelKeys`;
  const causes: StatusCause[] = [];
  if (matchLabelKeys.length > 0 && !labelSelector) {
    const detail = 'must not be specified when labelSelector is not set';
    causes.push(forbiddenValue(at, detail));
  }
  const labels = labelSelector?.matchLabels ?? {};
  for (const [index, key] of matchLabelKeys.entries()) {
    causes.push(...problemsOf(`${at}[${index}]`, key, isQualifiedName(key)));
    // The server itself adds one expression for each key; see api/defaults/label-keys.ts.
    const expressions = (labelSelector?.matchExpressions ?? []).filter((each) => each.key === key);
    const isMerged = expressions.length === 1 && expressions[0]?.operator === 'In';
    if (!Object.hasOwn(labels, key) && (expressions.length === 0 || isMerged)) continue;
    const detail = 'exists in both matchLabelKeys and labelSelector';
    causes.push(invalidValue(`${at}[${index}]`, key, detail));
  }
  return labelSelector
    ? [...causes, ...checkSelector(labelSelector, `${path}.labelSelector`)]
    : causes;
}
