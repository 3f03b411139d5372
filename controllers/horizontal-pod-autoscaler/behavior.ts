/** How fast an autoscaler may change its mind, and how far at once. Pure. */
import type {
  HorizontalPodAutoscalerSpec,
  HPAScalingRules,
} from '../../api/types/autoscaling-v2.generated.ts';

/** What was thought right, or done, and when. */
export interface Moment {
  readonly atMs: number;
  readonly replicas: number;
}

/** What an autoscaler remembers. Changes of replicas are positive numbers on both sides. */
export interface Memory {
  readonly recommendations: readonly Moment[];
  readonly ups: readonly Moment[];
  readonly downs: readonly Moment[];
}

export const noMemory: Memory = { recommendations: [], ups: [], downs: [] };

export interface Reason {
  readonly reason: string;
  readonly message: string;
}

export interface Bounded {
  readonly replicas: number;
  /** Why the recommendation had to wait; undefined: it had not. */
  readonly stabilized: Reason | undefined;
  /** Why it is not as many as wanted; undefined: it is. */
  readonly limited: Reason | undefined;
}

const downWindowMs = 300_000;

export interface Wish {
  readonly wanted: number;
  readonly current: number;
  readonly memory: Memory;
  readonly nowMs: number;
}

export function bound(spec: HorizontalPodAutoscalerSpec, wish: Wish): Bounded {
  const stable = stabilize(spec, wish);
  const steady = { ...wish, wanted: stable.replicas };
  const limited = spec.behavior ? limitByRules(spec, steady) : limitPlainly(spec, steady);
  return { ...limited, stabilized: stable.reason };
}

/** Up as little, down as little as was thought right within the window. */
function stabilize({ behavior }: HorizontalPodAutoscalerSpec, wish: Wish) {
  const { wanted, current, memory, nowMs } = wish;
  const since = (windowMs: number) =>
    memory.recommendations
      .filter(({ atMs }) => atMs > nowMs - windowMs)
      .map(({ replicas }) => replicas);
  const upMs = (behavior?.scaleUp?.stabilizationWindowSeconds ?? 0) * 1000;
  const downSeconds = behavior?.scaleDown?.stabilizationWindowSeconds;
  const downMs = downSeconds === undefined ? downWindowMs : downSeconds * 1000;
  const least = Math.min(wanted, ...since(upMs));
  const most = Math.max(wanted, ...since(downMs));
  const replicas = behavior ? Math.min(Math.max(current, least), most) : most;
  if (replicas === wanted) return { replicas, reason: undefined };
  const [direction, level, extreme] =
    wanted > replicas ? ['Up', 'lower', 'lowest'] : ['Down', 'higher', 'highest'];
  const message = `recent recommendations were ${level} than current one, applying the ${extreme} recent recommendation`;
  return { replicas, reason: { reason: `Scale${direction}Stabilized`, message } };
}

const tooFast = (direction: string): Reason => ({
  reason: direction === 'increasing' ? 'ScaleUpLimit' : 'ScaleDownLimit',
  message: `the desired replica count is ${direction} faster than the maximum scale rate`,
});
const tooMany: Reason = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const tooFew: Reason = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};

type Limited = Omit<Bounded, 'stabilized'>;

/** Where no behaviour is told: doubled at most, or to four. */
function limitPlainly(spec: HorizontalPodAutoscalerSpec, { wanted, current }: Wish): Limited {
  const { minReplicas = 1, maxReplicas } = spec;
  const fastest = Math.max(2 * current, 4);
  if (wanted < minReplicas) return { replicas: minReplicas, limited: tooFew };
  if (wanted > Math.min(fastest, maxReplicas)) {
    const isFast = fastest < maxReplicas;
    const limited = isFast ? tooFast('increasing') : tooMany;
    return { replicas: Math.min(fastest, maxReplicas), limited };
  }
  return { replicas: wanted, limited: undefined };
}

function limitByRules(spec: HorizontalPodAutoscalerSpec, wish: Wish): Limited {
  const { wanted, current } = wish;
  const { minReplicas = 1, maxReplicas, behavior = {} } = spec;
  if (wanted > current) {
    const fastest = Math.max(current, reach(behavior.scaleUp, wish, 1));
    const replicas = Math.min(fastest, maxReplicas);
    const limited = fastest < maxReplicas ? tooFast('increasing') : tooMany;
    if (wanted > replicas) return { replicas, limited };
  }
  if (wanted < current) {
    const fastest = Math.min(current, reach(behavior.scaleDown, wish, -1));
    const replicas = Math.max(fastest, minReplicas);
    const limited = fastest > minReplicas ? tooFast('decreasing') : tooFew;
    if (wanted < replicas) return { replicas, limited };
  }
  if (wanted > maxReplicas) return { replicas: maxReplicas, limited: tooMany };
  if (wanted < minReplicas) return { replicas: minReplicas, limited: tooFew };
  return { replicas: wanted, limited: undefined };
}

/** How far the policies let it go from what it was at the beginning of their periods. */
function reach(rules: HPAScalingRules | undefined, wish: Wish, direction: 1 | -1): number {
  const { current, memory, nowMs } = wish;
  if (rules?.selectPolicy === 'Disabled') return current;
  const ends = (rules?.policies ?? []).map(({ type, value, periodSeconds }) => {
    const sum = (moments: readonly Moment[]) =>
      moments
        .filter(({ atMs }) => atMs > nowMs - periodSeconds * 1000)
        .reduce((total, { replicas }) => total + replicas, 0);
    const start = current - sum(memory.ups) + sum(memory.downs);
    if (type === 'Pods') return start + direction * value;
    const end = start * (1 + (direction * value) / 100);
    return direction > 0 ? Math.ceil(end - 1e-9) : Math.trunc(end + 1e-9);
  });
  const pickSmall = (rules?.selectPolicy === 'Min') === direction > 0;
  if (ends.length === 0) return current;
  return pickSmall ? Math.min(...ends) : Math.max(...ends);
}

/** Longer than any window or period may be. */
const rememberMs = 3_600_000;

/** With what was thought and done now. */
export function remember(
  { recommendations, ups, downs }: Memory,
  { recommended, change, nowMs }: { recommended?: number; change: number; nowMs: number },
): Memory {
  const add = (moments: readonly Moment[], replicas: number | undefined) => [
    ...moments.filter(({ atMs }) => atMs > nowMs - rememberMs),
    ...(replicas === undefined ? [] : [{ atMs: nowMs, replicas }]),
  ];
  return {
    recommendations: add(recommendations, recommended),
    ups: add(ups, change > 0 ? change : undefined),
    downs: add(downs, change < 0 ? -change : undefined),
  };
}
