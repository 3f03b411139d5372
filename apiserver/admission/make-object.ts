/** How admission makes objects of its own: like a user's, but asked of no plugin. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import type { Clock } from '../../base/clock.ts';
import type { Registry } from '../registry/registry.ts';
import type { User } from '../request.ts';
import { stampNew } from '../write/metadata.ts';

const self: User = { name: 'system:apiserver', groups: ['system:masters'] };

/** False when it was there already. */
export type MakeObject = <T extends KubeObject>(
  resource: Resource<T>,
  object: T,
) => Promise<boolean>;

export const createMakeObject =
  (registry: Pick<Registry, 'put'>, clock: Clock): MakeObject =>
  async (resource, object) => {
    prepareNew(resource, object, clock);
    const generic = resource as unknown as Resource;
    return (await registry.put(generic, object, 0)) !== undefined;
  };

/** Gives a new object all that the server gives. Changes it. */
export function prepareNew<T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  clock: Clock,
): void {
  object.metadata ??= {};
  stampNew(resource as unknown as Resource, object.metadata, clock.now());
  resource.applyDefaults?.(object);
  resource.prepareCreate?.(object, { user: self, now: clock.now(), subresource: '' });
}
