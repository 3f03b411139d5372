/** When a Job gives up, and when some of its pods are enough. */
import type { StatusCause } from '../../base/errors.ts';
import { isQualifiedName } from '../names.ts';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../types/batch-v1.generated.ts';
import {
  duplicateValue,
  invalidValue,
  problemsOf,
  requiredValue,
  tooLongValue,
  tooManyValues,
  unsupportedValue,
  wrongValue,
} from './cause.ts';
import { countIndexes } from './job-indexes.ts';
import { notNegative } from './numbers.ts';

const rulesMax = 20;
const exitCodesMax = 255;
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

export function checkFailurePolicy(spec: JobSpec, path: string): StatusCause[] {
  if (!spec.podFailurePolicy) return [];
  const at = `${path}.podFailurePolicy.rules`;
  const rules = spec.podFailurePolicy.rules ?? [];
  const causes = rules.length > rulesMax ? [tooManyValues(at, rules.length, rulesMax)] : [];
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {};
  const names = new Set([...containers, ...initContainers].map(({ name }) => name));
  for (const [index, rule] of rules.entries()) {
    causes.push(...checkAction(rule, spec, `${at}[${index}].action`));
    causes.push(...checkRule(rule, names, `${at}[${index}]`));
  }
  return causes;
}

function checkAction({ action }: PodFailurePolicyRule, spec: JobSpec, field: string) {
  if (action === '') return [requiredValue(field, `valid values: ${listed(actions)}`)];
  if (action === undefined) return []; // Reported by the schema.
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    return [invalidValue(field, action, 'requires the backoffLimitPerIndex to be set')];
  }
  return actions.includes(action) ? [] : [unsupportedValue(field, action, actions)];
}

function checkRule(rule: PodFailurePolicyRule, names: ReadonlySet<string>, path: string) {
  const { onExitCodes, onPodConditions = [] } = rule;
  const causes = [
    ...(onExitCodes ? checkExitCodes(onExitCodes, names, `${path}.onExitCodes`) : []),
    ...checkConditions(onPodConditions, `${path}.onPodConditions`),
  ];
  const isBoth = onExitCodes && onPodConditions.length > 0;
  if (isBoth) {
    const detail = 'specifying both OnExitCodes and OnPodConditions is not supported';
    causes.push(wrongValue(path, detail));
  } else if (!onExitCodes && onPodConditions.length === 0) {
    const detail = 'specifying one of OnExitCodes and OnPodConditions is required';
    causes.push(wrongValue(path, detail));
  }
  return causes;
}

const operators = ['In', 'NotIn'];

function checkExitCodes(
  { operator, containerName, values = [] }: PodFailurePolicyOnExitCodesRequirement,
  names: ReadonlySet<string>,
  path: string,
): StatusCause[] {
  const causes = checkChoice(operator, operators, `${path}.operator`);
  if (containerName !== undefined && !names.has(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template';
    causes.push(invalidValue(`${path}.containerName`, containerName, detail));
  }
  const at = `${path}.values`;
  if (values.length === 0) causes.push(invalidValue(at, values, 'at least one value is required'));
  else if (values.length > exitCodesMax) {
    causes.push(tooManyValues(at, values.length, exitCodesMax));
  }
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0) {
      causes.push(invalidValue(`${at}[${index}]`, value, 'must not be 0 for the In operator'));
    }
    if (values.indexOf(value) < index) causes.push(duplicateValue(`${at}[${index}]`, value));
  }
  if (values.some((value, index) => index > 0 && values[index - 1]! > value)) {
    causes.push(invalidValue(at, values, 'must be ordered'));
  }
  return causes;
}

const statuses = ['False', 'True', 'Unknown'];

function checkConditions(
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  path: string,
) {
  const causes = patterns.length > rulesMax ? [tooManyValues(path, patterns.length, rulesMax)] : [];
  for (const [index, { type, status }] of patterns.entries()) {
    const at = `${path}[${index}]`;
    causes.push(...problemsOf(`${at}.type`, type ?? '', isQualifiedName(type ?? '')));
    causes.push(...checkChoice(status ?? '', statuses, `${at}.status`));
  }
  return causes;
}

function checkChoice(value: string | undefined, choices: readonly string[], field: string) {
  if (value === undefined || choices.includes(value)) return [];
  if (value === '') return [requiredValue(field, `valid values: ${listed(choices)}`)];
  return [unsupportedValue(field, value, choices)];
}

/** As Go prints a list of quoted strings. */
const listed = (choices: readonly string[]) => `[${choices.map((each) => `"${each}"`).join(' ')}]`;

export function checkSuccessPolicy(spec: JobSpec, path: string): StatusCause[] {
  const { successPolicy, completionMode, completions = 0 } = spec;
  if (!successPolicy) return [];
  const at = `${path}.successPolicy`;
  if (completionMode !== 'Indexed') {
    return [invalidValue(at, successPolicy, 'requires indexed completion mode')];
  }
  const rules = successPolicy.rules ?? [];
  const causes: StatusCause[] = [];
  if (rules.length === 0) {
    const detail = 'at least one rules must be specified when the successPolicy is specified';
    causes.push(requiredValue(`${at}.rules`, detail));
  } else if (rules.length > rulesMax) {
    causes.push(tooManyValues(`${at}.rules`, rules.length, rulesMax));
  }
  const ofRules = rules.flatMap((rule, index) =>
    checkSuccessRule(rule, completions, `${at}.rules[${index}]`),
  );
  return [...causes, ...ofRules];
}

const indexesBytesMax = 64 * 1024;

function checkSuccessRule(rule: SuccessPolicyRule, completions: number, path: string) {
  const { succeededCount: count, succeededIndexes: indexes } = rule;
  if (count === undefined && indexes === undefined) {
    const detail = 'at least one of succeededCount or succeededIndexes must be specified';
    return [requiredValue(path, detail)];
  }
  const causes: StatusCause[] = [];
  const parsed = indexes === undefined ? undefined : countIndexes(indexes, completions);
  if (indexes !== undefined) {
    const field = `${path}.succeededIndexes`;
    if (indexes.length > indexesBytesMax) causes.push(tooLongValue(field, indexesBytesMax));
    if (parsed?.problem) {
      const detail = `error parsing succeededIndexes: ${parsed.problem}`;
      causes.push(invalidValue(field, indexes, detail));
    }
  }
  if (count === undefined) return causes;
  const field = `${path}.succeededCount`;
  causes.push(...notNegative(field, count));
  const atMost = (max: number, what: string) => {
    const detail = `must be less than or equal to ${max} (the number of ${what})`;
    if (count > max) causes.push(invalidValue(field, count, detail));
  };
  atMost(completions, 'specified completions');
  if (parsed) atMost(parsed.count, 'indexes in the specified succeededIndexes field');
  return causes;
}
