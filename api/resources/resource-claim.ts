import { ageColumn, column, nameColumn } from '../columns.ts';
import { defaultClaim } from '../defaults/device.ts';
import type { Resource } from '../resource.ts';
import type { ResourceClaim } from '../types/resource-v1.generated.ts';
import { validateResourceClaim } from '../validation/device-claim.ts';
import { keepMetadata } from './status-only.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const resourceClaims: Resource<ResourceClaim> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  singular: 'resourceclaim',
  namespaced: true,
  verbs: allVerbs,
  subresources: [statusOf('ResourceClaim')],
  hasStatus: true,
  hasGeneration: false,
  columns: [nameColumn, column('State', 'What became of it.', stateCell), ageColumn],
  applyDefaults: ({ spec }) => defaultClaim(spec),
  validate: validateResourceClaim,
  prepareCreate: (draft) => {
    draft.status = {};
  },
  prepareUpdate: keepMetadata,
};

function stateCell({ metadata, status }: ResourceClaim): string {
  const words = metadata?.deletionTimestamp ? ['deleted'] : [];
  if (status?.allocation) words.push('allocated');
  else if (words.length === 0) words.push('pending');
  if (status?.reservedFor?.length) words.push('reserved');
  return words.join(',');
}
