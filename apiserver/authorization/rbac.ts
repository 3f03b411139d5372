/**
 * RBAC: whether a list of bindings lets a user do something. Pure.
 *
 * Rules only ever allow, so the first match ends the search and order never matters. The bindings
 * are an argument: the bootstrap table and the Role and RoleBinding objects plug in alike.
 */
import type { RequestInfo, User } from '../request.ts';

/** rbac/v1 PolicyRule. Either resources or nonResourceURLs are named, never both. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  /** `pods`, `pods/log`, `*`, `*` + `/scale`. `pods` does not cover its subresources. */
  readonly resources?: readonly string[];
  /** Absent or empty: every name. A request without a name never matches a named rule. */
  readonly resourceNames?: readonly string[];
  /** Paths; a `*` at the end matches any rest. Only bindings of the whole cluster give these. */
  readonly nonResourceURLs?: readonly string[];
}

/** rbac/v1 Subject. */
export interface Subject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
  /** Of a ServiceAccount; absent: the binding's own. */
  readonly namespace?: string;
}

/** A RoleBinding or ClusterRoleBinding with its role's rules looked up. */
export interface Binding {
  readonly name: string;
  readonly role: string;
  /** Absent: a ClusterRoleBinding. */
  readonly namespace?: string;
  readonly subjects: readonly Subject[];
  readonly rules: readonly PolicyRule[];
}

/** What of a request counts. */
export type Attributes = Pick<
  RequestInfo,
  'isResource' | 'path' | 'verb' | 'group' | 'resource' | 'subresource' | 'namespace' | 'name'
>;

export interface Decision {
  readonly allowed: boolean;
  /** For the audit log and the access reviews: which binding allowed it. Empty on denial. */
  readonly reason: string;
}

export type Evaluator = (user: User, attributes: Attributes) => Decision;

/**
 * Prepares bindings for many questions. Subjects are indexed by what the user is called, so a
 * question looks only at the bindings that name the user or one of its groups.
 */
export function createEvaluator(bindings: readonly Binding[]): Evaluator {
  const bySubject = new Map<string, Binding[]>();
  for (const binding of bindings) {
    for (const subject of binding.subjects) {
      const key = subjectKey(subject, binding.namespace);
      if (key === undefined) continue;
      const known = bySubject.get(key);
      if (known) known.push(binding);
      else bySubject.set(key, [binding]);
    }
  }
  return (user, attributes) => {
    const keys = [`User ${user.name}`, ...user.groups.map((group) => `Group ${group}`)];
    for (const key of keys) {
      const found = bySubject.get(key)?.find((binding) => bindingAllows(binding, attributes));
      if (found) return { allowed: true, reason: describeGrant(found, key) };
    }
    return denied;
  };
}

const denied: Decision = { allowed: false, reason: '' };

function bindingAllows(binding: Binding, attributes: Attributes): boolean {
  if (binding.namespace !== undefined) {
    if (!attributes.isResource || attributes.namespace !== binding.namespace) return false;
  }
  return binding.rules.some((rule) => ruleAllows(rule, attributes));
}

/** Whether one rule covers a request, whoever asks. Also the question of the escalation check. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!includesOrAll(rule.verbs, attributes.verb)) return false;
  if (!attributes.isResource) return pathMatches(rule.nonResourceURLs ?? [], attributes.path);
  return (
    includesOrAll(rule.apiGroups ?? [], attributes.group) &&
    resourceMatches(rule.resources ?? [], attributes) &&
    nameMatches(rule.resourceNames ?? [], attributes.name)
  );
}

function resourceMatches(allowed: readonly string[], { resource, subresource }: Attributes) {
  const wanted = subresource ? `${resource}/${subresource}` : resource;
  if (includesOrAll(allowed, wanted)) return true;
  return subresource !== '' && allowed.includes(`*/${subresource}`);
}

const nameMatches = (allowed: readonly string[], name: string) =>
  allowed.length === 0 || allowed.includes(name);

function pathMatches(allowed: readonly string[], path: string): boolean {
  return allowed.some((each) => {
    if (each === path) return true;
    return each.endsWith('*') && path.startsWith(each.replace(/\*+$/, ''));
  });
}

const includesOrAll = (allowed: readonly string[], wanted: string) =>
  allowed.includes('*') || allowed.includes(wanted);

/** Undefined where upstream ignores the subject: a ServiceAccount without any namespace. */
function subjectKey(subject: Subject, bindingNamespace: string | undefined): string | undefined {
  if (subject.kind !== 'ServiceAccount') return `${subject.kind} ${subject.name}`;
  const namespace = subject.namespace || bindingNamespace;
  return namespace ? `User system:serviceaccount:${namespace}:${subject.name}` : undefined;
}

function describeGrant({ name, role, namespace }: Binding, key: string): string {
  const space = key.indexOf(' ');
  const subject = `${key.slice(0, space)} ${JSON.stringify(key.slice(space + 1))}`;
  const kind = namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding';
  const binding = namespace === undefined ? name : `${name}/${namespace}`;
  return `RBAC: allowed by ${kind} "${binding}" of ClusterRole "${role}" to ${subject}`;
}
