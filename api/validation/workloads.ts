/** Deployments and ReplicaSets: what they select, and the pods they would make. */
import type { StatusCause } from '../../base/errors.ts';
import { matchesLabelSelector } from '../labels.ts';
import type { Deployment, DeploymentSpec, ReplicaSet } from '../types/apps-v1.generated.ts';
import type { PodTemplateSpec } from '../types/core-v1.generated.ts';
import type { IntOrString, LabelSelector } from '../types/meta-v1.generated.ts';
import {
  forbiddenValue,
  immutableDetail,
  invalidValue,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import {
  checkAnnotations,
  checkLabels,
  namespacedSubdomain,
  validateMetadata,
} from './metadata.ts';
import { checkPodSpec } from './pod.ts';
import { isSame } from './same.ts';
import { checkSelector } from './selector.ts';

interface Selecting {
  readonly selector?: LabelSelector;
  readonly template?: PodTemplateSpec;
  readonly replicas?: number;
  readonly minReadySeconds?: number;
}

export function validateReplicaSet(set: ReplicaSet, old: ReplicaSet | undefined): StatusCause[] {
  const causes = validateMetadata(set, old, namespacedSubdomain);
  return set.spec ? [...causes, ...checkSpec(set.spec, old?.spec)] : causes;
}

export function validateDeployment(
  deployment: Deployment,
  old: Deployment | undefined,
): StatusCause[] {
  const causes = validateMetadata(deployment, old, namespacedSubdomain);
  const { spec } = deployment;
  if (!spec) return causes;
  causes.push(...checkSpec(spec, old?.spec), ...checkStrategy(spec));
  causes.push(...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit));
  const { progressDeadlineSeconds: deadline = 600, minReadySeconds = 0 } = spec;
  causes.push(...notNegative('spec.progressDeadlineSeconds', deadline));
  if (deadline <= minReadySeconds) {
    const detail = 'must be greater than minReadySeconds';
    causes.push(invalidValue('spec.progressDeadlineSeconds', deadline, detail));
  }
  return causes;
}

function checkSpec(spec: Selecting, old: Selecting | undefined): StatusCause[] {
  const { selector = {}, template } = spec;
  const causes = [
    ...notNegative('spec.replicas', spec.replicas),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...checkSelector(selector, 'spec.selector'),
  ];
  if (spec.selector && isEmptySelector(selector)) {
    const detail = 'empty selector is invalid for deployment';
    causes.push(invalidValue('spec.selector', selector, detail));
  } else if (spec.selector && template) {
    const { labels } = template.metadata ?? {};
    if (!matchesLabelSelector(selector, labels)) {
      const detail = '`selector` does not match template `labels`';
      causes.push(invalidValue('spec.template.metadata.labels', labels ?? {}, detail));
    }
  }
  if (template) causes.push(...checkTemplate(template, 'spec.template'));
  if (old?.selector && !isSame(old.selector, spec.selector)) {
    causes.push(invalidValue('spec.selector', spec.selector, immutableDetail));
  }
  return causes;
}

const isEmptySelector = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector) =>
  Object.keys(matchLabels).length + matchExpressions.length === 0;

function checkTemplate({ metadata = {}, spec }: PodTemplateSpec, path: string): StatusCause[] {
  const causes = [
    ...checkLabels(metadata.labels, `${path}.labels`),
    ...checkAnnotations(metadata.annotations, `${path}.annotations`),
  ];
  // As upstream: an absent spec is an empty one.
  if (!spec) return [...causes, requiredValue(`${path}.spec.containers`)];
  causes.push(...checkPodSpec(spec, `${path}.spec`));
  if (spec.restartPolicy !== 'Always') {
    causes.push(unsupportedValue(`${path}.spec.restartPolicy`, spec.restartPolicy, ['Always']));
  }
  if (spec.activeDeadlineSeconds !== undefined) {
    const field = `${path}.spec.activeDeadlineSeconds`;
    causes.push(forbiddenValue(field, 'activeDeadlineSeconds in ReplicaSet is not Supported'));
  }
  return causes;
}

function checkStrategy({ strategy }: DeploymentSpec): StatusCause[] {
  const path = 'spec.strategy.rollingUpdate';
  const rolling = strategy?.rollingUpdate;
  if (!rolling) return [];
  if (strategy.type === 'Recreate') {
    const detail = "may not be specified when strategy `type` is 'Recreate'";
    return [forbiddenValue(path, detail)];
  }
  const { maxUnavailable = 0, maxSurge = 0 } = rolling;
  const causes = [
    ...checkShare(`${path}.maxUnavailable`, maxUnavailable),
    ...checkShare(`${path}.maxSurge`, maxSurge),
  ];
  if (shareOf(maxUnavailable) === 0 && shareOf(maxSurge) === 0) {
    const detail = 'may not be 0 when `maxSurge` is 0';
    causes.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, detail));
  }
  if (typeof maxUnavailable === 'string' && shareOf(maxUnavailable) > 100) {
    causes.push(
      invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%'),
    );
  }
  return causes;
}

function checkShare(field: string, value: IntOrString): StatusCause[] {
  if (typeof value === 'number') return notNegative(field, value);
  if (/^[0-9]+%$/.test(value)) return [];
  const detail =
    "a valid percent string must be a numeric string followed by an ending '%' " +
    "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalidValue(field, value, detail)];
}

const shareOf = (value: IntOrString) =>
  typeof value === 'number' ? value : Number.parseInt(value, 10);

function notNegative(field: string, value: number | undefined): StatusCause[] {
  if (value === undefined || value >= 0) return [];
  return [invalidValue(field, value, 'must be greater than or equal to 0')];
}
