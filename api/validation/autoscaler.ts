/** HorizontalPodAutoscalers, in their newest version. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Label, isPathSegmentName } from '../names.ts';
import { parseQuantity } from '../quantity.ts';
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '../types/autoscaling-v2.generated.ts';
import {
  forbiddenValue,
  invalidValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { notNegative } from './numbers.ts';
import { checkContainerResourceName } from './resource-names.ts';
import { isSame } from './same.ts';

type Autoscaler = HorizontalPodAutoscaler;

export function validateAutoscaler(scaler: Autoscaler, old: Autoscaler | undefined): StatusCause[] {
  const { spec, status } = scaler;
  const causes = validateMetadata(scaler, old, namespacedSubdomain);
  if (!spec) return causes;
  const hasZero = old?.spec?.minReplicas === 0;
  causes.push(...checkCounts(spec, hasZero ? 0 : 1));
  if (spec.scaleTargetRef)
    causes.push(...checkReference(spec.scaleTargetRef, 'spec.scaleTargetRef'));
  causes.push(...checkMetrics(spec));
  for (const [name, rules] of Object.entries(spec.behavior ?? {})) {
    causes.push(...checkRules(rules as HPAScalingRules, `spec.behavior.${name}`));
  }
  if (!old || isSame(status, old.status)) return causes;
  return [
    ...causes,
    ...notNegative('status.currentReplicas', status?.currentReplicas),
    ...notNegative('status.desiredReplicas', status?.desiredReplicas),
  ];
}

function checkCounts(
  { minReplicas: min, maxReplicas: max }: HorizontalPodAutoscalerSpec,
  least: 0 | 1,
) {
  const causes: StatusCause[] = [];
  if (min !== undefined && min < least) {
    const detail = `must be greater than or equal to ${least}`;
    causes.push(invalidValue('spec.minReplicas', min, detail));
  }
  if (max === undefined) return causes; // Reported by the schema.
  if (max < 1) causes.push(invalidValue('spec.maxReplicas', max, 'must be greater than 0'));
  if (min !== undefined && max < min) {
    const detail = 'must be greater than or equal to `minReplicas`';
    causes.push(invalidValue('spec.maxReplicas', max, detail));
  }
  return causes;
}

function checkReference(reference: CrossVersionObjectReference, path: string): StatusCause[] {
  return (['kind', 'name'] as const).flatMap((name) => {
    const value = reference[name];
    if (value === '') return [requiredValue(`${path}.${name}`)];
    return value ? problemsOf(`${path}.${name}`, value, isPathSegmentName(value)) : [];
  });
}

const sources = ['object', 'external', 'pods', 'resource', 'containerResource'] as const;
const metricTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

function checkMetrics({ metrics = [], minReplicas }: HorizontalPodAutoscalerSpec): StatusCause[] {
  const causes = metrics.flatMap((metric, index) => checkMetric(metric, `spec.metrics[${index}]`));
  const isOfOthers = metrics.some(({ type }) => type === 'Object' || type === 'External');
  if (minReplicas !== 0 || isOfOthers) return causes;
  const detail =
    'must specify at least one Object or External metric to support scaling to zero replicas';
  return [...causes, forbiddenValue('spec.metrics', detail)];
}

function checkMetric(metric: MetricSpec, path: string): StatusCause[] {
  const { type = '' } = metric;
  if (type === '') return [requiredValue(`${path}.type`, 'must specify a metric source type')];
  if (!metricTypes.includes(type)) {
    return [unsupportedValue(`${path}.type`, type, metricTypes)];
  }
  const wanted = (type[0]!.toLowerCase() + type.slice(1)) as (typeof sources)[number];
  const present = sources.filter((name) => metric[name]);
  const causes = present[0] ? checkSource(metric, present[0], `${path}.${present[0]}`) : [];
  if (!metric[wanted]) {
    const detail = 'must populate information for the given metric source';
    causes.push(requiredValue(`${path}.${wanted}`, detail));
  }
  for (const name of present.filter((each) => each !== wanted)) {
    const detail = 'must populate the given metric source only';
    causes.push(forbiddenValue(`${path}.${name}`, detail));
  }
  return causes;
}

function checkSource(metric: MetricSpec, name: (typeof sources)[number], path: string) {
  const { object, external, pods, resource, containerResource } = metric;
  if (name === 'object' && object) {
    return [
      ...(object.describedObject
        ? checkReference(object.describedObject, `${path}.describedObject`)
        : []),
      ...checkIdentifier(object.metric, `${path}.metric`),
      ...checkTarget(object.target, `${path}.target`),
      ...checkOneOf(object.target, path, 'must set either a target value or averageValue'),
    ];
  }
  if (name === 'external' && external) return checkExternal(external, path);
  if (name === 'pods' && pods) {
    const detail = 'must specify a positive target averageValue';
    const isMissing = pods.target && pods.target.averageValue === undefined;
    return [
      ...checkIdentifier(pods.metric, `${path}.metric`),
      ...checkTarget(pods.target, `${path}.target`),
      ...(isMissing ? [requiredValue(`${path}.target.averageValue`, detail)] : []),
    ];
  }
  if (name === 'resource' && resource) return checkUsage(resource, path);
  return containerResource
    ? [...checkContainer(containerResource, path), ...checkUsage(containerResource, path)]
    : [];
}

function checkExternal({ metric, target }: NonNullable<MetricSpec['external']>, path: string) {
  const detail = 'must set either a target value for metric or a per-pod target';
  const causes = [
    ...checkIdentifier(metric, `${path}.metric`),
    ...checkTarget(target, `${path}.target`),
    ...checkOneOf(target, path, detail),
  ];
  if (target?.value === undefined || target.averageValue === undefined) return causes;
  const both = 'may not set both a target value for metric and a per-pod target';
  return [...causes, forbiddenValue(`${path}.target.value`, both)];
}

function checkOneOf(target: MetricTarget | undefined, path: string, detail: string) {
  if (!target || target.value !== undefined || target.averageValue !== undefined) return [];
  return [requiredValue(`${path}.target.averageValue`, detail)];
}

function checkContainer(
  { name, container }: NonNullable<MetricSpec['containerResource']>,
  path: string,
) {
  const causes = name ? checkContainerResourceName(name, `${path}.name`) : [];
  if (container === '') {
    causes.push(requiredValue(`${path}.container`, 'must specify a container'));
  } else if (container) {
    causes.push(...problemsOf(`${path}.container`, container, isDns1123Label(container)));
  }
  return causes;
}

interface Usage {
  readonly name?: string;
  readonly target?: MetricTarget;
}

/** CPU or memory: so much, or such a part of what is requested. */
function checkUsage({ name, target }: Usage, path: string): StatusCause[] {
  const causes = name === '' ? [requiredValue(`${path}.name`, 'must specify a resource name')] : [];
  causes.push(...checkTarget(target, `${path}.target`));
  if (!target) return causes;
  const { averageUtilization, averageValue } = target;
  if (averageUtilization === undefined && averageValue === undefined) {
    const detail = 'must set either a target raw value or a target utilization';
    causes.push(requiredValue(`${path}.target.averageUtilization`, detail));
  } else if (averageUtilization !== undefined && averageValue !== undefined) {
    const detail = 'may not set both a target raw value and a target utilization';
    causes.push(forbiddenValue(`${path}.target.averageValue`, detail));
  }
  return causes;
}

