/** What may change in a pod that exists: very little, since its containers run already. */
import type { StatusCause } from '../../base/errors.ts';
import type {
  Affinity,
  Container,
  NodeAffinity,
  NodeSelectorTerm,
  Pod,
  PodSpec,
  Toleration,
} from '../types/core-v1.generated.ts';
import { forbiddenValue, invalidValue } from './cause.ts';
import { isSame } from './same.ts';

const rule =
  'pod updates may not change fields other than `spec.containers[*].image`,' +
  '`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only ' +
  'additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set ' +
  'to 1 if it was previously negative)';

/** Of the plain endpoint: neither binding, resizing nor debugging goes this way. */
export function checkPodUpdate({ spec: now }: Pod, { spec: before }: Pod): StatusCause[] {
  const [spec, old] = [now!, before!];
  for (const list of ['containers', 'initContainers'] as const) {
    if ((spec[list]?.length ?? 0) === (old[list]?.length ?? 0)) continue;
    return [forbiddenValue(`spec.${list}`, 'pod updates may not add or remove containers')];
  }
  const deadline = checkDeadline(spec, old);
  if (deadline.length > 0) return deadline;
  const causes = [...checkTolerations(spec, old), ...checkGates(spec, old)];
  const isGated = (old.schedulingGates?.length ?? 0) > 0;
  if (isGated) causes.push(...checkSelector(spec, old), ...checkNodeAffinity(spec, old));
  if (!isSame(comparable(spec, old, isGated), comparable(old, old, isGated))) {
    causes.push(forbiddenValue('spec', rule));
  }
  return causes;
}

/** The spec without what may change. */
function comparable(spec: PodSpec, old: PodSpec, isGated: boolean): Partial<PodSpec> {
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
    ...(isGated && { nodeSelector: {}, affinity: withoutNodes(spec.affinity) }),
    terminationGracePeriodSeconds:
      wasNegative && grace === 1 ? old.terminationGracePeriodSeconds : grace,
    containers: (spec.containers ?? []).map(withoutImage),
    initContainers: (spec.initContainers ?? []).map(withoutImage),
  } as Partial<PodSpec>;
}

const withoutImage = (container: Container): Container => ({ ...container, image: '' });

function withoutNodes({ nodeAffinity: _, ...others }: Affinity = {}): Affinity | undefined {
  return Object.values(others).some((each) => each !== undefined) ? others : undefined;
}

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
  return [invalidValue('spec.activeDeadlineSeconds', deadline, detail)];
}

function checkGates(spec: PodSpec, old: PodSpec): StatusCause[] {
  const known = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  return (spec.schedulingGates ?? []).flatMap(({ name }, index) => {
    if (known.has(name)) return [];
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    return [forbiddenValue(`spec.schedulingGates[${index}].name`, detail)];
  });
}

/** A pod that still waits may be told more about its node, but nothing else. */
function checkSelector({ nodeSelector = {} }: PodSpec, old: PodSpec): StatusCause[] {
  const isKept = Object.entries(old.nodeSelector ?? {}).every(
    ([key, value]) => Object.hasOwn(nodeSelector, key) && nodeSelector[key] === value,
  );
  if (isKept) return [];
  const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
  return [invalidValue('spec.nodeSelector', nodeSelector, detail)];
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution';

function checkNodeAffinity(spec: PodSpec, old: PodSpec): StatusCause[] {
  const terms = termsOf(spec.affinity?.nodeAffinity);
  const before = termsOf(old.affinity?.nodeAffinity);
  if (before.length === 0) return [];
  const path = `spec.affinity.nodeAffinity.${required}.nodeSelectorTerms`;
  if (terms.length !== before.length) {
    const detail = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    return [invalidValue(path, terms, detail)];
  }
  return terms.flatMap((term, index) => {
    if (isNarrower(term, before[index]!)) return [];
    const detail = 'only additions are allowed (no mutations or deletions)';
    return [invalidValue(`${path}[${index}]`, term, detail)];
  });
}

const termsOf = (affinity: NodeAffinity | undefined): readonly NodeSelectorTerm[] =>
  affinity?.[required]?.nodeSelectorTerms ?? [];

/** An empty term matches no node: more in it would match some. */
function isNarrower(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const;
  const wasEmpty = lists.every((list) => (old[list]?.length ?? 0) === 0);
  if (wasEmpty) return lists.every((list) => (term[list]?.length ?? 0) === 0);
  return lists.every((list) =>
    (old[list] ?? []).every((each, index) => isSame(each, term[list]?.[index])),
  );
}
