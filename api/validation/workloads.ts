/** Deployments, ReplicaSets and ReplicationControllers: as many pods of one template. */
import type { StatusCause } from '../../base/errors.ts';
import { matchesLabels } from '../labels.ts';
import type { Deployment, DeploymentSpec, ReplicaSet } from '../types/apps-v1.generated.ts';
import type { ReplicationController } from '../types/core-v1.generated.ts';
import { forbiddenValue, invalidValue, requiredValue } from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { checkLabels, namespacedSubdomain, validateMetadata } from './metadata.ts';
import { checkAtMostAll, checkShare, notNegative, shareOf } from './numbers.ts';
import { checkEndless, checkSelecting, checkTemplate, type Selecting } from './template.ts';

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

/** Selects by a map of labels, and may later select others. */
export function validateReplicationController(
  controller: ReplicationController,
  old: ReplicationController | undefined,
): StatusCause[] {
  const { spec = {} } = controller;
  const { selector = {}, template } = spec;
  const causes = [
    ...validateMetadata(controller, old, namespacedSubdomain),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...checkLabels(selector, 'spec.selector'),
    ...notNegative('spec.replicas', spec.replicas),
  ];
  if (Object.keys(selector).length === 0) causes.push(requiredValue('spec.selector'));
  if (!template) return [...causes, requiredValue('spec.template')];
  const { labels } = template.metadata ?? {};
  if (Object.keys(selector).length > 0 && !matchesLabels(selector, labels)) {
    const detail = '`selector` does not match template `labels`';
    causes.push(invalidValue('spec.template.metadata.labels', labels ?? {}, detail));
  }
  return [
    ...causes,
    ...checkTemplate(template, 'spec.template'),
    ...checkEndless(template, 'spec.template', 'ReplicationController'),
  ];
}

interface Replicated extends Selecting {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
}

const checkSpec = (spec: Replicated, old: Replicated | undefined): StatusCause[] => [
  ...notNegative('spec.replicas', spec.replicas),
  ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
  ...checkSelecting(spec, 'deployment'), // Upstream says so of ReplicaSets, too.
  ...checkTemplate(spec.template, 'spec.template'),
  ...checkEndless(spec.template, 'spec.template', 'ReplicaSet'),
  ...(old?.selector ? checkImmutable('spec.selector', spec.selector, old.selector) : []),
];

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
  return [...causes, ...checkAtMostAll(`${path}.maxUnavailable`, maxUnavailable)];
}
