/** As many replicas as the metrics ask for. */
import { isEqual as isSame } from '../../api/equality.ts';
import { matchesRequirements, parseLabelSelector } from '../../api/labels.ts';
import { horizontalPodAutoscalers, pods } from '../../api/resources.ts';
import type { HorizontalPodAutoscaler } from '../../api/types/autoscaling-v2.generated.ts';
import { messageOf } from '../../base/errors.ts';
import {
  type Context,
  type Controller,
  createReconciler,
  inNamespace,
  watching,
} from '../controller.ts';
import { type Memory, noMemory, remember } from './behavior.ts';
import {
  gotScale,
  isAsked,
  noScale,
  noSelector,
  notRescaled,
  type Plan,
  planScale,
  rescaled,
  type Said,
  statusOf,
} from './plan.ts';
import { propose } from './propose.ts';
import { readTarget, type Target, writeReplicas } from './target.ts';

export const autoscalerController: Controller = {
  name: 'horizontal-pod-autoscaler-controller',
  watches: watching(horizontalPodAutoscalers, pods),
  start(context) {
    const { informers } = context;
    const memories = new Map<string, Memory>();
    const reconciler = createReconciler('horizontal-pod-autoscaler', context, async (key) => {
      const autoscaler = informers.of(horizontalPodAutoscalers).get(key);
      if (!autoscaler || autoscaler.metadata?.deletionTimestamp) return;
      memories.set(key, await reconcile(context, autoscaler, memories.get(key)));
      reconciler.enqueueAfter(key, periodMs);
    });
    informers.of(horizontalPodAutoscalers).onChange((key, autoscaler, old) => {
      if (!autoscaler) memories.delete(key);
      // Its status is our own doing.
      if (autoscaler && !isSame(autoscaler.spec, old?.spec)) reconciler.enqueue(key);
    });
  },
};

const periodMs = 15_000;

async function reconcile(
  context: Context,
  autoscaler: HorizontalPodAutoscaler,
  known: Memory | undefined,
): Promise<Memory> {
  const { client, clock, recorder } = context;
  const nowMs = clock.now();
  let target: Target;
  try {
    target = await readTarget(client, autoscaler);
  } catch (error) {
    const why = messageOf(error);
    recorder.event(autoscaler, 'Warning', 'FailedGetScale', why);
    const { currentReplicas = 0, desiredReplicas = 0 } = autoscaler.status ?? {};
    const done = { current: currentReplicas, desired: desiredReplicas, hasScaled: false };
    await write(context, autoscaler, { ...done, said: [noScale(why)], metrics: [] });
    return known ?? noMemory;
  }
  const current = target.replicas;
  // A beginner takes what it finds for right, so that a restart scales nothing down at once.
  const memory = known ?? { ...noMemory, recommendations: [{ atMs: nowMs, replicas: current }] };
  const plan = await decide(context, { autoscaler, target, memory });
  const { said, hasScaled } = await scale(context, { autoscaler, target, plan });
  const desired = hasScaled ? plan.replicas : current;
  const { metrics, recommended } = plan;
  await write(context, autoscaler, { said, current, desired, metrics, hasScaled });
  return remember(memory, {
    ...(recommended !== undefined && { recommended }),
    change: desired - current,
    nowMs,
  });
}

interface Situation {
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly target: Target;
  readonly memory: Memory;
}

async function decide(
  { client, informers, clock, recorder }: Context,
  { autoscaler, target, memory }: Situation,
): Promise<Plan> {
  const { namespace, selector, replicas: currentReplicas } = target;
  const observed = { autoscaler, currentReplicas, memory, nowMs: clock.now() };
  if (!isAsked(autoscaler, currentReplicas)) return planScale({ ...observed, proposals: [] });
  if (selector === '') {
    recorder.event(autoscaler, 'Warning', 'SelectorRequired', noSelector.message ?? '');
    return { replicas: currentReplicas, rescaleReason: '', conditions: [noSelector], metrics: [] };
  }
  const requirements = parseLabelSelector(selector);
  const own = inNamespace(informers.of(pods), namespace).filter(({ metadata }) =>
    matchesRequirements(requirements, metadata?.labels),
  );
  const question = { ...observed, client, namespace, selector, pods: own };
  const metrics = autoscaler.spec.metrics ?? [];
  const proposals = await Promise.all(metrics.map((metric) => propose(question, metric)));
  for (const each of proposals) {
    if ('error' in each) recorder.event(autoscaler, 'Warning', each.reason, each.error);
  }
  const plan = planScale({ ...observed, proposals });
  if (plan.error) {
    recorder.event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', plan.error);
  }
  return plan;
}

interface Decided {
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly target: Target;
  readonly plan: Plan;
}

async function scale(
  { client, recorder }: Context,
  { autoscaler, target, plan }: Decided,
): Promise<{ readonly said: readonly Said[]; readonly hasScaled: boolean }> {
  const said = [gotScale, ...plan.conditions];
  if (plan.replicas === target.replicas) return { said, hasScaled: false };
  const what = `New size: ${plan.replicas}; reason: ${plan.rescaleReason}`;
  try {
    await writeReplicas(client, target, plan.replicas);
  } catch (error) {
    const why = messageOf(error);
    recorder.event(autoscaler, 'Warning', 'FailedRescale', `${what}; error: ${why}`);
    return { said: [...said, notRescaled(why)], hasScaled: false };
  }
  recorder.event(autoscaler, 'Normal', 'SuccessfulRescale', what);
  return { said: [...said, rescaled(plan.replicas)], hasScaled: true };
}

async function write(
  { client, clock }: Context,
  autoscaler: HorizontalPodAutoscaler,
  done: Omit<Parameters<typeof statusOf>[1], 'nowMs'>,
): Promise<void> {
  const status = statusOf(autoscaler, { ...done, nowMs: clock.now() });
  if (isSame(status, autoscaler.status)) return;
  const next = { ...autoscaler, status };
  await client.update(horizontalPodAutoscalers, next, { subresource: 'status' });
}
