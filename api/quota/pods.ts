/** What a pod counts for. Pure. */

import { containersOf } from '../pod-containers.ts';
import { type Amounts, amountsOf, isPodLevel, podAmounts } from '../pod-resources.ts';
import { podQosClass } from '../resources/pod-qos.ts';
import type {
  Container,
  Pod,
  PodAffinityTerm,
  PodSpec,
  ScopedResourceSelectorRequirement,
} from '../types/core-v1.generated.ts';
import { isExtendedResource } from '../validation/resource-names.ts';
import { one } from './amounts.ts';
import type { Evaluator } from './evaluators.ts';

const compute: readonly string[] = ['cpu', 'memory', 'ephemeral-storage'];
const plainNames: ReadonlySet<string> = new Set([
  'pods',
  'count/pods',
  ...compute.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);
/** A quota on one of these asks every container to say what it needs of it. */
const demanded: readonly string[] = ['cpu', 'memory'].flatMap((name) => [
  name,
  `requests.${name}`,
  `limits.${name}`,
]);

export const pods: Evaluator = {
  counts(name) {
    if (plainNames.has(name) || /^(?:requests\.)?hugepages-/.test(name)) return true;
    return name.startsWith('requests.') && isExtendedResource(name.slice('requests.'.length));
  },

  usage(object, now) {
    const pod = object as Pod;
    const usage: Amounts = new Map([['count/pods', one]]);
    if (!pod.spec || !isCharged(pod, now)) return usage;
    usage.set('pods', one);
    const spec = raisedByStatus(pod, pod.spec);
    for (const [name, amount] of podAmounts(spec, 'requests')) {
      if (isExtendedResource(name)) usage.set(`requests.${name}`, amount);
      else if (compute.includes(name) || name.startsWith('hugepages-')) {
        usage.set(name, amount);
        usage.set(`requests.${name}`, amount);
      }
    }
    for (const [name, amount] of podAmounts(spec, 'limits')) {
      if (compute.includes(name)) usage.set(`limits.${name}`, amount);
    }
    return usage;
  },

  isInScope: (object, requirement) => isInScope(object as Pod, requirement),

  handles({ operation, info, object, old }) {
    if (info.subresource === 'resize') return operation === 'UPDATE';
    if (info.subresource !== '') return false;
    if (operation === 'UPDATE') return isTerminating(object as Pod) !== isTerminating(old as Pod);
    return operation === 'CREATE';
  },

  lacks(object, names) {
    const { spec } = object as Pod;
    // What the whole pod says is enough.
    const ofPod = { ...spec?.resources?.requests, ...spec?.resources?.limits };
    if (!spec || Object.keys(ofPod).some(isPodLevel)) return undefined;
    const containers = containersOf(spec).filter(({ list }) => list !== 'ephemeralContainers');
    const lacking = demanded
      .filter((name) => names.includes(name))
      .sort()
      .flatMap((name) => {
        const silent = containers.filter(({ container }) => !says(container, name));
        const who = [...new Set(silent.map(({ container }) => container.name))].sort();
        return who.length > 0 ? [`${name} for: ${who.join(',')}`] : [];
      });
    return lacking.length > 0 ? `must specify ${lacking.join('; ')}` : undefined;
  },
};

function says({ resources }: Container, name: string): boolean {
  const [kind, plain] = name.includes('.') ? name.split('.') : ['requests', name];
  const list = kind === 'limits' ? resources?.limits : resources?.requests;
  return Object.hasOwn(list ?? {}, plain!);
}

/** Not once it has ended, nor when it should long be gone: its node may never say so. */
function isCharged({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata ?? {};
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return true;
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

/** While a pod is resized, it has the larger of what it has and what it is to have. */
function raisedByStatus({ status }: Pod, spec: PodSpec): PodSpec {
  const had = new Map(
    [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].map((each) => [
      each.name,
      { ...each.resources?.requests, ...each.allocatedResources },
    ]),
  );
  if (had.size === 0) return spec;
  const raise = (container: Container): Container => {
    const before = amountsOf(had.get(container.name));
    const requests = { ...container.resources?.requests };
    for (const [name, { nano }] of before) {
      const now = amountsOf(requests).get(name);
      if (now && now.nano < nano) requests[name] = had.get(container.name)![name]!;
    }
    return { ...container, resources: { ...container.resources, requests } };
  };
  const { initContainers } = spec;
  return {
    ...spec,
    containers: spec.containers.map(raise),
    ...(initContainers && { initContainers: initContainers.map(raise) }),
  };
}

function isInScope(pod: Pod, requirement: ScopedResourceSelectorRequirement): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return podQosClass(pod.spec) === 'BestEffort';
    case 'NotBestEffort':
      return podQosClass(pod.spec) !== 'BestEffort';
    case 'PriorityClass':
      return hasClass(pod.spec?.priorityClassName, requirement);
    case 'CrossNamespacePodAffinity':
      return affinityTerms(pod.spec).some(
        (term) => term.namespaces?.length || term.namespaceSelector,
      );
    default:
      return false;
  }
}

/** As a label selector would see a label with that value, or without one. */
export function hasClass(
  name: string | undefined,
  { operator, values = [] }: ScopedResourceSelectorRequirement,
): boolean {
  const isListed = name !== undefined && name !== '' && values.includes(name);
  if (operator === 'In') return isListed;
  if (operator === 'NotIn') return !isListed;
  return Boolean(name) === (operator === 'Exists');
}

const isTerminating = ({ spec }: Pod): boolean => (spec?.activeDeadlineSeconds ?? -1) >= 0;

function affinityTerms(spec: PodSpec | undefined): PodAffinityTerm[] {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  return [podAffinity, podAntiAffinity].flatMap((each) => [
    ...(each?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(each?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
}
