import { ageColumn, column, nameColumn, none } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type {
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from '../types/flowcontrol-v1.generated.ts';
import { validatePriorityLevel } from '../validation/flow-control.ts';
import { inertWarning } from './inert.ts';
import { keepMetadata } from './status-only.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const priorityLevelConfigurations: Resource<PriorityLevelConfiguration> = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  singular: 'prioritylevelconfiguration',
  namespaced: false,
  verbs: allVerbs,
  subresources: [statusOf('PriorityLevelConfiguration')],
  hasStatus: true,
  columns: [
    nameColumn,
    column('Type', 'Whether its requests are limited.', ({ spec }) => spec?.type ?? ''),
    column('NominalConcurrencyShares', 'Its share of the seats.', ({ spec }) => {
      return spec?.limited?.nominalConcurrencyShares ?? none;
    }),
    column('Queues', 'Number of its queues.', (level) => queuing(level)?.queues ?? none),
    column('HandSize', 'Queues that a flow is dealt.', (level) => queuing(level)?.handSize ?? none),
    column('QueueLengthLimit', 'Requests that wait in one queue at most.', (level) => {
      return queuing(level)?.queueLengthLimit ?? none;
    }),
    ageColumn,
  ],
  applyDefaults: ({ spec }) => {
    if (spec?.exempt) {
      spec.exempt.nominalConcurrencyShares ??= 0;
      spec.exempt.lendablePercent ??= 0;
    }
    if (spec?.limited) defaultLimited(spec.limited);
  },
  validate: validatePriorityLevel,
  prepareCreate: (draft) => {
    draft.status = {};
  },
  prepareUpdate: keepMetadata,
  warnings: inertWarning('requests have no priorities'),
};

const queuing = ({ spec }: PriorityLevelConfiguration): QueuingConfiguration | undefined =>
  spec?.limited?.limitResponse?.queuing;

function defaultLimited(limited: LimitedPriorityLevelConfiguration): void {
  limited.nominalConcurrencyShares ??= 30;
  limited.lendablePercent ??= 0;
  const { queuing } = limited.limitResponse ?? {};
  if (!queuing) return;
  queuing.queues ||= 64;
  queuing.handSize ||= 8;
  queuing.queueLengthLimit ||= 50;
}
