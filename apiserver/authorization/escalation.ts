/**
 * Nobody gives away more than they have: whoever writes a role must hold what it allows, or may
 * `escalate` it; whoever writes a binding must hold what its role allows, or may `bind` it.
 */
import type { KubeObject } from '../../api/resource.ts';
import type {
  ClusterRole,
  RoleBinding,
  RoleRef,
  PolicyRule as RuleObject,
} from '../../api/types/rbac-v1.generated.ts';
import { StatusError } from '../../base/errors.ts';
import { forbidden } from '../admission/refusal.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../request.ts';
import { isEqual } from '../write/equality.ts';
import type { Authorization } from './authorize.ts';
import type { PolicyRule } from './rbac.ts';
import { joinErrors } from './rbac-index.ts';
import { describeRules, listOf, uncovered } from './rule-cover.ts';
import { allow, visit } from './rules.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

/** Not to be turned off: it belongs to the resources, as in upstream's registry. */
export function createEscalationCheck(authorization: Authorization): AdmissionPlugin {
  return {
    name: 'RBACEscalation',
    validate(request) {
      const { resource, operation, user, object, old } = request;
      if (resource.group !== rbacGroup || !object || operation === 'DELETE') return undefined;
      // The server's own loopback is one of them, and they may do everything anyhow.
      if (user.groups.includes('system:masters')) return undefined;
      if (old && isOnlyForCollection(object, old)) return undefined;
      if (resource.plural.endsWith('bindings')) checkBinding(authorization, request);
      else checkRole(authorization, request);
      return undefined;
    },
  };
}

/** The garbage collector may take off finalizers and owners of what it could not write itself. */
function isOnlyForCollection(object: KubeObject, old: KubeObject): boolean {
  const { ownerReferences: _, finalizers: __, managedFields: ___, ...rest } = object.metadata ?? {};
  const { ownerReferences, finalizers, managedFields } = old.metadata ?? {};
  return isEqual(
    { ...object, metadata: { ...rest, ownerReferences, finalizers, managedFields } },
    old,
  );
}

/** @throws StatusError Forbidden */
function checkRole(authorization: Authorization, request: AdmissionRequest): void {
  const { info, user, resource, object, old } = request;
  const name = request.operation === 'CREATE' ? '' : info.name;
  const escalate = { ...info, verb: 'escalate', resource: resource.plural, subresource: '', name };
  if (authorization.authorize(user, escalate).allowed) return;
  requireRules(authorization, request, (object as ClusterRole).rules ?? []);
  if (!gathers(object) && !gathers(old)) return;
  // It can gather anything, so it takes everything.
  if (missingRights(authorization, request, everything).missing.length === 0) return;
  throw forbidden(request, 'must have cluster-admin privileges to use the aggregationRule');
}

const gathers = (role: KubeObject | undefined): boolean =>
  ((role as ClusterRole | undefined)?.aggregationRule?.clusterRoleSelectors ?? []).length > 0;

const everything = [allow('*', '*', '*'), visit('*', '*')];

/** @throws StatusError Forbidden, or NotFound for a role that is not there */
function checkBinding(authorization: Authorization, request: AdmissionRequest): void {
  const { info, user } = request;
  const { roleRef } = request.object as RoleBinding;
  const { namespace } = info;
  const bind = {
    ...info,
    verb: 'bind',
    group: roleRef.apiGroup ?? rbacGroup,
    resource: roleRef.kind === 'Role' ? 'roles' : 'clusterroles',
    subresource: '',
    name: roleRef.name,
  };
  if (authorization.authorize(user, bind).allowed) return;
  const rules = authorization.rulesOfRole(roleRef, namespace);
  if (!rules) throw noSuchRole(roleRef);
  requireRules(authorization, request, rules);
}

function noSuchRole({ kind, name }: RoleRef): StatusError {
  const plural = kind === 'Role' ? 'roles' : 'clusterroles';
  return new StatusError('NotFound', `${plural}.${rbacGroup} ${JSON.stringify(name)} not found`, {
    details: { name, group: rbacGroup, kind: plural },
  });
}

/** @throws StatusError Forbidden, naming what is missing */
function requireRules(
  authorization: Authorization,
  request: AdmissionRequest,
  rules: readonly (PolicyRule | RuleObject)[],
): void {
  const { missing, errors } = missingRights(authorization, request, rules);
  if (missing.length === 0) return;
  const { name, groups } = request.user;
  const who = `user ${JSON.stringify(name)} (groups=${listOf(groups)})`;
  const what = describeRules(missing).join('\n');
  const also = errors.length > 0 ? `; resolution errors: [${joinErrors(errors)}]` : '';
  throw forbidden(
    request,
    `${who} is attempting to grant RBAC permissions not currently held:\n${what}${also}`,
  );
}

function missingRights(
  { rulesFor }: Authorization,
  { user, info }: AdmissionRequest,
  rules: readonly PolicyRule[],
) {
  const held = rulesFor(user, info.namespace);
  return { missing: uncovered(held.rules, rules), errors: held.errors };
}
