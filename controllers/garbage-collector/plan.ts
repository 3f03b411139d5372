/** Decides what happens to an object because of who owns it, or whom it owns. Pure. */
import type { KubeObject } from '../../api/resource.ts';
import type { OwnerReference } from '../../api/types/meta-v1.generated.ts';

export type OwnerState =
  | 'solid'
  | 'absent'
  /** Being deleted in the foreground: it waits for those it owns. */
  | 'waiting'
  /** Of a kind that we do not follow, or out of reach: left alone. */
  | 'unknown';

export interface Observed {
  readonly object: KubeObject;
  readonly owners: readonly { readonly reference: OwnerReference; readonly state: OwnerState }[];
  /** Objects that name this one as an owner. */
  readonly dependents: readonly KubeObject[];
}

export type Step =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'delete'; readonly policy: 'Background' | 'Foreground' | 'Orphan' }
  | { readonly kind: 'dropOwners'; readonly uids: readonly string[] }
  | { readonly kind: 'orphanDependents'; readonly dependents: readonly KubeObject[] }
  | { readonly kind: 'removeFinalizer'; readonly finalizer: string };

export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

export function planGarbage(observed: Observed): Step {
  const { object } = observed;
  if (object.metadata?.deletionTimestamp) return planEnding(observed);
  return planLiving(observed);
}

function planEnding({ object, dependents }: Observed): Step {
  const finalizers = object.metadata?.finalizers ?? [];
  if (finalizers.includes(orphanFinalizer)) {
    return dependents.length > 0
      ? { kind: 'orphanDependents', dependents }
      : { kind: 'removeFinalizer', finalizer: orphanFinalizer };
  }
  if (!finalizers.includes(foregroundFinalizer)) return { kind: 'nothing' };
  // The dependents see for themselves that their owner waits.
  return dependents.some((each) => isBlocking(each, object))
    ? { kind: 'nothing' } // Their end brings us back.
    : { kind: 'removeFinalizer', finalizer: foregroundFinalizer };
}

function planLiving({ object, owners, dependents }: Observed): Step {
  const by = (state: OwnerState) =>
    owners.filter((owner) => owner.state === state).map(({ reference }) => reference.uid);
  const gone = [...by('absent'), ...by('waiting')];
  if (gone.length === 0) return { kind: 'nothing' };
  // One owner that stays is enough to stay: only the others' claims end.
  if (by('solid').length + by('unknown').length > 0) return { kind: 'dropOwners', uids: gone };
  const finalizers = object.metadata?.finalizers ?? [];
  if (finalizers.includes(orphanFinalizer)) return { kind: 'delete', policy: 'Orphan' };
  const isForeground =
    finalizers.includes(foregroundFinalizer) || (by('waiting').length > 0 && dependents.length > 0);
  return { kind: 'delete', policy: isForeground ? 'Foreground' : 'Background' };
}

const isBlocking = ({ metadata }: KubeObject, owner: KubeObject): boolean =>
  (metadata?.ownerReferences ?? []).some(
    ({ uid, blockOwnerDeletion }) => uid === owner.metadata?.uid && blockOwnerDeletion,
  );
