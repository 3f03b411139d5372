import { ageColumn, countColumn, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { CSINode } from '../types/storage-v1.generated.ts';
import { validateCsiNode } from '../validation/csi.ts';
import { allVerbs } from './verbs.ts';

export const csiNodes: Resource<CSINode> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  singular: 'csinode',
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  columns: [
    nameColumn,
    countColumn('Drivers', 'Number of drivers on the node.', ({ spec }) => {
      return (spec.drivers ?? []).length;
    }),
    ageColumn,
  ],
  validate: validateCsiNode,
};
