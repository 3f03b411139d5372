import { ageColumn, column, nameColumn, wideColumn } from '../columns.ts';
import type { Column } from '../resource.ts';
import type { ClusterRoleBinding, RoleBinding } from '../types/rbac-v1.generated.ts';

type Binding = RoleBinding | ClusterRoleBinding;

/** Of RoleBindings and ClusterRoleBindings. */
export const bindingColumns: readonly Column<Binding>[] = [
  nameColumn,
  column('Role', 'The role that is given.', ({ roleRef: { kind, name } }) => `${kind}/${name}`),
  ageColumn,
  wideColumn('Users', 'Users that have the role.', namesOf('User')),
  wideColumn('Groups', 'Groups whose members have the role.', namesOf('Group')),
  wideColumn('ServiceAccounts', 'Service accounts that have the role.', ({ subjects = [] }) =>
    subjects
      .filter(({ kind }) => kind === 'ServiceAccount')
      .map(({ namespace = '', name }) => (namespace ? `${namespace}/${name}` : name))
      .join(', '),
  ),
];

function namesOf(wanted: string) {
  return ({ subjects = [] }: Binding) =>
    subjects
      .filter(({ kind }) => kind === wanted)
      .map(({ name }) => name)
      .join(', ');
}
