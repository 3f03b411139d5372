/** What becomes of a pod's claims: who their owner is decides with whom they go. Pure. */
import { pods, statefulSets } from '../../api/resources.ts';
import type { StatefulSet } from '../../api/types/apps-v1.generated.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.generated.ts';
import type { OwnerReference } from '../../api/types/meta-v1.generated.ts';
import { controllerReference } from '../owners.ts';

/**
 * The owners that a claim should have. To go with the set, the set owns it; to go when scaled
 * down, the pod that is about to go. The garbage collector does the rest.
 */
export function ownersOf(
  set: StatefulSet,
  claim: PersistentVolumeClaim,
  { pod, isLeaving }: { readonly pod: Pod | undefined; readonly isLeaving: boolean },
): readonly OwnerReference[] {
  const { whenDeleted, whenScaled } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  const refs = claim.metadata?.ownerReferences ?? [];
  const ours = new Set([set.metadata?.uid, pod?.metadata?.uid]);
  const others = refs.filter(({ uid }) => !ours.has(uid));
  // Somebody else manages it: it is theirs to end.
  if (others.some(({ controller }) => controller)) return refs;
  if (whenScaled === 'Delete' && isLeaving) {
    return pod ? [...others, controllerReference(pods, pod)] : refs;
  }
  return whenDeleted === 'Delete' ? [...others, controllerReference(statefulSets, set)] : others;
}

/**
 * Whether a claim is on its way out with an earlier pod of the same name (`name`, `uid` of the
 * present one, if there is one): a new pod must not take hold of it.
 */
export function isStale({ metadata }: PersistentVolumeClaim, name: string, uid?: string): boolean {
  if (metadata?.deletionTimestamp) return true;
  return (metadata?.ownerReferences ?? []).some(
    (owner) => owner.kind === 'Pod' && owner.name === name && owner.uid !== uid,
  );
}

export const isSameOwners = (
  a: readonly OwnerReference[],
  b: readonly OwnerReference[] | undefined,
): boolean => keysOf(a) === keysOf(b ?? []);

const keysOf = (owners: readonly OwnerReference[]) =>
  owners
    .map(({ uid, controller }) => `${uid} ${controller ?? false}`)
    .sort()
    .join();
