/** An ObjectReader over plain objects, for tests of the rooms that read the server's memory. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import type { ObjectReader } from '../request.ts';

export interface FakeReader extends ObjectReader {
  put(resource: { readonly plural: string }, object: KubeObject): void;
  remove(resource: { readonly plural: string }, name: string, namespace?: string): void;
}

export function createFakeReader(): FakeReader {
  const objects = new Map<string, KubeObject>();
  const keyOf = (plural: string, name = '', namespace = '') => `${plural}/${namespace}/${name}`;
  return {
    put: ({ plural }, object) => {
      const { name, namespace } = object.metadata ?? {};
      objects.set(keyOf(plural, name, namespace), object);
    },
    remove: ({ plural }, name, namespace) => void objects.delete(keyOf(plural, name, namespace)),
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
