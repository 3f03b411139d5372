/** What admission policies and their bindings show alike. */
import { ageColumn, column, nameColumn } from '../columns.ts';
import { formatLabelSelector } from '../labels.ts';
import type { Column } from '../resource.ts';
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../types/admissionregistration-v1.generated.ts';

type Policy = MutatingAdmissionPolicy | ValidatingAdmissionPolicy;
type Binding = MutatingAdmissionPolicyBinding | ValidatingAdmissionPolicyBinding;

export const paramKindColumn: Column<Policy> = column(
  'ParamKind',
  'Kind of the objects that it takes its parameters from.',
  ({ spec }) => {
    if (!spec?.paramKind) return '<unset>';
    const { apiVersion = '', kind = '' } = spec.paramKind;
    return `${apiVersion}/${kind}`;
  },
);

export const policyBindingColumns: readonly Column<Binding>[] = [
  nameColumn,
  column('PolicyName', 'The policy that it puts to work.', ({ spec }) => spec?.policyName ?? ''),
  column('ParamRef', 'The object that the parameters come from.', ({ spec }) => {
    const { name, namespace, selector } = spec?.paramRef ?? {};
    if (name) return namespace ? `${namespace}/${name}` : name;
    return selector ? formatLabelSelector(selector) : '<unset>';
  }),
  ageColumn,
];
