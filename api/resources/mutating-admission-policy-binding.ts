import { defaultMatch } from '../defaults/admission.ts';
import type { Resource } from '../resource.ts';
import type { MutatingAdmissionPolicyBinding } from '../types/admissionregistration-v1.generated.ts';
import { validateMutatingBinding } from '../validation/admission-policy.ts';
import { inertWarning } from './inert.ts';
import { policyBindingColumns } from './policy-columns.ts';
import { allVerbs } from './verbs.ts';

export const mutatingAdmissionPolicyBindings: Resource<MutatingAdmissionPolicyBinding> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  singular: 'mutatingadmissionpolicybinding',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  hasGeneration: true,
  columns: policyBindingColumns,
  applyDefaults: ({ spec }) => defaultMatch(spec?.matchResources),
  validate: validateMutatingBinding,
  warnings: inertWarning('the policy is not put to work'),
};
