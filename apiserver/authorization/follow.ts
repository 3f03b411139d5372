/** Keeps what is derived from objects up to date with them. */
import { groupResourceOf, type KubeObject, type Resource } from '../../api/resource.ts';
import { allResources } from '../../api/resources.ts';
import type { Registry } from '../registry/registry.ts';

/** `key` is `namespace/name`, or `name`; without an object once it is gone. */
export type OnChange<T> = (key: string, object: T | undefined) => void;

/** Called for each object there is, then for each change, before whoever made it has an answer. */
export type Follow = <T extends KubeObject>(resource: Resource<T>, onChange: OnChange<T>) => void;

export const followIn =
  (registry: Registry): Follow =>
  <T extends KubeObject>(resource: Resource<T>, onChange: OnChange<T>) => {
    const cache = registry.cacheOf(resource as unknown as Resource);
    // Copies: what is read only once must not stay in memory beside its bytes.
    for (const stored of cache.list()) onChange(stored.key, stored.draft() as T);
    cache.listen(({ type, current }) => {
      onChange(current.key, type === 'DELETED' ? undefined : (current.object as T));
    });
  };

/** `persistentvolumes`, `resourceclaims.resource.k8s.io`; undefined where none such is served. */
export const findResource = (name: string): Resource | undefined =>
  allResources.find((resource) => groupResourceOf(resource) === name);
