/**
 * autoscaling/v1 ↔ v2. What the old version has no fields for it shows in annotations, in the words
 * that it always had for them, so that nothing is lost on the way there and back.
 */
import { typeNamed } from '../schema.ts';
import type * as v1 from '../types/autoscaling-v1.generated.ts';
import type * as v2 from '../types/autoscaling-v2.generated.ts';
import type { ObjectMeta } from '../types/meta-v1.generated.ts';
import { decodeObject } from '../validation/decode.ts';
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
  const told = toldSpec(metadata);
  const metrics = [...(told.metrics ?? []), ...(target === undefined ? [] : [cpuMetric(target)])];
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    ...withAnnotations(metadata, []),
    spec: {
      ...(kept as v2.HorizontalPodAutoscalerSpec),
      ...(metrics.length > 0 && { metrics }),
      ...(told.behavior && { behavior: told.behavior }),
    },
    ...(status && { status: { ...statusToV2(status), ...toldStatus(metadata) } }),
  };
}

type Metadata = ObjectMeta | undefined;

/** What the annotations say of the spec. */
function toldSpec(metadata: Metadata): Partial<v2.HorizontalPodAutoscalerSpec> {
  const metrics = readAnnotation(metadata, metricsKey);
  const behavior = readAnnotation(metadata, behaviorKey);
  const type = 'HorizontalPodAutoscalerSpec';
  return {
    ...(isOldMetrics(metrics) && decoded(type, { metrics: metrics.map(newMetric) })),
    ...(behavior !== undefined && decoded(type, { behavior })),
  };
}

function toldStatus(metadata: Metadata): Partial<v2.HorizontalPodAutoscalerStatus> {
  const current = readAnnotation(metadata, currentKey);
  const conditions = readAnnotation(metadata, conditionsKey);
  const type = 'HorizontalPodAutoscalerStatus';
  return {
    ...(isOldMetrics(current) && decoded(type, { currentMetrics: current.map(newStatus) })),
    ...(conditions !== undefined && decoded(type, { conditions })),
  };
}

/** Annotations are users' texts: what is not of the type is as if it were not there. */
function decoded(type: string, fields: object): object {
  try {
    decodeObject(typeNamed('autoscaling-v2', type)!, fields);
    return fields;
  } catch {
    return {};
  }
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

/** What cannot be read is as if it were not there, as upstream. */
function readAnnotation(metadata: Metadata, key: string): unknown {
  const text = metadata?.annotations?.[key];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withAnnotations(
  metadata: Metadata,
  added: readonly (readonly [string, unknown])[],
): { metadata?: ObjectMeta } {
  if (!metadata) return {};
  const { annotations, ...kept } = metadata;
  const own = Object.entries(annotations ?? {}).filter(([key]) => !allKeys.includes(key));
  const texts = added.map(([key, value]) => [key, JSON.stringify(value)] as const);
  const all = [...own, ...texts];
  return { metadata: all.length > 0 ? { ...kept, annotations: Object.fromEntries(all) } : kept };
}
