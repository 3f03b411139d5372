/** What has lost its owners goes; who is deleted in the foreground waits for what it owns. */
import { groupResourceOf, type KubeObject, type Resource } from '../../api/resource.ts';
import { allResources } from '../../api/resources.ts';
import type { OwnerReference } from '../../api/types/meta-v1.generated.ts';
import { hasReason } from '../../base/errors.ts';
import type { Reconciler } from '../../client/reconciler.ts';
import { type Context, type Controller, createReconciler } from '../controller.ts';
import { apply } from './apply.ts';
import { foregroundFinalizer, type OwnerState, planGarbage } from './plan.ts';

const index = 'owner';

/** Events are many, and own nothing nor are owned. */
const followed = allResources.filter(
  ({ plural, verbs, storedAs }) => plural !== 'events' && verbs.includes('watch') && !storedAs,
);

export const garbageCollector: Controller = {
  name: 'garbage-collector-controller',
  watches: followed,
  start(context) {
    const reconciler = createReconciler('garbage-collector', context, (key) =>
      reconcile(context, key),
    );
    for (const resource of followed) {
      context.informers.of(resource).index(index, ownerUids);
    }
    for (const resource of followed) watch(context, resource, reconciler);
  },
};

/** A key is `deployments.apps|default/web`. */
const keyIn = (resource: Resource, key: string): string => `${groupResourceOf(resource)}|${key}`;

function watch(context: Context, resource: Resource, reconciler: Reconciler): void {
  context.informers.of(resource).onChange((key, object, old) => {
    const isNewer = object && (!old || face(object) !== face(old));
    if (isNewer && isConcerned(object)) reconciler.enqueue(keyIn(resource, key));
    const uid = (object ?? old)?.metadata?.uid ?? '';
    // A deleted owner, one that now waits, or another object of the same name.
    if (!object || old?.metadata?.uid !== uid || object.metadata?.deletionTimestamp) {
      const gone = old?.metadata?.uid ?? uid;
      for (const found of dependentsOf(context, gone)) reconciler.enqueue(found.key);
    }
    // An owner in the foreground waits for its dependents' end.
    if (!object) for (const each of ownersOf(old)) enqueueOwner(reconciler, old, each);
  });
}

const isConcerned = ({ metadata }: KubeObject): boolean =>
  (metadata?.ownerReferences?.length ?? 0) > 0 || metadata?.deletionTimestamp !== undefined;

const face = ({ metadata }: KubeObject): string =>
  JSON.stringify([
    metadata?.uid,
    metadata?.ownerReferences,
    metadata?.finalizers,
    metadata?.deletionTimestamp,
  ]);

function enqueueOwner(
  reconciler: Reconciler,
  object: KubeObject | undefined,
  reference: OwnerReference,
): void {
  const resource = resourceOf(reference);
  if (!resource) return;
  reconciler.enqueue(keyIn(resource, ownerKey(resource, object, reference)));
}

async function reconcile(context: Context, key: string): Promise<void> {
  const [name = '', objectKey = ''] = key.split('|');
  const resource = followed.find((each) => groupResourceOf(each) === name);
  const object = resource && context.informers.of(resource).get(objectKey);
  if (!resource || !object) return;
  const owners: { reference: OwnerReference; state: OwnerState }[] = [];
  for (const reference of ownersOf(object)) {
    owners.push({ reference, state: await stateOf(context, object, reference) });
  }
  const dependents = dependentsOf(context, object.metadata?.uid ?? '');
  const step = planGarbage({
    object,
    owners,
    dependents: dependents.map((each) => each.object),
  });
  await apply(context, { resource, object, dependents }, step);
}

/** Only the server can say that an owner is gone: a cache may just not have seen it yet. */
async function stateOf(
  { informers, client }: Context,
  object: KubeObject,
  reference: OwnerReference,
): Promise<OwnerState> {
  const resource = resourceOf(reference);
  if (!resource) return 'unknown';
  const namespace = object.metadata?.namespace;
  if (resource.namespaced && !namespace) return 'unknown';
  const cached = informers.of(resource).get(ownerKey(resource, object, reference));
  if (cached?.metadata?.uid === reference.uid) return isWaiting(cached) ? 'waiting' : 'solid';
  try {
    const live = await client.get(
      resource,
      reference.name,
      resource.namespaced ? namespace : undefined,
    );
    if (live.metadata?.uid !== reference.uid) return 'absent';
    return isWaiting(live) ? 'waiting' : 'solid';
  } catch (error) {
    if (hasReason(error, 'NotFound')) return 'absent';
    throw error;
  }
}

const isWaiting = ({ metadata }: KubeObject): boolean =>
  metadata?.deletionTimestamp !== undefined &&
  (metadata.finalizers ?? []).includes(foregroundFinalizer);

/** The version may be another: an owner is the same object in all versions of its group. */
function resourceOf({ apiVersion, kind }: OwnerReference): Resource | undefined {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return followed.find((each) => each.group === group && each.kind === kind);
}

const ownerKey = (resource: Resource, object: KubeObject | undefined, { name }: OwnerReference) =>
  resource.namespaced ? `${object?.metadata?.namespace}/${name}` : name;

export interface Dependent {
  readonly key: string;
  readonly resource: Resource;
  readonly object: KubeObject;
}

function dependentsOf({ informers }: Context, uid: string): Dependent[] {
  return followed.flatMap((resource) =>
    informers
      .of(resource)
      .byIndex(index, uid)
      .map((object) => {
        const { name = '', namespace } = object.metadata ?? {};
        const key = keyIn(resource, namespace ? `${namespace}/${name}` : name);
        return { key, resource, object };
      }),
  );
}

const ownersOf = (object: KubeObject | undefined): readonly OwnerReference[] =>
  object?.metadata?.ownerReferences ?? [];

const ownerUids = (object: KubeObject): string[] => ownersOf(object).map(({ uid }) => uid);
