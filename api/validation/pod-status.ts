/** What a pod's status may say, mostly by the agent of its node. */
import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Subdomain, isIpv4Address, isQualifiedName } from '../names.ts';
import type { ContainerStatus, Pod, PodSpec, PodStatus } from '../types/core-v1.generated.ts';
import { checkAddress } from './addresses.ts';
import { duplicateValue, forbiddenValue, invalidValue, problemsOf } from './cause.ts';
import { checkImmutable } from './immutable.ts';

/** Of an update that changes the status. */
export function checkPodStatus(pod: Pod, old: Pod): StatusCause[] {
  const { status = {}, spec } = pod;
  const { status: before = {} } = old;
  const nominated = status.nominatedNodeName ?? '';
  const isNewNominee = nominated !== '' && nominated !== before.nominatedNodeName;
  return [
    ...checkConditions(status),
    ...(isNewNominee
      ? problemsOf('status.nominatedNodeName', nominated, isDns1123Subdomain(nominated))
      : []),
    ...checkImmutable('status.qosClass', status.qosClass, before.qosClass),
    ...checkTransitions(status, before, spec),
    ...checkClaims(status, spec),
    ...checkAddresses(status),
  ];
}

const ownConditions = new Set(['PodScheduled', 'Ready', 'Initialized']);

const checkConditions = ({ conditions = [] }: PodStatus): StatusCause[] =>
  conditions.flatMap(({ type }, index) =>
    ownConditions.has(type)
      ? []
      : problemsOf(`metadata.conditions[${index}].Type`, type ?? '', isQualifiedName(type ?? '')),
  );

/** What ended for good does not run again. */
function checkTransitions(status: PodStatus, before: PodStatus, spec: PodSpec | undefined) {
  const { restartPolicy = 'Always', containers = [], initContainers = [] } = spec ?? {};
  const policies = new Map(
    [...containers, ...initContainers].map((each) => [each.name, each] as const),
  );
  /** A container may have a policy of its own, and rules beside it. */
  const mayRestart = ({ name, state }: ContainerStatus): boolean => {
    const own = policies.get(name);
    if (own?.restartPolicyRules?.length) return true;
    const policy = own?.restartPolicy ?? restartPolicy;
    if (policy === 'Always') return true;
    return policy === 'OnFailure' && state?.terminated?.exitCode !== 0;
  };
  const never = () => false;
  return [
    ...checkEnded('containerStatuses', { status, before, mayRestart }),
    ...checkEnded('initContainerStatuses', { status, before, mayRestart }),
    ...checkEnded('ephemeralContainerStatuses', { status, before, mayRestart: never }),
  ];
}

interface Change {
  readonly status: PodStatus;
  readonly before: PodStatus;
  readonly mayRestart: (status: ContainerStatus) => boolean;
}

type List = 'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses';

function checkEnded(list: List, { status, before, mayRestart }: Change): StatusCause[] {
  const now = new Map((status[list] ?? []).map((each) => [each.name, each]));
  return (before[list] ?? []).flatMap((each, index) => {
    if (!each.state?.terminated || mayRestart(each)) return [];
    const current = now.get(each.name);
    if (!current || current.state?.terminated) return [];
    const detail = 'may not be transitioned to non-terminated state';
    return [forbiddenValue(`status.${list}[${index}].state`, detail)];
  });
}

function checkClaims({ resourceClaimStatuses = [] }: PodStatus, spec: PodSpec | undefined) {
  const known = new Set((spec?.resourceClaims ?? []).map(({ name }) => name));
  const seen = new Set<string>();
  return resourceClaimStatuses.flatMap(({ name, resourceClaimName }, index) => {
    const field = `status.resourceClaimStatuses[${index}].name`;
    const causes: StatusCause[] = [];
    if (!known.has(name)) {
      const detail = 'must match the name of an entry in `spec.resourceClaims`';
      causes.push(invalidValue(field, name, detail));
    }
    if (seen.has(name)) causes.push(duplicateValue(field, name));
    seen.add(name);
    if (resourceClaimName === undefined) return causes;
    return [
      ...causes,
      ...problemsOf(field, resourceClaimName, isDns1123Subdomain(resourceClaimName)),
    ];
  });
}

function checkAddresses({ podIPs = [], hostIPs = [], hostIP = '' }: PodStatus): StatusCause[] {
  const causes: StatusCause[] = [];
  const [first] = hostIPs;
  if (first && first.ip !== hostIP) {
    causes.push(invalidValue('status.hostIPs[0].ip', first.ip, 'must be equal to `hostIP`'));
  }
  for (const [name, list] of Object.entries({ podIPs, hostIPs })) {
    const path = `status.${name}`;
    const ips = list.map(({ ip = '' }) => ip);
    for (const [index, ip] of ips.entries()) {
      causes.push(...checkAddress(`${path}[${index}]`, ip));
      if (ips.indexOf(ip) < index) causes.push(duplicateValue(`${path}[${index}]`, list[index]));
    }
    const families = new Set(ips.map(isIpv4Address));
    if (ips.length <= families.size) continue;
    const detail = 'may specify no more than one IP for each IP family';
    causes.push(invalidValue(path, list, detail));
  }
  return causes;
}
