import { column, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { CSIStorageCapacity } from '../types/storage-v1.generated.ts';
import { validateCsiStorageCapacity } from '../validation/csi.ts';
import { allVerbs } from './verbs.ts';

export const csiStorageCapacities: Resource<CSIStorageCapacity> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  columns: [
    nameColumn,
    column('StorageClassName', 'The class of the volumes.', (each) => each.storageClassName),
    column('Capacity', 'Space that is free for them.', ({ capacity }) => capacity ?? '<unset>'),
  ],
  validate: validateCsiStorageCapacity,
};
