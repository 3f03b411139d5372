/** What an autoscaler does now, and what it says about it. Pure. */
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
} from '../../api/types/autoscaling-v2.generated.ts';
import { toTime } from '../../base/clock.ts';
import { type Bounded, bound, type Memory } from './behavior.ts';

/** What came of one metric. */
export type Proposal =
  | { readonly replicas: number; readonly name: string; readonly status: MetricStatus }
  | { readonly reason: string; readonly error: string };

export interface Observed {
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly currentReplicas: number;
  readonly proposals: readonly Proposal[];
  readonly memory: Memory;
  readonly nowMs: number;
}

export interface Plan {
  /** As many as there are when nothing is to change. */
  readonly replicas: number;
  /** Why it changes. */
  readonly rescaleReason: string;
  readonly conditions: readonly Said[];
  readonly metrics: readonly MetricStatus[];
  /** What the metrics ask for, to be remembered. */
  readonly recommended?: number;
  readonly error?: string;
}

export type Said = Pick<HorizontalPodAutoscalerCondition, 'type' | 'status' | 'reason' | 'message'>;

const say = (type: string, isTrue: boolean, reason: string, message: string): Said => ({
  type,
  status: isTrue ? 'True' : 'False',
  reason,
  message,
});

/** Whether the metrics have a say: not outside of the bounds, nor where somebody chose zero. */
export function isAsked({ spec }: HorizontalPodAutoscaler, currentReplicas: number): boolean {
  const { minReplicas = 1, maxReplicas } = spec;
  return currentReplicas >= minReplicas && currentReplicas <= maxReplicas;
}

export function planScale(observed: Observed): Plan {
  const { autoscaler, currentReplicas } = observed;
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  const none = { conditions: [], metrics: [], rescaleReason: '' };
  if (currentReplicas === 0 && minReplicas !== 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    const conditions = [say('ScalingActive', false, 'ScalingDisabled', message)];
    return { ...none, replicas: 0, conditions };
  }
  const number = 'Current number of replicas';
  if (currentReplicas > maxReplicas) {
    const rescaleReason = `${number} above Spec.MaxReplicas`;
    return { ...none, replicas: maxReplicas, rescaleReason };
  }
  if (currentReplicas < minReplicas) {
    const rescaleReason = `${number} below Spec.MinReplicas`;
    return { ...none, replicas: minReplicas, rescaleReason };
  }
  return planByMetrics(observed);
}

/** The metric that asks for most decides; unless one is unknown that might have asked for more. */
function planByMetrics(observed: Observed): Plan {
  const { autoscaler, currentReplicas, proposals } = observed;
  const known = proposals.flatMap((each) => ('replicas' in each ? [each] : []));
  const failed = proposals.flatMap((each) => ('error' in each ? [each] : []));
  const best = known.reduce<(typeof known)[number] | undefined>(
    (most, each) => (most && most.replicas >= each.replicas ? most : each),
    undefined,
  );
  const metrics = known.map(({ status }) => status);
  const [first] = failed;
  if (!best || (first && best.replicas < currentReplicas)) {
    const why = first?.error ?? 'there are no metrics';
    const message = `the HPA was unable to compute the replica count: ${why}`;
    const reason = first?.reason ?? 'InvalidMetricSourceType';
    const counts = `${failed.length} invalid out of ${proposals.length}`;
    return {
      ...{ replicas: currentReplicas, rescaleReason: '', metrics },
      conditions: [say('ScalingActive', false, reason, message)],
      error: `invalid metrics (${counts}), first error is: ${why}`,
    };
  }
  const { memory, nowMs } = observed;
  const wish = { wanted: best.replicas, current: currentReplicas, memory, nowMs };
  const bounded = bound(autoscaler.spec, wish);
  const isMore = bounded.replicas > currentReplicas;
  return {
    replicas: bounded.replicas,
    rescaleReason: isMore ? `${best.name} above target` : 'All metrics below target',
    conditions: conditionsOf(bounded, best.name),
    metrics,
    recommended: best.replicas,
  };
}

function conditionsOf({ stabilized, limited }: Bounded, name: string): Said[] {
  const found = `the HPA was able to successfully calculate a replica count from ${name}`;
  const able = stabilized ?? {
    reason: 'ReadyForNewScale',
    message: 'recommended size matches current size',
  };
  const range = limited ?? {
    reason: 'DesiredWithinRange',
    message: 'the desired count is within the acceptable range',
  };
  return [
    say('ScalingActive', true, 'ValidMetricFound', found),
    say('AbleToScale', true, able.reason, able.message),
    say('ScalingLimited', limited !== undefined, range.reason, range.message),
  ];
}

export const gotScale = say(
  'AbleToScale',
  true,
  'SucceededGetScale',
  "the HPA controller was able to get the target's current scale",
);

export const noScale = (why: string): Said =>
  say(
    'AbleToScale',
    false,
    'FailedGetScale',
    `the HPA controller was unable to get the target's current scale: ${why}`,
  );

export const noSelector = say(
  'ScalingActive',
  false,
  'InvalidSelector',
  "the HPA target's scale is missing a selector",
);

export const rescaled = (replicas: number): Said =>
  say(
    'AbleToScale',
    true,
    'SucceededRescale',
    `the HPA controller was able to update the target scale to ${replicas}`,
  );

export const notRescaled = (why: string): Said =>
  say(
    'AbleToScale',
    false,
    'FailedUpdateScale',
    `the HPA controller was unable to update the target scale: ${why}`,
  );

export interface Written {
  readonly said: readonly Said[];
  readonly current: number;
  readonly desired: number;
  readonly metrics: readonly MetricStatus[];
  readonly hasScaled: boolean;
  readonly nowMs: number;
}

/** Of what is said twice about a type, the last counts. */
export function statusOf(
  { metadata, status: old }: HorizontalPodAutoscaler,
  { said, current, desired, metrics, hasScaled, nowMs }: Written,
): HorizontalPodAutoscalerStatus {
  const conditions = new Map((old?.conditions ?? []).map((each) => [each.type, each]));
  for (const each of said) {
    const before = conditions.get(each.type);
    const isOld = before?.status === each.status;
    const lastTransitionTime = (isOld && before.lastTransitionTime) || toTime(nowMs);
    conditions.set(each.type, { ...each, lastTransitionTime } as HorizontalPodAutoscalerCondition);
  }
  const lastScaleTime = hasScaled ? toTime(nowMs) : old?.lastScaleTime;
  const { generation } = metadata ?? {};
  return {
    currentReplicas: current,
    desiredReplicas: desired,
    conditions: [...conditions.values()],
    ...(metrics.length > 0 && { currentMetrics: [...metrics] }),
    ...(lastScaleTime && { lastScaleTime }),
    ...(generation !== undefined && { observedGeneration: generation }),
  };
}
