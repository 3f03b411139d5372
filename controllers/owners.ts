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
  owner: { readonly resource: Resource<O>; readonly object: O },
  resource: Resource<T>,
  { adopt, release }: Claims<T>,
): Promise<void> {
  if (adopt.length > 0) {
    const { name = '', namespace, uid } = owner.object.metadata ?? {};
    const live = await client.get(owner.resource, name, namespace);
    if (live.metadata?.uid !== uid || live.metadata?.deletionTimestamp) return;
  }
  const reference = controllerReference(owner.resource, owner.object);
  for (const object of adopt) {
    const others = object.metadata?.ownerReferences ?? [];
    await setOwners(client, resource, object, [...others, reference]);
  }
  for (const object of release) {
    const others = object.metadata?.ownerReferences ?? [];
    const rest = others.filter(({ uid }) => uid !== reference.uid);
    await setOwners(client, resource, object, rest);
  }
}

async function setOwners<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: T,
  ownerReferences: readonly OwnerReference[],
): Promise<void> {
  const { name = '', namespace, uid, resourceVersion } = object.metadata ?? {};
  const body = { metadata: { uid, resourceVersion, ownerReferences } };
  const target = { name, ...(namespace && { namespace }) };
  try {
    await client.patch(resource, target, { type: 'merge', body });
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}
