/** Volumes and claims are given the finalizers that keep them while somebody uses them. */
import { groupResourceOf } from '../../api/resource.ts';
import type { AdmissionPlugin } from '../request.ts';

const finalizerOf: ReadonlyMap<string, string> = new Map([
  ['persistentvolumeclaims', 'kubernetes.io/pvc-protection'],
  ['persistentvolumes', 'kubernetes.io/pv-protection'],
  ['volumeattributesclasses.storage.k8s.io', 'kubernetes.io/vac-protection'],
]);

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  mutate({ operation, resource, info, object }) {
    if (operation !== 'CREATE' || info.subresource || !object?.metadata) return undefined;
    const finalizer = finalizerOf.get(groupResourceOf(resource));
    const before = object.metadata.finalizers ?? [];
    if (finalizer && !before.includes(finalizer)) {
      object.metadata.finalizers = [...before, finalizer];
    }
    return undefined;
  },
};
