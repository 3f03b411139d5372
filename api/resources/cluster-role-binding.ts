import { defaultBinding } from '../defaults/rbac.ts';
import type { Resource } from '../resource.ts';
import type { ClusterRoleBinding } from '../types/rbac-v1.generated.ts';
import { validateClusterRoleBinding } from '../validation/rbac.ts';
import { bindingColumns } from './binding-columns.ts';
import { allVerbs } from './verbs.ts';

export const clusterRoleBindings: Resource<ClusterRoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  columns: bindingColumns,
  applyDefaults: defaultBinding,
  validate: validateClusterRoleBinding,
};
