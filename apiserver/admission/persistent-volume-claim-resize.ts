/** A bound claim may grow only where its storage class can grow volumes. */
import { compareQuantities } from '../../api/quantity.ts';
import { storageClasses } from '../../api/resources/storage-class.ts';
import type { PersistentVolumeClaim } from '../../api/types/core-v1.generated.ts';
import type { AdmissionPlugin, ObjectReader } from '../request.ts';
import { forbidden, isFor } from './refusal.ts';

export function createPersistentVolumeClaimResize({
  reader,
}: {
  reader: ObjectReader;
}): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    validate(request) {
      const { operation, object, old } = request;
      if (operation !== 'UPDATE' || !isFor(request, '', 'persistentvolumeclaims')) return undefined;
      const [claim, before] = [object as PersistentVolumeClaim, old as PersistentVolumeClaim];
      if (compareQuantities(sizeOf(claim), sizeOf(before)) <= 0) return undefined;
      if (before.status?.phase !== 'Bound') {
        throw forbidden(request, 'Only bound persistent volume claims can be expanded');
      }
      const name =
        before.metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ||
        before.spec?.storageClassName ||
        '';
      if (!name || !reader.get(storageClasses, name)?.allowVolumeExpansion) {
        throw forbidden(
          request,
          'only dynamically provisioned pvc can be resized and the storageclass ' +
            'that provisions the pvc must support resize',
        );
      }
      return undefined;
    },
  };
}

const sizeOf = ({ spec }: PersistentVolumeClaim): string =>
  spec?.resources?.requests?.storage ?? '0';