function checkTarget(target: MetricTarget | undefined, path: string): StatusCause[] {
  if (!target) return []; // Reported by the schema.
  const { type = '', value, averageValue, averageUtilization } = target;
  const causes: StatusCause[] = [];
  if (type === '') causes.push(requiredValue(`${path}.type`, 'must specify a metric target type'));
  if (!['Utilization', 'Value', 'AverageValue'].includes(type)) {
    const detail = 'must be either Utilization, Value, or AverageValue';
    causes.push(invalidValue(`${path}.type`, type, detail));
  }
  for (const [name, amount] of Object.entries({ value, averageValue })) {
    if (amount === undefined || parseQuantity(amount).nano > 0n) continue;
    causes.push(invalidValue(`${path}.${name}`, amount, 'must be positive'));
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    const field = `${path}.averageUtilization`;
    causes.push(invalidValue(field, averageUtilization, 'must be greater than 0'));
  }
  return causes;
}

function checkIdentifier(metric: MetricIdentifier | undefined, path: string): StatusCause[] {
  if (metric?.name === '') return [requiredValue(`${path}.name`, 'must specify a metric name')];
  return metric?.name
    ? problemsOf(`${path}.name`, metric.name, isPathSegmentName(metric.name))
    : [];
}

const windowMax = 3600;
const periodMax = 1800;
const selectPolicies = ['Disabled', 'Max', 'Min'];
const policyTypes = ['Percent', 'Pods'];

function checkRules(rules: HPAScalingRules | undefined, path: string): StatusCause[] {
  if (!rules) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const field = `${path}.stabilizationWindowSeconds`;
  const causes: StatusCause[] = [];
  if (window !== undefined && window < 0) {
    causes.push(invalidValue(field, window, 'must be greater than or equal to zero'));
  } else if (window !== undefined && window > windowMax) {
    causes.push(invalidValue(field, window, `must be less than or equal to ${windowMax}`));
  }
  if (selectPolicy !== undefined && !selectPolicies.includes(selectPolicy)) {
    causes.push(unsupportedValue(`${path}.selectPolicy`, selectPolicy, selectPolicies));
  }
  if (policies.length === 0) {
    causes.push(requiredValue(`${path}.policies`, 'must specify at least one Policy'));
  }
  for (const [index, policy] of policies.entries()) {
    const at = `${path}.policies[${index}]`;
    const { type, value, periodSeconds } = policy;
    if (!policyTypes.includes(type)) {
      causes.push(unsupportedValue(`${at}.type`, type, policyTypes));
    }
    for (const [name, count] of Object.entries({ value, periodSeconds })) {
      if (count > 0) continue;
      causes.push(invalidValue(`${at}.${name}`, count, 'must be greater than zero'));
    }
    if (periodSeconds > periodMax) {
      const detail = `must be less than or equal to ${periodMax}`;
      causes.push(invalidValue(`${at}.periodSeconds`, periodSeconds, detail));
    }
  }
  if (tolerance !== undefined && parseQuantity(tolerance).nano < 0n) {
    const detail = 'must be greater than or equal to 0';
    causes.push(invalidValue(`${path}.tolerance`, tolerance, detail));
  }
  return causes;
}
