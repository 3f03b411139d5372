import { createdColumn, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { Role } from '../types/rbac-v1.generated.ts';
import { validateRole } from '../validation/rbac.ts';
import { allVerbs } from './verbs.ts';

export const roles: Resource<Role> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  columns: [nameColumn, createdColumn],
  validate: validateRole,
};
