/** Between the form in which a kind is stored and the version that a client speaks. */
import type { KubeObject, Reader, Resource } from '../../api/resource.ts';
import { Stored } from './stored.ts';

/** As this version shows it. For nearly every resource: as it is. */
export function servedAs({ storedAs }: Resource, stored: Stored): Stored {
  if (!storedAs) return stored;
  const object = storedAs.from(stored.object);
  return new Stored(stored.key, stored.revision, Buffer.from(JSON.stringify(object)), object);
}

/** A draft of this version, with its own defaults, as it is stored. */
export function storedFrom(resource: Resource, draft: KubeObject): KubeObject {
  if (!resource.storedAs) return draft;
  resource.applyDefaults?.(draft);
  return resource.storedAs.to(draft);
}

/** The objects of a resource that is not stored but computed. */
export function computeObjects(resource: Resource, reader: Reader, now: number): Stored[] {
  return (resource.compute?.(reader, now) ?? []).map((object) => {
    const { name = '', namespace } = object.metadata ?? {};
    const key = resource.namespaced ? `${namespace}/${name}` : name;
    return new Stored(key, 0, Buffer.from(JSON.stringify(object)), object);
  });
}
