/** How the server writes objects of its own: as one of system:masters, and repeatably. */
import type { KubeObject, Resource } from '../api/resource.ts';
import { hasReason } from '../base/errors.ts';
import type { Machinery } from './call.ts';
import { keyOf } from './registry/registry.ts';
import type { RequestInfo, User } from './request.ts';
import { createObject, updateObject, type Writer } from './write/store-object.ts';

const self: User = { name: 'system:apiserver', groups: ['system:masters'] };

interface Place {
  readonly name: string;
  readonly namespace?: string;
}

/** Makes the object, or lets `mend` change the one that is there. */
export async function ensure<T extends KubeObject>(
  server: Machinery,
  resource: Resource<T>,
  object: T,
  mend: (draft: T) => void,
): Promise<void> {
  const { name = '', namespace = '' } = object.metadata!;
  const generic = resource as unknown as Resource;
  if (server.registry.cacheOf(generic).get(keyOf(generic, name, namespace))) {
    return updateSelf(server, resource, { name, namespace }, mend);
  }
  try {
    await createObject(server, writerOf(generic, { name, namespace }), structuredClone(object));
  } catch (error) {
    // Another API server on the same store was faster.
    if (!hasReason(error, 'AlreadyExists')) throw error;
  }
}

/** Nothing is written when `mend` changes nothing. @throws StatusError NotFound */
export async function updateSelf<T extends KubeObject>(
  server: Machinery,
  resource: Resource<T>,
  { name, namespace = '' }: Place,
  mend: (draft: T) => void,
): Promise<void> {
  const change = (current: { draft(): KubeObject }) => {
    const draft = current.draft() as T;
    mend(draft);
    return draft;
  };
  const writer = writerOf(resource as unknown as Resource, { name, namespace });
  await updateObject(server, writer, { name, namespace, change, part: 'object' });
}

function writerOf(resource: Resource, place: Required<Place>): Writer {
  const { group, version, plural } = resource;
  const info: RequestInfo = {
    ...place,
    isResource: true,
    path: '',
    verb: 'update',
    group,
    version,
    resource: plural,
    subresource: '',
    query: new URLSearchParams(),
  };
  return { resource, info, user: self, dryRun: false };
}
