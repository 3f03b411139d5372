import { ageColumn, column, countColumn, flagColumn, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { PriorityClass } from '../types/scheduling-v1.generated.ts';
import { isSystemPriorityClass, validatePriorityClass } from '../validation/priority-class.ts';
import { allVerbs } from './verbs.ts';

export const priorityClasses: Resource<PriorityClass> = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    countColumn('Value', 'Priority of the pods that have it.', ({ value = 0 }) => value),
    flagColumn('Global-Default', 'Whether pods that name no class have it.', (each) => {
      return each.globalDefault ?? false;
    }),
    ageColumn,
    column('PreemptionPolicy', 'Whether its pods may take the place of others.', (each) => {
      return each.preemptionPolicy ?? 'PreemptLowerPriority';
    }),
  ],
  applyDefaults: (draft) => {
    draft.value ??= 0;
    draft.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate: validatePriorityClass,
  // It never rises: what may change has no effect on pods that are there.
  prepareCreate: (draft) => {
    draft.metadata!.generation = 1;
  },
  undeletable: ({ metadata }) =>
    isSystemPriorityClass(metadata?.name)
      ? 'this is a system priority class and cannot be deleted'
      : undefined,
};
