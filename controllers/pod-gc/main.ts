/** Ends pods whose node is gone, and the oldest of those that are over. */
import { nodes, pods } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { hasReason } from '../../base/errors.ts';
import { type Context, type Controller, createReconciler, watching } from '../controller.ts';
import { planPodGc, type Removal } from './plan.ts';

export const podGcController: Controller = {
  name: 'pod-garbage-collector-controller',
  watches: watching(pods, nodes),
  start(context) {
    const { informers } = context;
    const missingSince = new Map<string, number>();
    const reconciler = createReconciler('pod-gc', context, async (key) => {
      const recheckMs = await collect(context, missingSince);
      if (recheckMs !== undefined) reconciler.enqueueAfter(key, recheckMs);
    });
    const look = () => reconciler.enqueueAfter('all', batchMs);
    const nodeInformer = informers.of(nodes);
    nodeInformer.onChange((_, node) => {
      if (!node || node.spec?.taints?.length) look();
    });
    informers.of(pods).onChange((_, pod) => {
      if (!pod) return;
      const { nodeName = '' } = pod.spec ?? {};
      const isEnding = pod.metadata?.deletionTimestamp !== undefined;
      const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
      const isLost = nodeName === '' ? isEnding : !nodeInformer.get(nodeName);
      if (isLost || (isOver && informers.of(pods).size > endedMax)) look();
    });
  },
};

const endedMax = 12_500;
const batchMs = 500; // Of a namespace that ends, all at once.

async function collect(
  context: Context,
  missingSince: Map<string, number>,
): Promise<number | undefined> {
  const { informers, clock } = context;
  const nowMs = clock.now();
  const plan = planPodGc({
    pods: informers.of(pods).list(),
    nodes: new Map(
      informers
        .of(nodes)
        .list()
        .map((node) => [node.metadata?.name ?? '', node]),
    ),
    ...{ missingSince, nowMs, endedMax },
  });
  for (const name of plan.missing) if (!missingSince.has(name)) missingSince.set(name, nowMs);
  for (const name of [...missingSince.keys()]) {
    if (!plan.missing.includes(name)) missingSince.delete(name);
  }
  const standing = await findStanding(context, plan.removals);
  for (const removal of plan.removals) {
    if (!standing.has(removal.node ?? '')) await remove(context, removal);
  }
  return plan.recheckMs;
}

/** Nodes that the cache does not have and the server does. */
async function findStanding(
  { client }: Context,
  removals: readonly Removal[],
): Promise<Set<string>> {
  const standing = new Set<string>();
  for (const name of new Set(removals.flatMap(({ node }) => node ?? []))) {
    try {
      await client.get(nodes, name);
      standing.add(name);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }
  return standing;
}

async function remove(context: Context, { pod, message }: Removal): Promise<void> {
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
  const target = { name, namespace };
  try {
    if (message) await markFailed(context, pod, message);
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    await context.client.delete(pods, target, options);
  } catch (error) {
    if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
  }
}

/** Its node cannot say any more how it ended: whoever counts pods learns it here. */
async function markFailed({ client, clock }: Context, pod: Pod, message: string): Promise<void> {
  const { name = '', namespace = '', uid } = pod.metadata ?? {};
  const { phase, conditions = [] } = pod.status ?? {};
  if (phase === 'Succeeded' || phase === 'Failed') return;
  const disrupted = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message,
    lastTransitionTime: toTime(clock.now()),
  };
  const others = conditions.filter(({ type }) => type !== 'DisruptionTarget');
  const status = { phase: 'Failed', conditions: [...others, disrupted] };
  const patch = { type: 'merge', body: { metadata: { uid }, status } } as const;
  await client.patch(pods, { name, namespace }, patch, { subresource: 'status' });
}
