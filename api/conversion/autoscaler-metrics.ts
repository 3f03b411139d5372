/** Metrics as autoscaling/v1 writes them into annotations: one flat record for each kind. */
import type {
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../types/autoscaling-v2.generated.ts';

/** Fields of all five kinds; which are there depends on the kind. */
type Flat = Readonly<Record<string, unknown>>;

type Old = { readonly type?: string } & Readonly<Record<string, Flat | string | undefined>>;

/** What comes from users' annotations is not trusted to be anything. */
export const isOldMetrics = (value: unknown): value is Old[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null);

export function oldMetric(metric: MetricSpec): object {
  const { type, object, pods, external, resource, containerResource } = metric;
  return compact({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      targetValue: object.target.value ?? '0',
      selector: object.metric.selector,
      averageValue: object.target.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      targetAverageValue: pods.target.averageValue,
      selector: pods.metric.selector,
    },
    resource: resource && { name: resource.name, ...oldTarget(resource.target) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...oldTarget(containerResource.target),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      targetValue: external.target.value,
      targetAverageValue: external.target.averageValue,
    },
  });
}

const oldTarget = ({ averageUtilization, averageValue }: MetricTarget) => ({
  targetAverageUtilization: averageUtilization,
  targetAverageValue: averageValue,
});

export function newMetric(old: Old): MetricSpec {
  const { object, pods, external, resource, containerResource } = partsOf(old);
  return compact({
    type: old.type,
    object: object && {
      describedObject: object.target,
      metric: { name: object.metricName, selector: object.selector },
      target: object.averageValue
        ? { type: 'AverageValue', averageValue: object.averageValue }
        : { type: 'Value', value: object.targetValue },
    },
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
    },
    resource: resource && { name: resource.name, target: newTarget(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      target: newTarget(containerResource),
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      target: external.targetValue
        ? { type: 'Value', value: external.targetValue, averageValue: external.targetAverageValue }
        : { type: 'AverageValue', averageValue: external.targetAverageValue },
    },
  }) as unknown as MetricSpec;
}

const newTarget = ({ targetAverageUtilization, targetAverageValue }: Flat) => ({
  type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
  averageUtilization: targetAverageUtilization,
  averageValue: targetAverageValue,
});

/** A status is whatever its writer says: parts of it may be missing. */
export function oldStatus(status: MetricStatus): object {
  const { type, object, pods, external, resource, containerResource } = status;
  return compact({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric?.name,
      currentValue: object.current?.value ?? '0',
      selector: object.metric?.selector,
      averageValue: object.current?.averageValue,
    },
    pods: pods && {
      metricName: pods.metric?.name,
      currentAverageValue: pods.current?.averageValue,
      selector: pods.metric?.selector,
    },
    resource: resource && { name: resource.name, ...oldCurrent(resource.current) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...oldCurrent(containerResource.current),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric?.name,
      metricSelector: external.metric?.selector,
      currentValue: external.current?.value ?? '0',
      currentAverageValue: external.current?.averageValue,
    },
  });
}

const oldCurrent = ({ averageUtilization, averageValue }: MetricValueStatus = {}) => ({
  currentAverageUtilization: averageUtilization,
  currentAverageValue: averageValue ?? '0',
});

export function newStatus(old: Old): MetricStatus {
  const { object, pods, external, resource, containerResource } = partsOf(old);
  return compact({
    type: old.type,
    object: object && {
      describedObject: object.target,
      metric: { name: object.metricName, selector: object.selector },
      current: { value: object.currentValue, averageValue: object.averageValue },
    },
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      current: { averageValue: pods.currentAverageValue },
    },
    resource: resource && { name: resource.name, current: newCurrent(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      current: newCurrent(containerResource),
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      current: { value: external.currentValue, averageValue: external.currentAverageValue },
    },
  }) as unknown as MetricStatus;
}

const newCurrent = ({ currentAverageUtilization, currentAverageValue }: Flat) => ({
  averageUtilization: currentAverageUtilization,
  averageValue: currentAverageValue,
});

const kinds = ['object', 'pods', 'external', 'resource', 'containerResource'] as const;

/** Only what is a record is one. */
function partsOf(old: Old): Partial<Record<(typeof kinds)[number], Flat>> {
  const records = kinds.filter((kind) => typeof old[kind] === 'object' && old[kind] !== null);
  return Object.fromEntries(records.map((kind) => [kind, old[kind]]));
}

/** Without absent fields, as deep as the records here are; what users nest may be deeper. */
function compact<T extends object>(value: T, levels = 3): T {
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .map(([key, each]) => [key, levels > 1 && isRecord(each) ? compact(each, levels - 1) : each]);
  return Object.fromEntries(entries) as T;
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
