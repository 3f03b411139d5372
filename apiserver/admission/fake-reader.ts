/** An ObjectReader over plain objects, for tests of the rooms that read the server's memory. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import type { ObjectMeta } from '../../api/types/meta-v1.generated.ts';
import type { Follow, OnChange } from '../authorization/follow.ts';
import type { ObjectReader } from '../request.ts';

export interface FakeReader extends ObjectReader {
  /** As `followIn` does it. */
  readonly follow: Follow;
  put(resource: { readonly plural: string }, object: KubeObject): void;
  remove(resource: { readonly plural: string }, name: string, namespace?: string): void;
}

export function createFakeReader(): FakeReader {
  const objects = new Map<string, KubeObject>();
  const followers: { readonly plural: string; readonly onChange: OnChange<KubeObject> }[] = [];
  const tell = (plural: string, { name = '', namespace }: ObjectMeta, object?: KubeObject) => {
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    for (const each of followers) if (each.plural === plural) each.onChange(key, object);
  };
  const keyOf = (plural: string, name = '', namespace = '') => `${plural}/${namespace}/${name}`;
  return {
    put: ({ plural }, object) => {
      const { name, namespace } = object.metadata ?? {};
      objects.set(keyOf(plural, name, namespace), object);
      tell(plural, object.metadata ?? {}, object);
    },
    remove: ({ plural }, name, namespace) => {
      objects.delete(keyOf(plural, name, namespace));
      tell(plural, { name, ...(namespace !== undefined && { namespace }) });
    },
    follow: <T extends KubeObject>({ plural }: Resource<T>, onChange: OnChange<T>) => {
      for (const [key, object] of objects) {
        const { name = '', namespace } = object.metadata ?? {};
        const place = namespace === undefined ? name : `${namespace}/${name}`;
        if (key.startsWith(`${plural}/`)) onChange(place, object as T);
      }
      followers.push({ plural, onChange: onChange as OnChange<KubeObject> });
    },
    get: <T extends KubeObject>({ plural }: Resource<T>, name: string, namespace?: string) =>
      objects.get(keyOf(plural, name, namespace)) as T | undefined,
    list: <T extends KubeObject>({ plural }: Resource<T>, namespace?: string) =>
      [...objects]
        .filter(([key, { metadata }]) => {
          const isInside = namespace === undefined || metadata?.namespace === namespace;
          return key.startsWith(`${plural}/`) && isInside;
        })
        .map(([, object]) => object as T),
  };
}
