/** Roles and their bindings. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Subdomain, isPathSegmentName } from '../names.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '../types/rbac-v1.generated.ts';
import { invalidValue, problemsOf, requiredValue, unsupportedValue } from './cause.ts';
import { validateMetadata } from './metadata.ts';
import { isSame } from './same.ts';
import { checkSelector } from './selector.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

export const validateRole = (role: Role, old: Role | undefined): StatusCause[] => [
  ...validateMetadata(role, old, { namespaced: true, name: isPathSegmentName }),
  ...checkRules(role.rules, true),
];

export function validateClusterRole(role: ClusterRole, old: ClusterRole | undefined) {
  const causes = [
    ...validateMetadata(role, old, { namespaced: false, name: isPathSegmentName }),
    ...checkRules(role.rules, false),
  ];
  if (!role.aggregationRule) return causes;
  const { clusterRoleSelectors: selectors = [] } = role.aggregationRule;
  const path = 'aggregationRule.clusterRoleSelectors';
  if (selectors.length === 0) {
    const detail = 'at least one clusterRoleSelector required if aggregationRule is non-nil';
    causes.push(requiredValue(path, detail));
  }
  for (const [index, selector] of selectors.entries()) {
    causes.push(...checkSelector(selector, `${path}[${index}]`));
  }
  return causes;
}

export const validateRoleBinding = (
  binding: RoleBinding,
  old: RoleBinding | undefined,
): StatusCause[] => [
  ...validateMetadata(binding, old, { namespaced: true, name: isPathSegmentName }),
  ...checkBinding(binding, old, ['Role', 'ClusterRole']),
];

export const validateClusterRoleBinding = (
  binding: ClusterRoleBinding,
  old: ClusterRoleBinding | undefined,
): StatusCause[] => [
  ...validateMetadata(binding, old, { namespaced: false, name: isPathSegmentName }),
  ...checkBinding(binding, old, ['ClusterRole']),
];

const checkRules = (rules: readonly PolicyRule[] = [], namespaced: boolean) =>
  rules.flatMap((rule, index) => checkRule(rule, namespaced, `rules[${index}]`));

function checkRule(rule: PolicyRule, namespaced: boolean, path: string): StatusCause[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  const { nonResourceURLs: urls = [] } = rule;
  const causes: StatusCause[] = [];
  if (verbs.length === 0) {
    causes.push(requiredValue(`${path}.verbs`, 'verbs must contain at least one value'));
  }
  if (urls.length > 0) {
    const refuse = (detail: string) =>
      causes.push(invalidValue(`${path}.nonResourceURLs`, urls, detail));
    if (namespaced) refuse('namespaced rules cannot apply to non-resource URLs');
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      refuse('rules cannot apply to both regular resources and non-resource URLs');
    }
    return causes;
  }
  if (apiGroups.length === 0) {
    const detail = 'resource rules must supply at least one api group';
    causes.push(requiredValue(`${path}.apiGroups`, detail));
  }
  if (resources.length === 0) {
    const detail = 'resource rules must supply at least one resource';
    causes.push(requiredValue(`${path}.resources`, detail));
  }
  return causes;
}

function checkBinding(
  { roleRef, subjects = [], metadata }: RoleBinding | ClusterRoleBinding,
  old: RoleBinding | ClusterRoleBinding | undefined,
  kinds: readonly string[],
): StatusCause[] {
  if (!roleRef) return [];
  const causes = [
    ...checkRoleRef(roleRef, kinds),
    ...subjects.flatMap((subject, index) =>
      checkSubject(subject, metadata?.namespace !== undefined, `subjects[${index}]`),
    ),
  ];
  // Whoever may edit the subjects of a binding must not get at other roles by it.
  if (old && !isSame(old.roleRef, roleRef)) {
    const { apiGroup, kind, name } = roleRef;
    const shown = { APIGroup: apiGroup, Kind: kind, Name: name };
    causes.push(invalidValue('roleRef', shown, 'cannot change roleRef'));
  }
  return causes;
}

function checkRoleRef({ apiGroup = '', kind, name }: RoleRef, kinds: readonly string[]) {
  const causes: StatusCause[] = [];
  if (apiGroup !== rbacGroup) {
    causes.push(unsupportedValue('roleRef.apiGroup', apiGroup, [rbacGroup]));
  }
  if (kind !== undefined && !kinds.includes(kind)) {
    causes.push(unsupportedValue('roleRef.kind', kind, kinds));
  }
  if (!name) causes.push(requiredValue('roleRef.name'));
  else causes.push(...problemsOf('roleRef.name', name, isPathSegmentName(name)));
  return causes;
}

function checkSubject(subject: Subject, namespaced: boolean, path: string): StatusCause[] {
  const { kind = '', name, namespace, apiGroup = '' } = subject;
  const causes = name ? [] : [requiredValue(`${path}.name`)];
  if (kind === 'ServiceAccount') {
    if (name) causes.push(...problemsOf(`${path}.name`, name, isDns1123Subdomain(name)));
    if (apiGroup) causes.push(unsupportedValue(`${path}.apiGroup`, apiGroup, ['']));
    if (!namespaced && !namespace) causes.push(requiredValue(`${path}.namespace`));
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== rbacGroup) {
      causes.push(unsupportedValue(`${path}.apiGroup`, apiGroup, [rbacGroup]));
    }
  } else {
    causes.push(unsupportedValue(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  }
  return causes;
}
