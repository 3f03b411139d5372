/** Whose requests, and which, a flow schema is for. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isDns1123Subdomain } from '../names.ts';
import type {
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  ServiceAccountSubject,
  Subject,
} from '../types/flowcontrol-v1.generated.ts';
import {
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';

export const checkFlowRules = (rules: readonly PolicyRulesWithSubjects[], path: string) =>
  rules.flatMap((rule, index) => checkRule(rule, `${path}[${index}]`));

function checkRule(rule: PolicyRulesWithSubjects, path: string): StatusCause[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  const causes: StatusCause[] = [];
  if (subjects.length === 0) {
    const detail = 'subjects must contain at least one value';
    causes.push(requiredValue(`${path}.subjects`, detail));
  }
  for (const [index, subject] of subjects.entries()) {
    causes.push(...checkSubject(subject, `${path}.subjects[${index}]`));
  }
  if (resourceRules.length + nonResourceRules.length === 0) {
    const detail = 'at least one of resourceRules and nonResourceRules has to be non-empty';
    causes.push(requiredValue(path, detail));
  }
  for (const [index, each] of resourceRules.entries()) {
    causes.push(...checkResourceRule(each, `${path}.resourceRules[${index}]`));
  }
  for (const [index, each] of nonResourceRules.entries()) {
    causes.push(...checkNonResourceRule(each, `${path}.nonResourceRules[${index}]`));
  }
  return causes;
}

const subjectFields = new Map([
  ['Group', 'group'],
  ['ServiceAccount', 'serviceAccount'],
  ['User', 'user'],
] as const);

/** A union: the field that the kind names, and no other. */
function checkSubject(subject: Subject, path: string): StatusCause[] {
  const { kind = '' } = subject;
  if (!subjectFields.has(kind as 'User')) {
    return [unsupportedValue(`${path}.kind`, kind, [...subjectFields.keys()])];
  }
  const causes: StatusCause[] = [];
  for (const [each, field] of subjectFields) {
    const at = `${path}.${field}`;
    const given = subject[field];
    if (each !== kind) {
      if (!given) continue;
      const detail = `${field} is forbidden when subject kind is not '${each}'`;
      causes.push(forbiddenValue(at, detail));
    } else if (!given) {
      const detail = `${field} is required when subject kind is '${each}'`;
      causes.push(requiredValue(at, detail));
    } else if (field === 'serviceAccount') {
      causes.push(...checkAccount(given as ServiceAccountSubject, at));
    } else if (given.name === '') causes.push(requiredValue(`${at}.name`));
  }
  return causes;
}

function checkAccount({ name, namespace }: ServiceAccountSubject, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (name === '') causes.push(requiredValue(`${path}.name`));
  else if (name !== '*') causes.push(...problemsOf(`${path}.name`, name, isDns1123Subdomain(name)));
  if (namespace === '') causes.push(requiredValue(`${path}.namespace`));
  else causes.push(...problemsOf(`${path}.namespace`, namespace, isDns1123Label(namespace)));
  return causes;
}

function checkResourceRule(rule: ResourcePolicyRule, path: string): StatusCause[] {
  const { verbs = [], apiGroups = [], resources = [], namespaces = [], clusterScope } = rule;
  const causes = [
    ...checkVerbs(verbs, `${path}.verbs`),
    ...checkList(apiGroups, `${path}.apiGroups`, {
      others: 'api groups',
      missing: 'resource rules must supply at least one api group',
    }),
    ...checkList(resources, `${path}.resources`, {
      others: 'resources',
      missing: 'resource rules must supply at least one resource',
    }),
  ];
  const at = `${path}.namespaces`;
  if (namespaces.length === 0 && !clusterScope) {
    const detail = 'resource rules that are not cluster scoped must supply at least one namespace';
    causes.push(requiredValue(at, detail));
  }
  if (!namespaces.includes('*')) {
    const checks = namespaces.map((name, index) =>
      problemsOf(`${at}[${index}]`, name, isDns1123Label(name)),
    );
    causes.push(...checks.flat());
  } else if (namespaces.length > 1) causes.push(notAlone(namespaces, at, 'namespaces'));
  return causes;
}

function checkNonResourceRule(
  { verbs = [], nonResourceURLs: urls = [] }: NonResourcePolicyRule,
  path: string,
) {
  const at = `${path}.nonResourceURLs`;
  const causes = [
    ...checkVerbs(verbs, `${path}.verbs`),
    ...checkList(urls, at, {
      others: 'non-resource URLs',
      missing: 'nonResourceURLs must contain at least one value',
    }),
  ];
  if (urls.includes('*')) return causes;
  return [...causes, ...urls.flatMap((url, index) => checkUrl(url, `${at}[${index}]`))];
}

const knownVerbs = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'proxy',
  'update',
  'watch',
];

function checkVerbs(verbs: readonly string[], path: string): StatusCause[] {
  const words = { others: 'verbs', missing: 'verbs must contain at least one value' };
  const causes = checkList(verbs, path, words);
  if (verbs.includes('*') || verbs.every((verb) => knownVerbs.includes(verb))) return causes;
  return [...causes, unsupportedValue(path, verbs, knownVerbs)];
}

interface Words {
  readonly others: string;
  readonly missing: string;
}

function checkList(list: readonly string[], path: string, { others, missing }: Words) {
  if (list.length === 0) return [requiredValue(path, missing)];
  return list.length > 1 && list.includes('*') ? [notAlone(list, path, others)] : [];
}

const notAlone = (list: readonly string[], path: string, others: string) =>
  invalidValue(path, list, `if '*' is present, must not specify other ${others}`);

function checkUrl(url: string, path: string): StatusCause[] {
  if (url === '') return [requiredValue(path, 'must not be empty')];
  const causes: StatusCause[] = [];
  const refuse = (detail: string) => causes.push(invalidValue(path, url, detail));
  if (!url.startsWith('/')) refuse('must start with slash');
  if (url.includes(' ')) refuse('must not contain white-space');
  if (url.includes('//')) refuse('must not contain double slash');
  if (/\*./s.test(url)) refuse('wildcard can only do suffix matching');
  return causes;
}
