/**
 * autoscaling/v1 ↔ v2. What the old version has no fields for it shows in annotations, in the words
 * that it always had for them, so that nothing is lost on the way there and back.
 */
import type * as v1 from '../types/autoscaling-v1.generated.ts';
import type * as v2 from '../types/autoscaling-v2.generated.ts';
import type { ObjectMeta } from '../types/meta-v1.generated.ts';
import { isOldMetrics, newMetric, newStatus, oldMetric, oldStatus } from './autoscaler-metrics.ts';

const prefix = 'autoscaling.alpha.kubernetes.io/';
const metricsKey = `${prefix}metrics`;
const behaviorKey = `${prefix}behavior`;
const currentKey = `${prefix}current-metrics`;
const conditionsKey = `${prefix}conditions`;
const allKeys = [metricsKey, behaviorKey, currentKey, conditionsKey];

/** The one kind of metric that v1 has a field for. */
const cpuTarget = ({ type, resource }: v2.MetricSpec): number | undefined =>
  type === 'Resource' && resource?.name === 'cpu' ? resource.target?.averageUtilization : undefined;

const cpuNow = ({ type, resource }: v2.MetricStatus): number | undefined =>
  type === 'Resource' && resource?.name === 'cpu'
    ? resource.current?.averageUtilization
    : undefined;

export function toV1(scaler: v2.HorizontalPodAutoscaler): v1.HorizontalPodAutoscaler {
  const { metadata, spec, status } = scaler;
  const { metrics = [], behavior, ...kept } = spec ?? {};
  const others = metrics.filter((metric) => cpuTarget(metric) === undefined);
  const target = metrics.map(cpuTarget).find((value) => value !== undefined);
  const current = status?.currentMetrics ?? [];
  const annotations = Object.entries({
    [metricsKey]: others.length > 0 && others.map(oldMetric),
    [behaviorKey]: behavior,
    // The CPU, too: its raw value has no field.
    [currentKey]: current.length > 0 && current.map(oldStatus),
    [conditionsKey]: status?.conditions?.length ? status.conditions : false,
  }).filter(([, value]) => value);
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v1',
    ...withAnnotations(metadata, annotations),
    spec: {
      ...(kept as v1.HorizontalPodAutoscalerSpec),
      ...(target !== undefined && { targetCPUUtilizationPercentage: target }),
    },
    ...(status && { status: statusToV1(status) }),
  };
}

function statusToV1(status: v2.HorizontalPodAutoscalerStatus): v1.HorizontalPodAutoscalerStatus {
  const { conditions: _, currentMetrics, currentReplicas = 0, ...kept } = status;
  const now = currentMetrics?.map(cpuNow).find((value) => value !== undefined);
  return {
    ...kept,
    currentReplicas,
    ...(now !== undefined && { currentCPUUtilizationPercentage: now }),
  };
}

export function toV2(scaler: v1.HorizontalPodAutoscaler): v2.HorizontalPodAutoscaler {
  const { metadata, spec, status } = scaler;
  const { targetCPUUtilizationPercentage: target, ...kept } = spec ?? {};
  const told = <T>(key: string) => readAnnotation<T>(metadata, key);
  const others = told<unknown[]>(metricsKey);
  const metrics = [
    ...(isOldMetrics(others) ? others.map(newMetric) : []),
    ...(target === undefined ? [] : [cpuMetric(target)]),
  ];
  const behavior = told<v2.HorizontalPodAutoscalerBehavior>(behaviorKey);
  const current = told<unknown[]>(currentKey);
  const conditions = told<v2.HorizontalPodAutoscalerCondition[]>(conditionsKey);
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    ...withAnnotations(metadata, []),
    spec: {
      ...(kept as v2.HorizontalPodAutoscalerSpec),
      ...(metrics.length > 0 && { metrics }),
      ...(isObject(behavior) && { behavior }),
    },
    ...(status && {
      status: {
        ...statusToV2(status),
        ...(isOldMetrics(current) && { currentMetrics: current.map(newStatus) }),
        ...(Array.isArray(conditions) && { conditions }),
      },
    }),
  };
}

function statusToV2(status: v1.HorizontalPodAutoscalerStatus): v2.HorizontalPodAutoscalerStatus {
  const { currentCPUUtilizationPercentage: now, ...kept } = status;
  if (now === undefined) return kept;
  const resource = { name: 'cpu', current: { averageUtilization: now } };
  return { ...kept, currentMetrics: [{ type: 'Resource', resource }] };
}

const cpuMetric = (averageUtilization: number): v2.MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What cannot be read is as if it were not there, as upstream. */
function readAnnotation<T>(metadata: ObjectMeta | undefined, key: string): T | undefined {
  const text = metadata?.annotations?.[key];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

function withAnnotations(
  metadata: ObjectMeta | undefined,
  added: readonly (readonly [string, unknown])[],
): { metadata?: ObjectMeta } {
  if (!metadata) return {};
  const { annotations, ...kept } = metadata;
  const own = Object.entries(annotations ?? {}).filter(([key]) => !allKeys.includes(key));
  const texts = added.map(([key, value]) => [key, JSON.stringify(value)] as const);
  const all = [...own, ...texts];
  return { metadata: all.length > 0 ? { ...kept, annotations: Object.fromEntries(all) } : kept };
}
