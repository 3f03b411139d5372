/** Authorization over plain objects, for tests: whatever is put counts at once. */
import { groupResourceOf, type KubeObject, type Resource } from '../../api/resource.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../../api/resources.ts';
import { createFakeReader } from '../admission/fake-reader.ts';
import { planAggregates } from './aggregation.ts';
import { createAuthorization } from './authorize.ts';
import { makePolicy } from './bootstrap-policy.ts';
import type { Follow, OnChange } from './follow.ts';

type Named = Pick<Resource, 'group' | 'plural'>;

export function createWorld() {
  const reader = createFakeReader();
  const listeners = new Map<string, OnChange<KubeObject>[]>();
  const follow: Follow = (resource, onChange) => {
    const name = groupResourceOf(resource);
    const known = listeners.get(name) ?? [];
    listeners.set(name, [...known, onChange as OnChange<KubeObject>]);
    for (const object of reader.list(resource)) onChange(keyOf(object), object);
  };
  const tell = (resource: Named, key: string, object?: KubeObject) => {
    for (const each of listeners.get(groupResourceOf(resource)) ?? []) each(key, object);
  };
  const put = (resource: Named, object: KubeObject) => {
    reader.put(resource, object);
    tell(resource, keyOf(object), object);
  };
  const remove = (resource: Named, object: KubeObject) => {
    reader.remove(resource, object.metadata?.name ?? '', object.metadata?.namespace);
    tell(resource, keyOf(object));
  };
  const authorization = createAuthorization({ reader, follow });
  return { reader, follow, put, remove, ...authorization };
}

const keyOf = ({ metadata }: KubeObject) =>
  metadata?.namespace ? `${metadata.namespace}/${metadata.name}` : (metadata?.name ?? '');

/** With the bootstrap policy, its aggregates gathered. */
export function createBootstrapped() {
  const world = createWorld();
  const policy = makePolicy();
  const gathered = [...policy.clusterRoles];
  for (let plan = planAggregates(gathered); plan.length > 0; plan = planAggregates(gathered)) {
    for (const { name, rules } of plan) {
      const index = gathered.findIndex(({ metadata }) => metadata?.name === name);
      gathered[index] = { ...gathered[index], rules };
    }
  }
  for (const each of gathered) world.put(clusterRoles, each);
  for (const each of policy.clusterRoleBindings) world.put(clusterRoleBindings, each);
  for (const each of policy.roles) world.put(roles, each);
  for (const each of policy.roleBindings) world.put(roleBindings, each);
  return world;
}
