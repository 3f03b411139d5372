/**
 * Says in each ResourceQuota what is used. The API server adds what is made when it lets it in;
 * what goes, and what ends, is taken off here.
 */
import { evaluatorOf } from '../../api/quota/evaluators.ts';
import type { KubeObject, Resource } from '../../api/resource.ts';
import { allResources, resourceQuotas } from '../../api/resources.ts';
import { keyOf } from '../../client/keys.ts';
import { type Context, type Controller, createReconciler, inNamespace } from '../controller.ts';
import { changesUsage, isNew, planQuotaStatus } from './plan.ts';

/** All that can be counted. The garbage collector follows the same. */
const counted: readonly Resource[] = allResources.filter((resource) => {
  const { namespaced, verbs, storedAs } = resource;
  return namespaced && verbs.includes('watch') && !storedAs && evaluatorOf(resource);
});

export const resourceQuotaController: Controller = {
  name: 'resourcequota-controller',
  watches: counted,
  start(context) {
    const { informers } = context;
    const reconciler = createReconciler('resourcequota', context, async (key) => {
      if (await reconcile(context, key)) reconciler.enqueueAfter(key, lookMs);
    });
    informers.of(resourceQuotas).onChange((key, quota) => {
      if (quota && isNew(quota)) reconciler.enqueue(key);
      else if (quota) reconciler.enqueueAfter(key, lookMs);
    });
    for (const resource of counted) {
      informers.of(resource).onChange((_, object, old) => {
        for (const key of quotasOf(context, resource, object, old)) {
          reconciler.enqueueAfter(key, batchMs);
        }
      });
    }
  },
};

const batchMs = 200; // A rollout is many changes.
const lookMs = 300_000; // Time frees what is overdue, and says so to nobody.

function quotasOf(
  { informers, clock }: Context,
  resource: Resource,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
): string[] {
  const { namespace = '' } = (object ?? old)?.metadata ?? {};
  const quotas = inNamespace(informers.of(resourceQuotas), namespace);
  if (quotas.length === 0) return [];
  const change = { ...(object && { object }), ...(old && { old }), nowMs: clock.now() };
  return quotas.filter((quota) => changesUsage(quota, resource, change)).map(keyOf);
}

/** Whether the quota is still there. */
async function reconcile({ informers, client, clock }: Context, key: string): Promise<boolean> {
  const quota = informers.of(resourceQuotas).get(key);
  if (!quota || quota.metadata?.deletionTimestamp) return false;
  const namespace = quota.metadata?.namespace ?? '';
  const objectsOf = (resource: Resource) => inNamespace(informers.of(resource), namespace);
  const status = planQuotaStatus(quota, objectsOf, clock.now());
  if (status) {
    await client.update(resourceQuotas, { ...quota, status }, { subresource: 'status' });
  }
  return true;
}
