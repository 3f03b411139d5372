import { ageColumn, countColumn, nameColumn } from '../columns.ts';
import { defaultMatch } from '../defaults/admission.ts';
import type { Resource } from '../resource.ts';
import type { MutatingAdmissionPolicy } from '../types/admissionregistration-v1.generated.ts';
import { validateMutatingPolicy } from '../validation/admission-policy.ts';
import { inertWarning } from './inert.ts';
import { paramKindColumn } from './policy-columns.ts';
import { allVerbs } from './verbs.ts';

export const mutatingAdmissionPolicies: Resource<MutatingAdmissionPolicy> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  singular: 'mutatingadmissionpolicy',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    countColumn('Mutations', 'Number of its changes.', ({ spec }) => spec?.mutations?.length ?? 0),
    paramKindColumn,
    ageColumn,
  ],
  applyDefaults: ({ spec }) => {
    if (!spec) return;
    spec.failurePolicy ??= 'Fail';
    spec.reinvocationPolicy ??= 'Never';
    defaultMatch(spec.matchConstraints);
  },
  validate: validateMutatingPolicy,
  warnings: inertWarning('the policy changes nothing'),
};
