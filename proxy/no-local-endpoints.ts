/** Counts Services that ask for endpoints of this node where it has none, as upstream does. */
import { planService } from './plan.ts';
import type { World } from './world.ts';

export interface NoLocal {
  readonly internal: number;
  readonly external: number;
}

/** Looks closely only at Services with a policy of Local. */
export function countNoLocal(world: World): NoLocal {
  let [internal, external] = [0, 0];
  for (const key of world.serviceKeys()) {
    const service = world.service(key);
    const { internalTrafficPolicy, externalTrafficPolicy } = service?.spec ?? {};
    if (internalTrafficPolicy !== 'Local' && externalTrafficPolicy !== 'Local') continue;
    const { ports } = planService(service!, world.slices(key), world.node());
    const lacks = ports.some(({ cluster, local }) => cluster.length > 0 && local.length === 0);
    if (lacks && internalTrafficPolicy === 'Local') internal++;
    if (lacks && externalTrafficPolicy === 'Local') external++;
  }
  return { internal, external };
}
