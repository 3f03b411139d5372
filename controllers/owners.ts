/** Who belongs to whom, and how an owner takes and gives up what its selector says. */
import { matchesLabelSelector } from '../api/labels.ts';
import { apiVersionOf, type KubeObject, type Resource } from '../api/resource.ts';
import type { LabelSelector, OwnerReference } from '../api/types/meta-v1.generated.ts';
import { hasReason } from '../base/errors.ts';
import type { Client } from '../client/client.ts';

export const controllerOf = ({ metadata }: KubeObject): OwnerReference | undefined =>
  metadata?.ownerReferences?.find(({ controller }) => controller);

export const isControlledBy = (object: KubeObject, owner: KubeObject): boolean =>
  controllerOf(object)?.uid === owner.metadata?.uid;

export function controllerReference<T extends KubeObject>(
  resource: Resource<T>,
  owner: T,
): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.metadata?.name ?? '',
    uid: owner.metadata?.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

export interface Claims<T> {
  readonly owned: readonly T[]; // Adopted ones not among them: they come with their change.
  readonly adopt: readonly T[];
  readonly release: readonly T[];
}

/** An object is adopted when nobody controls it, released when it is ours and no longer matches. */
export function planClaims<T extends KubeObject>(
  owner: KubeObject,
  selector: LabelSelector | undefined,
  candidates: readonly T[],
): Claims<T> {
  const isEnding = owner.metadata?.deletionTimestamp !== undefined;
  const ours = candidates.filter((each) => isControlledBy(each, owner));
  const matches = (each: T) => matchesLabelSelector(selector, each.metadata?.labels);
  const orphans = candidates.filter(
    (each) => !controllerOf(each) && !each.metadata?.deletionTimestamp && matches(each),
  );
  return {
    owned: ours.filter(matches),
    release: isEnding ? [] : ours.filter((each) => !matches(each)),
    adopt: isEnding ? [] : orphans,
  };
}

/** Writes the claims. Asks the server first whether the owner still stands: caches lag. */
export async function applyClaims<O extends KubeObject, T extends KubeObject>(
  client: Client,
  owner: {
    readonly resource: Resource<O>;
    readonly object: O;
    /** What those that it owns carry; it comes and goes with the reference. */
    readonly finalizer?: string;
  },
  resource: Resource<T>,
  { adopt, release }: Claims<T>,
): Promise<void> {
  if (adopt.length > 0) {
    const { name = '', namespace, uid } = owner.object.metadata ?? {};
    const live = await client.get(owner.resource, name, namespace);
    if (live.metadata?.uid !== uid || live.metadata?.deletionTimestamp) return;
  }
  const reference = controllerReference(owner.resource, owner.object);
  const { finalizer } = owner;
  for (const object of adopt) {
    const { ownerReferences: others = [], finalizers = [] } = object.metadata ?? {};
    const marked = finalizer && { finalizers: [...new Set([...finalizers, finalizer])] };
    await claim(client, resource, object, { ownerReferences: [...others, reference], ...marked });
  }
  for (const object of release) {
    const { ownerReferences: others = [], finalizers = [] } = object.metadata ?? {};
    const rest = others.filter(({ uid }) => uid !== reference.uid);
    const bare = finalizer && { finalizers: finalizers.filter((each) => each !== finalizer) };
    await claim(client, resource, object, { ownerReferences: rest, ...bare });
  }
}

async function claim<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: T,
  change: { readonly ownerReferences: readonly OwnerReference[]; readonly finalizers?: string[] },
): Promise<void> {
  const { name = '', namespace, uid, resourceVersion } = object.metadata ?? {};
  const body = { metadata: { uid, resourceVersion, ...change } };
  const target = { name, ...(namespace && { namespace }) };
  try {
    await client.patch(resource, target, { type: 'merge', body });
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}
