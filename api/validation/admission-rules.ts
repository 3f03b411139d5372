/** What admission webhooks and policies look at: operations on resources, and conditions. */
import type { StatusCause } from '../../base/errors.ts';
import { isQualifiedName } from '../names.ts';
import type {
  MatchCondition,
  MatchResources,
  RuleWithOperations,
} from '../types/admissionregistration-v1.generated.ts';
import {
  duplicateValue,
  invalidValue,
  problemsOf,
  requiredValue,
  tooManyValues,
  unsupportedValue,
} from './cause.ts';
import { checkSelector } from './selector.ts';

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

export function checkAdmissionRule(rule: RuleWithOperations, path: string): StatusCause[] {
  const causes = checkList(rule.operations, `${path}.operations`, 'operations');
  for (const [index, operation] of (rule.operations ?? []).entries()) {
    if (operations.includes(operation)) continue;
    causes.push(unsupportedValue(`${path}.operations[${index}]`, operation, operations));
  }
  causes.push(
    ...checkList(rule.apiGroups, `${path}.apiGroups`, 'API groups'),
    ...checkList(rule.apiVersions, `${path}.apiVersions`, 'API versions'),
  );
  for (const [index, version] of (rule.apiVersions ?? []).entries()) {
    if (version === '') causes.push(requiredValue(`${path}.apiVersions[${index}]`));
  }
  return [...causes, ...checkResourceNames(rule.resources ?? [], `${path}.resources`)];
}

function checkList(list: readonly string[] = [], path: string, what: string): StatusCause[] {
  if (list.length === 0) return [requiredValue(path)];
  if (list.length === 1 || !list.includes('*')) return [];
  return [invalidValue(path, list, `if '*' is present, must not specify other ${what}`)];
}

/** `pods`, `pods/log`, `pods/*`, `*`, `*` + `/scale`: none may be part of another. */
function checkResourceNames(resources: readonly string[], path: string): StatusCause[] {
  if (resources.length === 0) return [requiredValue(path)];
  const causes: StatusCause[] = [];
  const seen = new Set<string>();
  for (const [index, text] of resources.entries()) {
    const at = `${path}[${index}]`;
    if (text === '') causes.push(requiredValue(at));
    const [resource = '', subresource] = text.split(/\/(.*)/s);
    if (subresource === undefined) continue;
    for (const wider of [`${resource}/*`, `*/${subresource}`]) {
      if (!seen.has(wider)) continue;
      const detail = `if '${wider}' is present, must not specify ${text}`;
      causes.push(invalidValue(at, text, detail));
    }
    seen.add(text);
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    const detail = "if '*/*' is present, must not specify other resources";
    causes.push(invalidValue(path, resources, detail));
  }
  const isPlain = (text: string) => text !== '*' && text !== '' && !text.includes('/');
  if (resources.includes('*') && resources.some(isPlain)) {
    const detail = "if '*' is present, must not specify other resources without subresources";
    causes.push(invalidValue(path, resources, detail));
  }
  return causes;
}

const conditionsMax = 64;

export function checkMatchConditions(
  conditions: readonly MatchCondition[] = [],
  path: string,
): StatusCause[] {
  const causes =
    conditions.length > conditionsMax
      ? [tooManyValues(path, conditions.length, conditionsMax)]
      : [];
  const names = conditions.map(({ name }) => name);
  for (const [index, { name, expression }] of conditions.entries()) {
    const at = `${path}[${index}]`;
    causes.push(...checkExpression(expression, `${at}.expression`));
    if (!name) causes.push(requiredValue(`${at}.name`));
    else causes.push(...problemsOf(`${at}.name`, name, isQualifiedName(name)));
    if (name && names.indexOf(name) < index) causes.push(duplicateValue(`${at}.name`, name));
  }
  return causes;
}

export const checkExpression = (text: string | undefined, path: string, detail = '') =>
  text?.trim() ? [] : [requiredValue(path, detail)];

export function checkMatchResources(match: MatchResources, path: string): StatusCause[] {
  const { namespaceSelector, objectSelector, resourceRules = [] } = match;
  const { excludeResourceRules = [] } = match;
  return [
    ...(namespaceSelector ? checkSelector(namespaceSelector, `${path}.namespaceSelector`) : []),
    ...(objectSelector ? checkSelector(objectSelector, `${path}.objectSelector`) : []),
    ...Object.entries({ resourceRules, excludeResourceRules }).flatMap(([field, rules]) =>
      rules.flatMap((rule, index) => checkNamedRule(rule, `${path}.${field}[${index}]`)),
    ),
  ];
}

function checkNamedRule(
  rule: RuleWithOperations & { resourceNames?: string[] },
  path: string,
): StatusCause[] {
  const causes = checkAdmissionRule(rule, path);
  const { resourceNames: names = [] } = rule;
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    causes.push(duplicateValue(`${path}.resourceNames[${index}]`, name));
  }
  return causes;
}
