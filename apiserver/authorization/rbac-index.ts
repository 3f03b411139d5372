/**
 * The RBAC objects, indexed by whom they name: a question looks only at the bindings of the user
 * and of its groups, and of those only at the cluster's and the namespace's own.
 */
import type {
  ClusterRoleBinding,
  RoleBinding,
  RoleRef,
  PolicyRule as RuleObject,
  Subject,
} from '../../api/types/rbac-v1.generated.ts';
import type { User } from '../request.ts';
import { type Attributes, type Decision, type PolicyRule, ruleAllows } from './rbac.ts';

/** A binding as one of its subjects sees it. */
interface Grant {
  readonly binding: string; // The binding's key.
  readonly roleKey: string;
  readonly roleRef: RoleRef;
  readonly subject: Subject;
}

/** By what the subject is called: `User ann`, `Group dev`. */
type Grants = Map<string, Grant[]>;

interface BoundObject {
  metadata?: { name?: string; namespace?: string };
  roleRef: RoleRef;
  subjects?: Subject[];
}

export class RbacIndex {
  readonly #rules = new Map<string, readonly PolicyRule[]>(); // By the key of the role.
  readonly #bindings = new Map<string, BoundObject>(); // By their keys.
  readonly #everywhere: Grants = new Map();
  readonly #inNamespace = new Map<string, Grants>();

  /** The Role `dev/reader` or the ClusterRole `reader`; without rules once it is gone. */
  setRole(key: string, rules: readonly RuleObject[] | undefined): void {
    if (rules) this.#rules.set(key, rules);
    else this.#rules.delete(key);
  }

  /** The RoleBinding `dev/readers` or the ClusterRoleBinding `readers`, undefined once it is gone. */
  setBinding(key: string, binding: RoleBinding | ClusterRoleBinding | undefined): void {
    const before = this.#bindings.get(key);
    if (before) this.#remove(key, before);
    if (binding) this.#add(key, binding);
    if (binding) this.#bindings.set(key, binding);
    else this.#bindings.delete(key);
  }

  decide(user: User, attributes: Attributes): Decision {
    let missing: Set<string> | undefined;
    for (const grant of this.#grantsOf(user, attributes.isResource ? attributes.namespace : '')) {
      const rules = this.#rules.get(grant.roleKey);
      if (!rules) {
        missing ??= new Set();
        missing.add(describeMissing(grant.roleRef));
      } else if (rules.some((rule) => ruleAllows(rule, attributes))) {
        return { allowed: true, reason: describeGrant(grant) };
      }
    }
    return missing ? { allowed: false, reason: `RBAC: ${joinErrors([...missing])}` } : denied;
  }

  /** All rules that count for a user: of the whole cluster, and of the namespace if there is one. */
  rulesFor(user: User, namespace: string): { rules: PolicyRule[]; errors: string[] } {
    const found: PolicyRule[] = [];
    const errors = new Set<string>();
    for (const grant of this.#grantsOf(user, namespace)) {
      const rules = this.#rules.get(grant.roleKey);
      if (rules) found.push(...rules);
      else errors.add(describeMissing(grant.roleRef));
    }
    return { rules: found, errors: [...errors] };
  }

  /** Undefined when there is no such role. */
  rulesOfRole(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    return this.#rules.get(roleKeyOf(roleRef, namespace));
  }

  *#grantsOf(user: User, namespace: string): Generator<Grant> {
    const keys = [`User ${user.name}`, ...user.groups.map((group) => `Group ${group}`)];
    for (const key of keys) yield* this.#everywhere.get(key) ?? none;
    const local = namespace === '' ? undefined : this.#inNamespace.get(namespace);
    if (!local) return;
    for (const key of keys) yield* local.get(key) ?? none;
  }

  #add(key: string, { roleRef, subjects, metadata }: BoundObject): void {
    const namespace = metadata?.namespace ?? '';
    const grants = namespace ? this.#grantsIn(namespace) : this.#everywhere;
    const roleKey = roleKeyOf(roleRef, namespace);
    for (const subject of subjects ?? []) {
      const name = nameOf(subject, namespace);
      if (name === undefined) continue;
      const grant = { binding: key, roleKey, roleRef, subject };
      const known = grants.get(name);
      if (known) known.push(grant);
      else grants.set(name, [grant]);
    }
  }

  #remove(key: string, { subjects, metadata }: BoundObject): void {
    const namespace = metadata?.namespace ?? '';
    const grants = namespace ? this.#grantsIn(namespace) : this.#everywhere;
    for (const subject of subjects ?? []) {
      const name = nameOf(subject, namespace) ?? '';
      const others = (grants.get(name) ?? []).filter(({ binding }) => binding !== key);
      if (others.length > 0) grants.set(name, others);
      else grants.delete(name);
    }
    if (namespace && grants.size === 0) this.#inNamespace.delete(namespace);
  }

  #grantsIn(namespace: string): Grants {
    let grants = this.#inNamespace.get(namespace);
    if (!grants) {
      grants = new Map();
      this.#inNamespace.set(namespace, grants);
    }
    return grants;
  }
}

const none: readonly Grant[] = [];
const denied: Decision = { allowed: false, reason: '' };

const roleKeyOf = ({ kind, name }: RoleRef, namespace: string) =>
  kind === 'Role' ? `${namespace}/${name}` : name;

/** Undefined where upstream ignores the subject: a ServiceAccount without any namespace. */
function nameOf({ kind, name, namespace }: Subject, bindingNamespace: string): string | undefined {
  if (kind !== 'ServiceAccount') return `${kind} ${name}`;
  const place = namespace || bindingNamespace;
  return place ? `User system:serviceaccount:${place}:${name}` : undefined;
}

/** As upstream words it, with names before their namespaces. */
function describeGrant({ binding, roleRef, subject }: Grant): string {
  const [first = '', name] = binding.split('/');
  const by =
    name === undefined ? `ClusterRoleBinding "${first}"` : `RoleBinding "${name}/${first}"`;
  const { kind, namespace } = subject;
  const who = JSON.stringify(namespace ? `${subject.name}/${namespace}` : subject.name);
  return `RBAC: allowed by ${by} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${kind} ${who}`;
}

const describeMissing = ({ kind, name }: RoleRef) =>
  `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;

export const joinErrors = (errors: readonly string[]): string =>
  errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`;
