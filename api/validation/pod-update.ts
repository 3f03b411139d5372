/** What may change in a pod that exists: very little, since its containers run already. */
import type { StatusCause } from '../../base/errors.ts';
import type { Container, PodSpec, Toleration } from '../types/core-v1.generated.ts';
import { forbiddenValue, invalidValue } from './cause.ts';
import { isSame } from './same.ts';

const rule =
  'pod updates may not change fields other than `spec.containers[*].image`,' +
  '`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only ' +
  'additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set ' +
  'to 1 if it was previously negative)';

export function checkPodUpdate(spec: PodSpec, old: PodSpec): StatusCause[] {
  const counts = (['containers', 'initContainers'] as const).filter(
    (list) => (spec[list]?.length ?? 0) !== (old[list]?.length ?? 0),
  );
  if (counts.length > 0) {
    return counts.map((list) =>
      forbiddenValue(`spec.${list}`, 'pod updates may not add or remove containers'),
    );
  }
  const causes = [...checkTolerations(spec, old), ...checkDeadline(spec, old)];
  if (hasNewGate(spec, old)) {
    const detail = 'only deletion is allowed, but found new scheduling gates';
    causes.push(forbiddenValue('spec.schedulingGates', detail));
  }
  if (!isSame(comparable(spec, old), comparable(old, old))) {
    causes.push(forbiddenValue('spec', rule));
  }
  return causes;
}

/** The spec without what may change. */
function comparable(spec: PodSpec, old: PodSpec): Partial<PodSpec> {
  const wasNegative = (old.terminationGracePeriodSeconds ?? 0) < 0;
  const {
    activeDeadlineSeconds: _deadline,
    tolerations: _tolerations,
    schedulingGates: _gates,
    terminationGracePeriodSeconds: grace,
    ...rest
  } = spec;
  return {
    ...rest,
    // The binding comes this way, once: a pod that has a node keeps it.
    nodeName: old.nodeName ? spec.nodeName : undefined,
    terminationGracePeriodSeconds: wasNegative && grace === 1 ? -1 : grace,
    containers: (spec.containers ?? []).map(withoutImage),
    initContainers: (spec.initContainers ?? []).map(withoutImage),
  };
}

const withoutImage = (container: Container): Container => ({ ...container, image: '' });

/** All that were there stay; only how long they last may differ. */
function checkTolerations(spec: PodSpec, old: PodSpec): StatusCause[] {
  const untimed = ({ tolerationSeconds: _, ...rest }: Toleration) => rest;
  const now = (spec.tolerations ?? []).map(untimed);
  const isKept = (each: Toleration) => now.some((other) => isSame(other, untimed(each)));
  if ((old.tolerations ?? []).every(isKept)) return [];
  const detail = 'existing toleration can not be modified except its tolerationSeconds';
  return [forbiddenValue('spec.tolerations', detail)];
}

function checkDeadline({ activeDeadlineSeconds: deadline }: PodSpec, old: PodSpec): StatusCause[] {
  const before = old.activeDeadlineSeconds;
  if (before === undefined || (deadline !== undefined && deadline <= before)) return [];
  const detail =
    deadline === undefined
      ? 'must not update from a positive integer to nil value'
      : 'must be less than or equal to previous value';
  return [invalidValue('spec.activeDeadlineSeconds', deadline ?? 0, detail)];
}

function hasNewGate(spec: PodSpec, old: PodSpec): boolean {
  const known = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  return (spec.schedulingGates ?? []).some(({ name }) => !known.has(name));
}
