/** `pods/resize`: CPU and memory of containers that run. */
import type { StatusCause } from '../../base/errors.ts';
import { podQosClass } from '../resources/pod-qos.ts';
import type { Container, Pod, PodSpec, ResourceRequirements } from '../types/core-v1.generated.ts';
import { forbiddenValue, invalidValue } from './cause.ts';
import { checkWholePod } from './pod.ts';
import { mirrorKey } from './pod-annotations.ts';
import { isSame } from './same.ts';

const onlyComputeDetail = 'only cpu and memory resources are mutable';

/** All rules of `pods/resize`, in the place of `pods.validate`. */
export function validateResize(pod: Pod, old: Pod): StatusCause[] {
  const [spec, before] = [pod.spec!, old.spec!];
  if (old.metadata?.annotations?.[mirrorKey] !== undefined) {
    return [forbiddenValue('', 'static pods cannot be resized')];
  }
  if (before.os?.name === 'windows') return [forbiddenValue('', 'windows pods cannot be resized')];
  const causes = [
    ...checkWholePod(pod, old),
    ...checkQos(spec, old),
    ...checkNode(old),
    ...checkRemoved(spec.resources, before.resources, 'spec.resources'),
    ...checkMembers(spec, before),
  ];
  if (causes.length > 0) return causes;
  return isSame(withoutCompute(spec, before), before)
    ? []
    : [forbiddenValue('spec', onlyComputeDetail)];
}

function checkQos(spec: PodSpec, { spec: before, status }: Pod): StatusCause[] {
  const now = podQosClass(spec);
  if (now === (status?.qosClass ?? podQosClass(before))) return [];
  return [invalidValue('spec', now, 'Pod QOS Class may not change as a result of resizing')];
}

/** A node that can resize reports what its containers have. */
function checkNode({ status }: Pod): StatusCause[] {
  const running = status?.containerStatuses?.find(({ state }) => state?.running);
  if (!running || running.resources) return [];
  return [forbiddenValue('spec', 'Pod running on node without support for resize')];
}

function checkMembers(spec: PodSpec, before: PodSpec): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const list of ['initContainers', 'containers'] as const) {
    const [now, earlier] = [spec[list] ?? [], before[list] ?? []];
    if (now.length !== earlier.length) return [forbiddenValue('spec', onlyComputeDetail)];
    for (const [index, container] of now.entries()) {
      const at = `spec.${list}[${index}].resources`;
      causes.push(
        ...checkMember(container, earlier[index]!, { at, isInit: list !== 'containers' }),
      );
    }
  }
  return causes;
}

interface Place {
  readonly at: string;
  readonly isInit: boolean;
}

function checkMember(now: Container, before: Container, { at, isInit }: Place): StatusCause[] {
  const isSidecar = isInit && now.restartPolicy === 'Always';
  if (isInit && !isSidecar) {
    const detail = 'resources for non-sidecar init containers are immutable';
    return isSame(now, before) ? [] : [forbiddenValue('spec', detail)];
  }
  const causes = checkRemoved(now.resources, before.resources, at);
  if (!isSame(containerWithoutCompute(now, before), before)) {
    const detail = isSidecar
      ? 'only cpu and memory resources for sidecar containers are mutable'
      : onlyComputeDetail;
    causes.push(forbiddenValue('spec', detail));
  }
  return causes;
}

function checkRemoved(
  now: ResourceRequirements = {},
  before: ResourceRequirements = {},
  at: string,
): StatusCause[] {
  return (['requests', 'limits'] as const)
    .filter((list) =>
      Object.keys(before[list] ?? {}).some((name) => !Object.hasOwn(now[list] ?? {}, name)),
    )
    .map((list) => forbiddenValue(`${at}.${list}`, `resource ${list} cannot be removed`));
}

/** The spec with the CPU and memory that it had before. */
const withoutCompute = (spec: PodSpec, before: PodSpec): PodSpec => ({
  ...spec,
  ...resourcesOf(spec, before),
  containers: spec.containers.map((each, index) =>
    containerWithoutCompute(each, before.containers[index]!),
  ),
  initContainers: (spec.initContainers ?? []).map((each, index) =>
    containerWithoutCompute(each, before.initContainers![index]!),
  ),
});

const containerWithoutCompute = (container: Container, before: Container): Container => ({
  ...container,
  ...resourcesOf(container, before),
});

type Holder = { readonly resources?: ResourceRequirements };

function resourcesOf(now: Holder, before: Holder): { resources?: ResourceRequirements } {
  const { resources = {} } = now;
  const { resources: earlier = {} } = before;
  const limits = restored(resources.limits, earlier.limits);
  const requests = restored(resources.requests, earlier.requests);
  const rest = { ...resources, ...(limits && { limits }), ...(requests && { requests }) };
  if (!limits) delete rest.limits;
  if (!requests) delete rest.requests;
  return before.resources === undefined && Object.keys(rest).length === 0
    ? {}
    : { resources: rest };
}

const compute = ['cpu', 'memory'];

function restored(now: ResourceRequirements['limits'], before: ResourceRequirements['limits']) {
  const others = Object.entries(now ?? {}).filter(([name]) => !compute.includes(name));
  const kept = Object.entries(before ?? {}).filter(([name]) => compute.includes(name));
  if (others.length + kept.length === 0) return before && {};
  return Object.fromEntries([...kept, ...others]);
}
