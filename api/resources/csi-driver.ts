import { ageColumn, column, flagColumn, nameColumn, none } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { CSIDriver } from '../types/storage-v1.generated.ts';
import { validateCsiDriver } from '../validation/csi.ts';
import { isSame } from '../validation/same.ts';
import { allVerbs } from './verbs.ts';

export const csiDrivers: Resource<CSIDriver> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  singular: 'csidriver',
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  columns: [
    nameColumn,
    flagColumn('AttachRequired', 'Whether its volumes are attached first.', ({ spec }) => {
      return spec.attachRequired ?? true;
    }),
    flagColumn('PodInfoOnMount', 'Whether it wants to know the pod.', ({ spec }) => {
      return spec.podInfoOnMount ?? false;
    }),
    flagColumn('StorageCapacity', 'Whether it tells its free space.', ({ spec }) => {
      return spec.storageCapacity ?? false;
    }),
    column('TokenRequests', 'Audiences of the tokens that it wants.', ({ spec }) => {
      return spec.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>';
    }),
    flagColumn('RequiresRepublish', 'Whether it is asked again now and then.', ({ spec }) => {
      return spec.requiresRepublish ?? false;
    }),
    column('Modes', 'Lifecycles of its volumes.', ({ spec }) => {
      return (spec.volumeLifecycleModes ?? []).join(',') || none;
    }),
    ageColumn,
  ],
  applyDefaults: ({ spec }) => {
    if (!spec) return;
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent'];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  validate: validateCsiDriver,
  // Upstream begins to count with the first change of what may change.
  prepareUpdate: (draft, old) => {
    if (isSame(draft.spec, old.spec)) return;
    draft.metadata!.generation = (old.metadata!.generation ?? 0) + 1;
  },
};
