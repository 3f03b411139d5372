/** Keeps in each PodDisruptionBudget how many of its pods may be evicted now. */
import { matchesLabelSelector } from '../../api/labels.ts';
import type { KubeObject } from '../../api/resource.ts';
import {
  deployments,
  podDisruptionBudgets,
  pods,
  replicaSets,
  replicationControllers,
  statefulSets,
} from '../../api/resources.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.generated.ts';
import { keyOf } from '../../client/keys.ts';
import {
  type Context,
  type Controller,
  createReconciler,
  inNamespace,
  watching,
} from '../controller.ts';
import { controllerOf } from '../owners.ts';
import { planBudget } from './plan.ts';

/** Kinds that say how many pods they want. */
const scaled = [deployments, replicaSets, statefulSets, replicationControllers] as const;

export const disruptionController: Controller = {
  name: 'disruption-controller',
  watches: watching(podDisruptionBudgets, pods, ...scaled),
  start(context) {
    const { informers } = context;
    const budgets = informers.of(podDisruptionBudgets);
    const reconciler = createReconciler('disruption', context, async (key) => {
      const recheckMs = await reconcile(context, key);
      if (recheckMs !== undefined) reconciler.enqueueAfter(key, recheckMs);
    });
    budgets.onChange((key) => reconciler.enqueue(key));
    informers.of(pods).onChange((_, pod, old) => {
      const { namespace = '' } = (pod ?? old)?.metadata ?? {};
      for (const budget of inNamespace(budgets, namespace)) {
        const isIts = [pod, old].some((each) => each && matches(budget, each));
        if (isIts) reconciler.enqueue(keyOf(budget));
      }
    });
    for (const resource of scaled) {
      // Another number of replicas: whichever budget counts by them.
      informers.of<KubeObject>(resource as never).onChange((_, object, old) => {
        if (replicasOf(object) === replicasOf(old)) return;
        const { namespace = '' } = (object ?? old)?.metadata ?? {};
        for (const budget of inNamespace(budgets, namespace)) reconciler.enqueue(keyOf(budget));
      });
    }
  },
};

async function reconcile(context: Context, key: string): Promise<number | undefined> {
  const { informers, client, clock } = context;
  const budget = informers.of(podDisruptionBudgets).get(key);
  if (!budget || budget.metadata?.deletionTimestamp) return undefined;
  const namespace = budget.metadata?.namespace ?? '';
  const own = inNamespace(informers.of(pods), namespace).filter((pod) => matches(budget, pod));
  const { status, recheckMs } = planBudget({
    budget,
    pods: own,
    wantedReplicas: wantedBy(context, own),
    nowMs: clock.now(),
  });
  if (status) {
    await client.update(podDisruptionBudgets, { ...budget, status }, { subresource: 'status' });
  }
  return recheckMs;
}

const matches = ({ metadata, spec }: PodDisruptionBudget, pod: Pod): boolean =>
  pod.metadata?.namespace === metadata?.namespace &&
  matchesLabelSelector(spec?.selector, pod.metadata?.labels);

const replicasOf = (object: KubeObject | undefined): number | undefined => {
  if (!object) return undefined;
  return (object as { spec?: { replicas?: number } }).spec?.replicas ?? 1;
};

/** Each owner counts once; what a Deployment's ReplicaSets want is what it wants itself. */
function wantedBy({ informers }: Context, own: readonly Pod[]): number | undefined {
  const owners = new Map<string, number>();
  for (const pod of own) {
    const owner = ownerOf(pod, (kind, key) => {
      const resource = scaled.find((each) => each.kind === kind);
      return resource && informers.of<KubeObject>(resource as never).get(key);
    });
    if (!owner) return undefined;
    owners.set(owner.metadata?.uid ?? '', replicasOf(owner) ?? 1);
  }
  return [...owners.values()].reduce((sum, replicas) => sum + replicas, 0);
}

function ownerOf(
  object: KubeObject,
  find: (kind: string, key: string) => KubeObject | undefined,
): KubeObject | undefined {
  const reference = controllerOf(object);
  if (!reference) return undefined;
  const owner = find(reference.kind, `${object.metadata?.namespace}/${reference.name}`);
  if (!owner || owner.metadata?.uid !== reference.uid) return undefined;
  return (controllerOf(owner) && ownerOf(owner, find)) ?? owner;
}
