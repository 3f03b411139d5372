import { ageColumn, countColumn, nameColumn } from '../columns.ts';
import { defaultMatch } from '../defaults/admission.ts';
import type { Resource } from '../resource.ts';
import type { ValidatingAdmissionPolicy } from '../types/admissionregistration-v1.generated.ts';
import { validateValidatingPolicy } from '../validation/admission-policy.ts';
import { inertWarning } from './inert.ts';
import { paramKindColumn } from './policy-columns.ts';
import { keepMetadata } from './status-only.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const validatingAdmissionPolicies: Resource<ValidatingAdmissionPolicy> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  subresources: [statusOf('ValidatingAdmissionPolicy')],
  hasStatus: true,
  columns: [
    nameColumn,
    countColumn('Validations', 'Number of its rules.', ({ spec }) => {
      return spec?.validations?.length ?? 0;
    }),
    paramKindColumn,
    ageColumn,
  ],
  applyDefaults: ({ spec }) => {
    if (!spec) return;
    spec.failurePolicy ??= 'Fail';
    defaultMatch(spec.matchConstraints);
  },
  validate: validateValidatingPolicy,
  prepareCreate: (draft) => {
    draft.status = {};
  },
  prepareUpdate: keepMetadata,
  warnings: inertWarning('the policy is not enforced'),
};
