import { ageColumn, column, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { ServiceCIDR } from '../types/networking-v1.generated.ts';
import { validateServiceCidr } from '../validation/addresses.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const serviceCidrs: Resource<ServiceCIDR> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  singular: 'servicecidr',
  namespaced: false,
  verbs: allVerbs,
  subresources: [statusOf('ServiceCIDR')],
  hasStatus: true,
  hasGeneration: false,
  columns: [
    nameColumn,
    column('CIDRs', 'Blocks that addresses of Services are taken from.', ({ spec }) => {
      return (spec?.cidrs ?? []).join(',');
    }),
    ageColumn,
  ],
  validate: validateServiceCidr,
  prepareCreate: (draft) => {
    draft.status = {};
  },
};
