import { ageColumn, column, countColumn, nameColumn, none } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { FlowSchema } from '../types/flowcontrol-v1.generated.ts';
import { validateFlowSchema } from '../validation/flow-control.ts';
import { inertWarning } from './inert.ts';
import { keepMetadata } from './status-only.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const flowSchemas: Resource<FlowSchema> = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  singular: 'flowschema',
  namespaced: false,
  verbs: allVerbs,
  subresources: [statusOf('FlowSchema')],
  hasStatus: true,
  columns: [
    nameColumn,
    column('PriorityLevel', 'Priority of its requests.', ({ spec }) => {
      return spec?.priorityLevelConfiguration?.name ?? '';
    }),
    countColumn('MatchingPrecedence', 'The lowest that matches counts.', ({ spec }) => {
      return spec?.matchingPrecedence ?? 0;
    }),
    column('DistinguisherMethod', 'What makes one flow of requests.', ({ spec }) => {
      return spec?.distinguisherMethod?.type ?? none;
    }),
    ageColumn,
    column('MissingPL', 'Whether its priority level is not there.', ({ status }) => {
      return status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?';
    }),
  ],
  applyDefaults: ({ spec }) => {
    if (spec) spec.matchingPrecedence ||= 1000;
  },
  validate: validateFlowSchema,
  prepareCreate: (draft) => {
    draft.status = {};
  },
  prepareUpdate: keepMetadata,
  warnings: inertWarning('requests have no priorities'),
};
