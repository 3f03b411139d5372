import { ageColumn, nameColumn } from '../columns.ts';
import { defaultClaim } from '../defaults/device.ts';
import type { Resource } from '../resource.ts';
import type { ResourceClaimTemplate } from '../types/resource-v1.generated.ts';
import { validateResourceClaimTemplate } from '../validation/device-claim.ts';
import { allVerbs } from './verbs.ts';

export const resourceClaimTemplates: Resource<ResourceClaimTemplate> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  singular: 'resourceclaimtemplate',
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  columns: [nameColumn, ageColumn],
  applyDefaults: ({ spec }) => defaultClaim(spec?.spec),
  validate: validateResourceClaimTemplate,
};
