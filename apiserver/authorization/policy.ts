/** Writes the bootstrap policy when the server starts, and keeps what is derived from roles. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../../api/resources.ts';
import type { ClusterRoleBinding, RoleBinding } from '../../api/types/rbac-v1.generated.ts';
import type { Logger } from '../../base/log.ts';
import type { Machinery } from '../call.ts';
import { ensure, updateSelf } from '../ensure.ts';
import { keyOf } from '../registry/registry.ts';
import { isEqual } from '../write/equality.ts';
import { type Gathered, settleAggregates } from './aggregation.ts';
import { makePolicy } from './bootstrap-policy.ts';
import { isLeftAlone, mendBinding, mendRole } from './plan-policy.ts';

/** The namespaces must be there. May be repeated: adds what is missing. */
export async function applyPolicy(server: Machinery): Promise<void> {
  const policy = makePolicy();
  const ofRoles = [
    ...policy.clusterRoles.map((role) =>
      ensure(server, clusterRoles, role, (d) => mendRole(d, role)),
    ),
    ...policy.roles.map((role) => ensure(server, roles, role, (draft) => mendRole(draft, role))),
  ];
  const ofBindings = [
    ...policy.clusterRoleBindings.map((each) => ensureBinding(server, clusterRoleBindings, each)),
    ...policy.roleBindings.map((each) => ensureBinding(server, roleBindings, each)),
  ];
  await Promise.all([...ofRoles, ...ofBindings]);
  await settle(server);
}

/** A binding cannot be pointed at another role: one that is goes, and comes anew. */
async function ensureBinding<T extends RoleBinding | ClusterRoleBinding>(
  server: Machinery,
  resource: Resource<T>,
  wanted: T,
): Promise<void> {
  const generic = resource as unknown as Resource;
  const { name = '', namespace } = wanted.metadata!;
  const stored = server.registry.cacheOf(generic).get(keyOf(generic, name, namespace));
  const known = stored?.object as T | undefined;
  if (stored && known && !isLeftAlone(known) && !isEqual(known.roleRef, wanted.roleRef)) {
    await server.registry.remove(generic, stored);
  }
  await ensure(server, resource, wanted, (draft) => mendBinding(draft, wanted));
}

const settle = (server: Machinery) =>
  settleAggregates({
    list: () => server.registry.list(clusterRoles),
    write: ({ name, rules }: Gathered) =>
      updateSelf(server, clusterRoles, { name }, (draft) => {
        draft.rules = structuredClone(rules);
      }),
  });

/** Looks again whenever a ClusterRole has changed. */
export function keepAggregates(server: Machinery, log: Logger): void {
  let isWoken = false;
  let isRunning = false;
  const run = async () => {
    isRunning = true;
    while (isWoken && !server.stopping.aborted) {
      isWoken = false;
      try {
        await settle(server);
      } catch (error) {
        // Whatever changed meanwhile has woken us again; the end of the server needs no word.
        if (!server.stopping.aborted && !isWoken) log.error('Could not gather rules', error);
      }
    }
    isRunning = false;
  };
  server.registry.cacheOf(clusterRoles as unknown as Resource<KubeObject>).listen(() => {
    isWoken = true;
    if (!isRunning) void run();
  });
}
