/** A claim that names no storage class gets the default one; `""` means that it wants none. */
import { isDefaultStorageClass, storageClasses } from '../../api/resources/storage-class.ts';
import type { PersistentVolumeClaim } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin, ObjectReader } from '../request.ts';
import { newestDefault } from './newest-default.ts';
import { isFor } from './refusal.ts';

export function createDefaultStorageClass({ reader }: { reader: ObjectReader }): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    mutate(request) {
      if (request.operation !== 'CREATE' || !isFor(request, '', 'persistentvolumeclaims')) {
        return undefined;
      }
      const claim = request.object as PersistentVolumeClaim;
      const own = claim.metadata?.annotations ?? {};
      const isSaid =
        claim.spec?.storageClassName !== undefined ||
        Object.hasOwn(own, 'volume.beta.kubernetes.io/storage-class');
      if (isSaid) return undefined;
      const name = newestDefault(reader.list(storageClasses), isDefaultStorageClass);
      if (name) claim.spec = { ...claim.spec, storageClassName: name };
      return undefined;
    },
  };
}
