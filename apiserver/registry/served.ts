/** Between the form in which a kind is stored and the version that a client speaks. */
import { type KubeObject, type Reader, type Resource, storedForm } from '../../api/resource.ts';
import { invalidObject } from '../../api/validation/cause.ts';
import { Stored } from './stored.ts';

/** As this version shows it. For nearly every resource: as it is. */
export function servedAs({ storedAs }: Resource, stored: Stored): Stored {
  if (!storedAs) return stored;
  const object = storedAs.from(stored.object);
  return new Stored(stored.key, stored.revision, Buffer.from(JSON.stringify(object)), object);
}

/**
 * A draft of this version as it is stored, once it has this version's defaults and passed its rules;
 * those of the stored form come later.
 * @throws StatusError Invalid
 */
export function storedFrom(resource: Resource, draft: KubeObject, old?: Stored): KubeObject {
  if (!resource.storedAs) return draft;
  resource.applyDefaults?.(draft);
  const causes = resource.validate?.(draft, old && servedAs(resource, old).object) ?? [];
  if (causes.length > 0) throw invalidObject(resource, draft.metadata?.name ?? '', causes);
  return resource.storedAs.to(draft);
}

/** Whoever writes a version that is not stored writes the stored one. */
export const storedWriter = <W extends { readonly resource: Resource }>(writer: W): W => ({
  ...writer,
  served: writer.resource, // Whose fields are owned in this version.
  resource: storedForm(writer.resource),
});

/** The objects of a resource that is not stored but computed. */
export function computeObjects(resource: Resource, reader: Reader, now: number): Stored[] {
  return (resource.compute?.(reader, now) ?? []).map((object) => {
    const { name = '', namespace } = object.metadata ?? {};
    const key = resource.namespaced ? `${namespace}/${name}` : name;
    return new Stored(key, 0, Buffer.from(JSON.stringify(object)), object);
  });
}
