/** What claims count for: of volumes, in all and by storage class, and of devices. Pure. */

import type { Amounts } from '../pod-resources.ts';
import { addTo } from '../pod-resources.ts';
import { compareQuantities, parseQuantity } from '../quantity.ts';
import type { PersistentVolumeClaim } from '../types/core-v1.generated.ts';
import type { ResourceClaim } from '../types/resource-v1.generated.ts';
import { one, whole } from './amounts.ts';
import type { Evaluator } from './evaluators.ts';
import { hasClass } from './pods.ts';

const plain: readonly string[] = [
  'count/persistentvolumeclaims',
  'persistentvolumeclaims',
  'requests.storage',
];
const ofClass = '.storageclass.storage.k8s.io/';

export const claims: Evaluator = {
  counts: (name) =>
    plain.includes(name) ||
    name.endsWith(`${ofClass}requests.storage`) ||
    name.endsWith(`${ofClass}persistentvolumeclaims`),

  usage(object): Amounts {
    const { metadata, spec, status } = object as PersistentVolumeClaim;
    const requested = spec?.resources?.requests?.storage;
    const allocated = status?.allocatedResources?.storage;
    const isGrowing = requested && allocated && compareQuantities(allocated, requested) > 0;
    const size = isGrowing ? allocated : requested;
    const storageClass =
      metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ||
      spec?.storageClassName ||
      '';
    const usage: Amounts = new Map([
      ['count/persistentvolumeclaims', one],
      ['persistentvolumeclaims', one],
    ]);
    if (storageClass) usage.set(`${storageClass}${ofClass}persistentvolumeclaims`, one);
    if (!size) return usage;
    const storage = parseQuantity(size);
    usage.set('requests.storage', storage);
    if (storageClass) usage.set(`${storageClass}${ofClass}requests.storage`, storage);
    return usage;
  },

  isInScope: (object, requirement) => {
    if (requirement.scopeName !== 'VolumeAttributesClass') return false;
    const { spec, status } = object as PersistentVolumeClaim;
    // The one it has, the one it is getting, the one it wants: each counts.
    const names = [
      spec?.volumeAttributesClassName,
      status?.currentVolumeAttributesClassName,
      status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
    ].filter((name) => name);
    if (names.length === 0) return hasClass(undefined, requirement);
    return names.some((name) => hasClass(name, requirement));
  },

  handles: ({ operation, info }) =>
    (operation === 'CREATE' || operation === 'UPDATE') && info.subresource === '',
};

const ofDevices = '.deviceclass.resource.k8s.io/devices';
/** As many devices as one claim can get at most; a request for all may get them. */
const devicesMax = 32;

export const deviceClaims: Evaluator = {
  counts: (name) => name === 'count/resourceclaims.resource.k8s.io' || name.endsWith(ofDevices),

  usage(object): Amounts {
    const { spec } = object as ResourceClaim;
    const usage: Amounts = new Map([['count/resourceclaims.resource.k8s.io', one]]);
    for (const { exactly, firstAvailable = [] } of spec?.devices?.requests ?? []) {
      // Of alternatives the worst counts: nobody knows yet which it will be.
      const worst = new Map<string, number>();
      for (const each of exactly ? [exactly] : firstAvailable) {
        const count = each.allocationMode === 'All' ? devicesMax : (each.count ?? 1);
        const name = each.deviceClassName;
        worst.set(name, Math.max(worst.get(name) ?? 0, count));
      }
      for (const [name, count] of worst) {
        addTo(usage, new Map([[`${name}${ofDevices}`, whole(count)]]));
      }
    }
    return usage;
  },

  handles: ({ operation, info }) => operation === 'CREATE' && info.subresource === '',
};
