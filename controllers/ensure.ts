/** For controllers that keep one object in every namespace. */
import type { KubeObject, Resource } from '../api/resource.ts';
import { namespaces } from '../api/resources.ts';
import { hasReason } from '../base/errors.ts';
import { splitKey } from '../client/keys.ts';
import { type Context, createReconciler } from './controller.ts';

export interface Ensured<T extends KubeObject> {
  readonly controller: string;
  readonly resource: Resource<T>;
  readonly name: string;
  /** The object as it should be, given what is there; undefined when nothing is to do. */
  readonly plan: (namespace: string, known: T | undefined) => T | undefined;
}

export function ensureInNamespaces<T extends KubeObject>(
  context: Context,
  { controller, resource, name, plan }: Ensured<T>,
): void {
  const { informers, client } = context;
  const reconciler = createReconciler(controller, context, async (namespace) => {
    const object = informers.of(namespaces).get(namespace);
    if (!object || object.metadata?.deletionTimestamp) return;
    const known = informers.of(resource).get(`${namespace}/${name}`);
    const wanted = plan(namespace, known);
    if (!wanted) return;
    try {
      if (known) await client.update(resource, wanted);
      else await client.create(resource, wanted);
    } catch (error) {
      // There already, or the namespace is ending: the cache shows it in a moment.
      const isExpected = hasReason(error, 'AlreadyExists') || hasReason(error, 'Forbidden');
      if (!isExpected && !hasReason(error, 'NotFound')) throw error;
    }
  });
  informers.of(namespaces).onChange((key, object, old) => {
    if (object && !old) reconciler.enqueue(key);
  });
  informers.of(resource).onChange((key) => {
    const { namespace = '', name: changed } = splitKey(key);
    if (changed === name) reconciler.enqueue(namespace);
  });
}
