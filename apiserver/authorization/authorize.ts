/** Whether a user may do what a request asks. */
import { groupResourceOf } from '../../api/resource.ts';
import { StatusError } from '../../base/errors.ts';
import type { RequestInfo, User } from '../request.ts';
import { bootstrapBindings } from './bootstrap-policy.ts';
import { type Attributes, type Binding, createEvaluator, type Decision } from './rbac.ts';

export type Authorizer = (user: User, info: Attributes) => Decision;

/** Of the built-in bindings alone. */
export const authorize: Authorizer = createAuthorizer([]);

/** `bindings` come beside the built-in ones; make a new authorizer when they change. */
export function createAuthorizer(bindings: readonly Binding[]): Authorizer {
  const evaluate = createEvaluator([...bootstrapBindings, ...bindings]);
  return (user, info) => {
    // As upstream: not a matter of rules, so that no deleted binding can lock the admins out.
    if (user.groups.includes('system:masters')) return superuser;
    return evaluate(user, info);
  };
}

const superuser: Decision = { allowed: true, reason: 'the group system:masters may do everything' };

/** `pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "a"` */
export function forbiddenMessage(user: User, info: Attributes): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${info.verb}`;
  if (!info.isResource) return `forbidden: ${who} path ${JSON.stringify(info.path)}`;
  const what = info.subresource ? `${info.resource}/${info.subresource}` : info.resource;
  const where = info.namespace ? `in the namespace "${info.namespace}"` : 'at the cluster scope';
  const target = groupResourceOf({ group: info.group, plural: info.resource });
  const subject = info.name ? `${target} ${JSON.stringify(info.name)}` : target;
  return `${subject} is forbidden: ${who} resource "${what}" in API group "${info.group}" ${where}`;
}

/** The 403 to throw when `authorize` says no. */
export function forbiddenError(user: User, info: RequestInfo): StatusError {
  const { isResource, name, group, resource } = info;
  const details = isResource && {
    ...(name && { name }),
    ...(group && { group }),
    kind: resource,
  };
  return new StatusError('Forbidden', forbiddenMessage(user, info), details ? { details } : {});
}
