import { ageColumn, column, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { ResourceSlice } from '../types/resource-v1.generated.ts';
import { validateResourceSlice } from '../validation/resource-slice.ts';
import { allVerbs } from './verbs.ts';

export const resourceSlices: Resource<ResourceSlice> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  singular: 'resourceslice',
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('Node', 'The node that has the devices.', ({ spec }) => spec.nodeName || '<unset>'),
    column('Driver', 'The driver that offers them.', ({ spec }) => spec.driver),
    column('Pool', 'The pool that they belong to.', ({ spec }) => spec.pool.name),
    ageColumn,
  ],
  fields: {
    'spec.driver': ({ spec }) => spec.driver,
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
  },
  validate: validateResourceSlice,
};
