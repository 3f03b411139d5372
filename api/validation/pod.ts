/** Pods: what may be made, and what may still change. */
import type { StatusCause } from '../../base/errors.ts';
import type { Pod } from '../types/core-v1.generated.ts';
import { forbiddenValue, requiredValue } from './cause.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { checkAgreement, checkAnnotationUpdate, checkPodAnnotations } from './pod-annotations.ts';
import { checkPodSpec } from './pod-spec.ts';
import { checkPodStatus } from './pod-status.ts';
import { checkPodUpdate } from './pod-update.ts';
import { isSame } from './same.ts';

export function validatePod(pod: Pod, old: Pod | undefined): StatusCause[] {
  if (!old) return [...checkWholePod(pod, undefined), ...checkNew(pod)];
  const causes = isSame(pod.spec, old.spec)
    ? checkMetadata(pod, old)
    : [...checkWholePod(pod, old), ...(pod.spec && old.spec ? checkPodUpdate(pod, old) : [])];
  return isSame(pod.status, old.status) ? causes : [...causes, ...checkPodStatus(pod, old)];
}

/** Metadata and spec, whichever endpoint they came by. */
export function checkWholePod(pod: Pod, old: Pod | undefined): StatusCause[] {
  const causes = checkMetadata(pod, old);
  const { spec, metadata = {} } = pod;
  if (!spec) return [...causes, requiredValue('spec.containers')];
  causes.push(...checkPodAnnotations(metadata.annotations, spec, 'metadata.annotations'));
  causes.push(...checkPodSpec(spec, 'spec', { pod: metadata }));
  if (spec.serviceAccountName) return causes;
  for (const [index, { projected }] of (spec.volumes ?? []).entries()) {
    for (const [place, { serviceAccountToken }] of (projected?.sources ?? []).entries()) {
      if (!serviceAccountToken) continue;
      const field = `spec.volumes[${index}].projected.sources[${place}].serviceAccountToken`;
      const detail = 'must not be specified when serviceAccountName is not set';
      causes.push(forbiddenValue(field, detail));
    }
  }
  return causes;
}

function checkMetadata(pod: Pod, old: Pod | undefined): StatusCause[] {
  const causes = validateMetadata(pod, old, namespacedSubdomain);
  if (!old) return causes;
  const [now, before] = [pod.metadata?.annotations, old.metadata?.annotations];
  return [...causes, ...checkAnnotationUpdate(now, before)];
}

function checkNew(pod: Pod): StatusCause[] {
  const { spec } = pod;
  const causes: StatusCause[] = [];
  if (spec?.ephemeralContainers?.length) {
    causes.push(forbiddenValue('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec?.nodeName && spec.schedulingGates?.length) {
    const detail = 'cannot be set until all schedulingGates have been cleared';
    causes.push(forbiddenValue('spec.nodeName', detail));
  }
  return [...causes, ...checkAgreement(pod)];
}
