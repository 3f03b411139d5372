import type { ClusterRoleBinding, RoleBinding } from '../types/rbac-v1.generated.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

/** Users, groups and roles are of this group; service accounts are of the core's. */
export function defaultBinding({ roleRef, subjects }: RoleBinding | ClusterRoleBinding): void {
  if (roleRef) roleRef.apiGroup ||= rbacGroup;
  for (const subject of subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= rbacGroup;
  }
}
