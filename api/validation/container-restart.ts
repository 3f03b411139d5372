/** What becomes of a container that ended, and of one whose resources change. */
import type { StatusCause } from '../../base/errors.ts';
import type {
  Container,
  ContainerResizePolicy,
  ContainerRestartRule,
} from '../types/core-v1.generated.ts';
import {
  duplicateValue,
  invalidValue,
  requiredValue,
  tooManyValues,
  unsupportedValue,
} from './cause.ts';

const policies = ['Always', 'Never', 'OnFailure'];
const actions = ['Restart', 'RestartAllContainers'];
const operators = ['In', 'NotIn'];
const rulesMax = 20;
const codesMax = 255;

export function checkRestart(container: Container, path: string): StatusCause[] {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  const causes: StatusCause[] = [];
  if (restartPolicy !== undefined && !policies.includes(restartPolicy)) {
    causes.push(unsupportedValue(`${path}.restartPolicy`, restartPolicy, policies));
  }
  if (rules.length === 0) return causes;
  if (restartPolicy === undefined) {
    const detail = 'must specify restartPolicy when restart rules are used';
    causes.push(requiredValue(`${path}.restartPolicy`, detail));
  }
  const at = `${path}.restartPolicyRules`;
  if (rules.length > rulesMax) causes.push(tooManyValues(at, rules.length, rulesMax));
  return [...causes, ...rules.flatMap((rule, index) => checkRule(rule, `${at}[${index}]`))];
}

function checkRule({ action, exitCodes }: ContainerRestartRule, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (action !== undefined && !actions.includes(action)) {
    causes.push(unsupportedValue(`${path}.action`, action, actions));
  }
  if (!exitCodes) return [...causes, requiredValue(`${path}.exitCodes`, 'must be specified')];
  const { operator, values = [] } = exitCodes;
  if (operator !== undefined && !operators.includes(operator)) {
    causes.push(unsupportedValue(`${path}.exitCodes.operator`, operator, operators));
  }
  if (values.length > codesMax) {
    causes.push(tooManyValues(`${path}.exitCodes.values`, values.length, codesMax));
  }
  return causes;
}

const resizable = ['cpu', 'memory'];

export function checkResizePolicy(
  list: readonly ContainerResizePolicy[],
  path: string,
  podRestartPolicy: string,
): StatusCause[] {
  const seen = new Set<string>();
  return list.flatMap(({ resourceName, restartPolicy }, index) => {
    const causes: StatusCause[] = [];
    if (seen.has(resourceName)) causes.push(duplicateValue(`${path}[${index}]`, resourceName));
    seen.add(resourceName);
    if (resourceName === '') causes.push(requiredValue(path));
    else if (!resizable.includes(resourceName)) {
      causes.push(unsupportedValue(path, resourceName, resizable));
    }
    if (restartPolicy === '') causes.push(requiredValue(path));
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      const detail = "must be 'NotRequired' when `restartPolicy` is 'Never'";
      causes.push(invalidValue(path, restartPolicy, detail));
    }
    return causes;
  });
}
