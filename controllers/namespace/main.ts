/** A deleted namespace loses its content, then its finalizer. */
import { groupResourceOf, type KubeObject, type Resource } from '../../api/resource.ts';
import { allResources, namespaces, pods } from '../../api/resources.ts';
import type { Namespace } from '../../api/types/core-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { hasReason, messageOf, StatusError } from '../../base/errors.ts';
import { type Context, type Controller, createReconciler, watching } from '../controller.ts';
import { planConditions, type Remaining, recheckMsOf } from './plan.ts';

const finalizer = 'kubernetes';

/** Owners before what they own, so that nothing is made anew meanwhile; pods, then the rest. */
const order = ['deployments.apps', 'replicasets.apps', 'pods'];

export const namespaceController: Controller = {
  name: 'namespace-controller',
  watches: watching(namespaces, pods),
  start(context) {
    const { informers } = context;
    const reconciler = createReconciler('namespace', context, async (key) => {
      const recheckMs = await reconcile(context, key);
      if (recheckMs !== undefined) reconciler.enqueueAfter(key, recheckMs);
    });
    const isEnding = (key: string) =>
      informers.of(namespaces).get(key)?.metadata?.deletionTimestamp;
    informers.of(namespaces).onChange((key) => {
      if (isEnding(key)) reconciler.enqueue(key);
    });
    informers.of(pods).onChange((_, pod, old) => {
      const name = old?.metadata?.namespace ?? '';
      if (!pod && isEnding(name)) reconciler.enqueue(name);
    });
  },
};

/** Returns when to look again, while content remains. */
async function reconcile(context: Context, key: string): Promise<number | undefined> {
  const { informers, client } = context;
  const namespace = informers.of(namespaces).get(key);
  if (!namespace?.metadata?.deletionTimestamp) return undefined;
  if (!namespace.spec?.finalizers?.includes(finalizer)) return undefined;
  const { remaining, failure } = await deleteContent(context, key);
  const isEmpty = remaining.every(({ objects }) => objects.length === 0) && !failure;
  const latest = await say(context, namespace, remaining, failure);
  if (!isEmpty) {
    if (failure) throw failure;
    return recheckMsOf(remaining);
  }
  const finalizers = (latest.spec?.finalizers ?? []).filter((each) => each !== finalizer);
  const body = { ...latest, spec: { ...latest.spec, finalizers } };
  try {
    await client.update(namespaces, body, { subresource: 'finalize' });
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
  return undefined;
}

/** Deletes what is there and says what is left: the server is asked, not a cache that may lag. */
async function deleteContent({ client }: Context, namespace: string) {
  const remaining: Remaining[] = [];
  let failure: StatusError | undefined;
  for (const resource of inOrder(allResources)) {
    try {
      const { items } = await client.list(resource, { namespace });
      if (items.length === 0) continue;
      for (const object of items) await deleteOne(client, resource, object);
      const left = await client.list(resource, { namespace });
      remaining.push({ resource: groupResourceOf(resource), objects: left.items });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      failure ??= error; // The other resources go all the same.
    }
  }
  return { remaining, failure };
}

async function deleteOne(
  client: Context['client'],
  resource: Resource,
  { metadata }: KubeObject,
): Promise<void> {
  if (metadata?.deletionTimestamp) return;
  const { name = '', namespace = '', uid } = metadata ?? {};
  try {
    await client.delete(
      resource,
      { name, namespace },
      { propagationPolicy: 'Background', ...(uid && { preconditions: { uid } }) },
    );
  } catch (error) {
    if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
  }
}

/** Resolves the namespace as it is after what was said about it. */
async function say(
  { client, clock }: Context,
  namespace: Namespace,
  remaining: readonly Remaining[],
  failure: Error | undefined,
): Promise<Namespace> {
  const known = namespace.status?.conditions ?? [];
  const why = failure && messageOf(failure);
  const conditions = planConditions(known, remaining, why, toTime(clock.now()));
  if (JSON.stringify(conditions) === JSON.stringify(known)) return namespace;
  const status = { ...namespace.status, phase: 'Terminating', conditions };
  return client.update(namespaces, { ...namespace, status }, { subresource: 'status' });
}

function inOrder(resources: readonly Resource[]): Resource[] {
  const rank = (resource: Resource) => {
    const i = order.indexOf(groupResourceOf(resource));
    return i < 0 ? order.length : i;
  };
  // Reviews are only made, never kept; another version of a kind has the same objects.
  const isKept = ({ namespaced, verbs, storedAs }: Resource) =>
    namespaced && verbs.includes('delete') && !storedAs;
  return resources.filter(isKept).sort((a, b) => rank(a) - rank(b));
}
