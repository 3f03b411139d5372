import { ageColumn, column, countColumn, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { PodDisruptionBudget } from '../types/policy-v1.generated.ts';
import { validateDisruptionBudget } from '../validation/disruption-budget.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const podDisruptionBudgets: Resource<PodDisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [statusOf('PodDisruptionBudget')],
  hasStatus: true,
  columns: [
    nameColumn,
    column('Min Available', 'Pods that must stay.', ({ spec }) => {
      return String(spec?.minAvailable ?? 'N/A');
    }),
    column('Max Unavailable', 'Pods that may be missing.', ({ spec }) => {
      return String(spec?.maxUnavailable ?? 'N/A');
    }),
    countColumn('Allowed Disruptions', 'Pods that may go now.', ({ status }) => {
      return status?.disruptionsAllowed ?? 0;
    }),
    ageColumn,
  ],
  validate: validateDisruptionBudget,
  prepareCreate: (draft) => {
    draft.status = {
      currentHealthy: 0,
      desiredHealthy: 0,
      disruptionsAllowed: 0,
      expectedPods: 0,
    };
  },
};
