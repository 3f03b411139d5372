/** Which claims a pod holds, and for how long. Pure. */
import type { Pod } from '../../api/types/core-v1.generated.ts';

export const claimFinalizer = 'kubernetes.io/pvc-protection';
export const volumeFinalizer = 'kubernetes.io/pv-protection';

/** `namespace/name` of each claim in the pod's volumes; of ephemeral ones too, which it made. */
export function claimsOf(pod: Pod | undefined): string[] {
  const { name, namespace } = pod?.metadata ?? {};
  return (pod?.spec?.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim) {
      return [`${namespace}/${volume.persistentVolumeClaim.claimName}`];
    }
    return volume.ephemeral ? [`${namespace}/${name}-${volume.name}`] : [];
  });
}

/** One that was never placed uses nothing; one that is over has let go. */
export const isUsing = ({ spec, status }: Pod): boolean =>
  spec?.nodeName !== undefined &&
  spec.nodeName !== '' &&
  status?.phase !== 'Succeeded' &&
  status?.phase !== 'Failed';
