import { defaultMatch } from '../defaults/admission.ts';
import type { Resource } from '../resource.ts';
import type { ValidatingAdmissionPolicyBinding } from '../types/admissionregistration-v1.generated.ts';
import { validateValidatingBinding } from '../validation/admission-policy.ts';
import { inertWarning } from './inert.ts';
import { policyBindingColumns } from './policy-columns.ts';
import { allVerbs } from './verbs.ts';

export const validatingAdmissionPolicyBindings: Resource<ValidatingAdmissionPolicyBinding> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  singular: 'validatingadmissionpolicybinding',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  hasGeneration: true,
  columns: policyBindingColumns,
  applyDefaults: ({ spec }) => defaultMatch(spec?.matchResources),
  validate: validateValidatingBinding,
  warnings: inertWarning('the policy is not put to work'),
};
