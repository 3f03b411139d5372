import { defaultBinding } from '../defaults/rbac.ts';
import type { Resource } from '../resource.ts';
import type { RoleBinding } from '../types/rbac-v1.generated.ts';
import { validateRoleBinding } from '../validation/rbac.ts';
import { bindingColumns } from './binding-columns.ts';
import { allVerbs } from './verbs.ts';

export const roleBindings: Resource<RoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  columns: bindingColumns,
  applyDefaults: defaultBinding,
  validate: validateRoleBinding,
};
