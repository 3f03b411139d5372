/** Whether a user may do what a request asks. */
import { groupResourceOf } from '../../api/resource.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../../api/resources.ts';
import type { RoleRef } from '../../api/types/rbac-v1.generated.ts';
import { StatusError } from '../../base/errors.ts';
import type { RequestInfo, User } from '../request.ts';
import { createNodeAuthorizer, type NodeAuthorizerOptions, nodeNameOf } from './node-authorizer.ts';
import type { Attributes, Decision, PolicyRule } from './rbac.ts';
import { RbacIndex } from './rbac-index.ts';

export type Authorizer = (user: User, info: Attributes) => Decision;

/** Rules that count for somebody, and what could not be found of them. */
export interface RulesFor {
  readonly rules: readonly PolicyRule[];
  readonly errors: readonly string[];
  /** Whether the user may do more than the rules tell. */
  readonly isIncomplete: boolean;
}

export interface Authorization {
  readonly authorize: Authorizer;
  /** Of the cluster and of the namespace, unless that is empty. */
  readonly rulesFor: (user: User, namespace: string) => RulesFor;
  /** Undefined when there is no such role. */
  readonly rulesOfRole: (roleRef: RoleRef, namespace: string) => readonly PolicyRule[] | undefined;
}

/** Upstream's `Node,RBAC`: a change of a pod or of a role counts from the next request on. */
export function createAuthorization(options: NodeAuthorizerOptions): Authorization {
  const index = new RbacIndex();
  const { follow } = options;
  follow(roles, (key, role) => index.setRole(key, role && (role.rules ?? [])));
  follow(clusterRoles, (key, role) => index.setRole(key, role && (role.rules ?? [])));
  follow(roleBindings, (key, binding) => index.setBinding(key, binding));
  follow(clusterRoleBindings, (key, binding) => index.setBinding(key, binding));
  const askNode = createNodeAuthorizer(options);
  return {
    authorize: (user, attributes) => {
      // As upstream: not a matter of rules, so that no deleted binding can lock the admins out.
      if (user.groups.includes('system:masters')) return superuser;
      const byNode = askNode(user, attributes);
      if (byNode?.allowed) return byNode;
      const byRules = index.decide(user, attributes);
      if (byRules.allowed || !byNode) return byRules;
      const reason = [byNode.reason, byRules.reason].filter((each) => each !== '').join(', ');
      return { allowed: false, reason };
    },
    rulesFor: (user, namespace) => rulesFor(index, user, namespace),
    rulesOfRole: (roleRef, namespace) => index.rulesOfRole(roleRef, namespace),
  };
}

const superuser: Decision = { allowed: true, reason: 'the group system:masters may do everything' };

function rulesFor(index: RbacIndex, user: User, namespace: string): RulesFor {
  const { rules, errors } = index.rulesFor(user, namespace);
  if (nodeNameOf(user) === undefined) return { rules, errors, isIncomplete: false };
  const silence = 'node authorizer does not support user rule resolution';
  return { rules, errors: [silence, ...errors], isIncomplete: true };
}

/** `pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "a"` */
export function forbiddenMessage(user: User, info: Attributes, reason = ''): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${info.verb}`;
  const why = reason === '' ? '' : `: ${reason}`;
  if (!info.isResource) return `forbidden: ${who} path ${JSON.stringify(info.path)}${why}`;
  const what = info.subresource ? `${info.resource}/${info.subresource}` : info.resource;
  const where = info.namespace ? `in the namespace "${info.namespace}"` : 'at the cluster scope';
  const target = groupResourceOf({ group: info.group, plural: info.resource });
  const subject = info.name ? `${target} ${JSON.stringify(info.name)}` : target;
  const kind = `resource "${what}" in API group "${info.group}"`;
  return `${subject} is forbidden: ${who} ${kind} ${where}${why}`;
}

/** The 403 to throw when `authorize` says no. */
export function forbiddenError(
  user: User,
  info: Attributes | RequestInfo,
  reason = '',
): StatusError {
  const { isResource, name, group, resource } = info;
  const details = isResource && {
    ...(name && { name }),
    ...(group && { group }),
    kind: resource,
  };
  const message = forbiddenMessage(user, info, reason);
  return new StatusError('Forbidden', message, details ? { details } : {});
}
