import { ageColumn, column, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { ResourceQuota } from '../types/core-v1.generated.ts';
import { validateResourceQuota } from '../validation/resource-quota.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const resourceQuotas: Resource<ResourceQuota> = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  singular: 'resourcequota',
  shortNames: ['quota'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [statusOf('ResourceQuota')],
  hasStatus: true,
  hasGeneration: false,
  columns: [
    nameColumn,
    column('Request', 'What is used of what may be requested.', (quota) => usage(quota, false)),
    column('Limit', 'What is used of what limits may add up to.', (quota) => usage(quota, true)),
    ageColumn,
  ],
  validate: validateResourceQuota,
  prepareCreate: (draft) => {
    draft.status = {};
  },
};

/** `pods: 1/10, requests.cpu: 0/2` */
function usage({ status }: ResourceQuota, ofLimits: boolean): string {
  const { hard = {}, used = {} } = status ?? {};
  return Object.keys(hard)
    .filter((name) => name.startsWith('limits.') === ofLimits)
    .sort()
    .map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]}`)
    .join(', ');
}
