import { createdColumn, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { ClusterRole } from '../types/rbac-v1.generated.ts';
import { validateClusterRole } from '../validation/rbac.ts';
import { allVerbs } from './verbs.ts';

export const clusterRoles: Resource<ClusterRole> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  columns: [nameColumn, createdColumn],
  validate: validateClusterRole,
};
