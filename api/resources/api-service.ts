import { toTime } from '../../base/clock.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { APIService } from '../types/apiregistration-v1.generated.ts';
import { validateApiService } from '../validation/api-service.ts';
import { inertWarning } from './inert.ts';
import { allVerbs, statusOf } from './verbs.ts';

const isLocal = {
  type: 'Available',
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
};

const warn = inertWarning('requests for its group are not passed on');

export const apiServices: Resource<APIService> = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  singular: 'apiservice',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  subresources: [statusOf('APIService')],
  hasStatus: true,
  hasGeneration: false,
  columns: [
    nameColumn,
    column('Service', 'Who serves the group version.', ({ spec }) => {
      return spec?.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local';
    }),
    column('Available', 'Whether it can be reached.', availableCell),
    ageColumn,
  ],
  applyDefaults: ({ spec }) => {
    if (spec?.service) spec.service.port ??= 443;
  },
  validate: validateApiService,
  prepareCreate: (draft, { now }) => {
    draft.status = draft.spec?.service
      ? {}
      : { conditions: [{ ...isLocal, lastTransitionTime: toTime(now) }] };
  },
  warnings: ({ spec }) => (spec?.service ? warn() : []),
};

function availableCell({ status }: APIService): string {
  const available = status?.conditions?.find(({ type }) => type === 'Available');
  if (!available) return 'Unknown';
  const { status: value, reason = '' } = available;
  return value === 'True' ? value : `${value} (${reason})`;
}
