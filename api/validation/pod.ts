import type { StatusCause } from '../../base/errors.ts';
import {
  isDns1123Label,
  isDns1123Subdomain,
  isIpAddress,
  isLabelValue,
  isQualifiedName,
} from '../names.ts';
import type { Pod, PodSpec, Toleration } from '../types/core-v1.generated.ts';
import { invalidValue, problemsOf, requiredValue } from './cause.ts';
import { checkContainers, checkInitContainers } from './containers.ts';
import { checkLabels, namespacedSubdomain, validateMetadata } from './metadata.ts';
import { checkResources } from './pod-resources.ts';
import { checkPodUpdate } from './pod-update.ts';
import { checkVolumes } from './volumes.ts';

export function validatePod(pod: Pod, old: Pod | undefined): StatusCause[] {
  const causes = validateMetadata(pod, old, namespacedSubdomain);
  if (!pod.spec) return [...causes, requiredValue('spec.containers')];
  causes.push(...checkPodSpec(pod.spec, 'spec'));
  if (old?.spec) causes.push(...checkPodUpdate(pod.spec, old.spec));
  return causes;
}

/**
 * The rules for the spec of a pod and of a template; `path` is where it stands, `claims` are volumes
 * that a StatefulSet adds.
 */
export function checkPodSpec(
  spec: PodSpec,
  path: string,
  claims: readonly string[] = [],
): StatusCause[] {
  const causes = checkVolumes(spec.volumes ?? [], `${path}.volumes`);
  const volumes = new Set([...(spec.volumes ?? []).map(({ name }) => name), ...claims]);
  const scope = { volumes, hostNetwork: spec.hostNetwork ?? false };
  // An absent list is reported by the schema already.
  if (spec.containers?.length === 0) causes.push(requiredValue(`${path}.containers`));
  causes.push(
    ...checkContainers(spec.containers ?? [], `${path}.containers`, scope),
    ...checkInitContainers(spec, path, scope),
    ...checkTimes(spec, path),
    ...checkPlacement(spec, path),
    ...checkDns(spec, path),
    ...(spec.resources ? checkResources(spec.resources, `${path}.resources`) : []),
  );
  if (spec.serviceAccountName) {
    const name = spec.serviceAccountName;
    causes.push(...problemsOf(`${path}.serviceAccountName`, name, isDns1123Subdomain(name)));
  }
  for (const field of ['hostname', 'subdomain'] as const) {
    const name = spec[field];
    if (name) causes.push(...problemsOf(`${path}.${field}`, name, isDns1123Label(name)));
  }
  for (const [index, { name = '' }] of (spec.imagePullSecrets ?? []).entries()) {
    if (!name) causes.push(requiredValue(`${path}.imagePullSecrets[${index}].name`));
  }
  return causes;
}

function checkTimes(spec: PodSpec, path: string): StatusCause[] {
  const { terminationGracePeriodSeconds: grace = 30, activeDeadlineSeconds: deadline } = spec;
  const causes: StatusCause[] = [];
  if (grace < 0) {
    const detail = 'must be greater than or equal to 0';
    causes.push(invalidValue(`${path}.terminationGracePeriodSeconds`, grace, detail));
  }
  if (deadline !== undefined && (deadline < 1 || deadline > 2_147_483_647)) {
    const detail = 'must be between 1 and 2147483647, inclusive';
    causes.push(invalidValue(`${path}.activeDeadlineSeconds`, deadline, detail));
  }
  return causes;
}

function checkPlacement(spec: PodSpec, path: string): StatusCause[] {
  const { nodeName, nodeSelector, tolerations = [], topologySpreadConstraints = [] } = spec;
  const causes = checkLabels(nodeSelector, `${path}.nodeSelector`);
  if (nodeName) {
    causes.push(...problemsOf(`${path}.nodeName`, nodeName, isDns1123Subdomain(nodeName)));
  }
  for (const [index, toleration] of tolerations.entries()) {
    causes.push(...checkToleration(toleration, `${path}.tolerations[${index}]`));
  }
  for (const [index, { maxSkew }] of topologySpreadConstraints.entries()) {
    const field = `${path}.topologySpreadConstraints[${index}].maxSkew`;
    if (maxSkew <= 0) causes.push(invalidValue(field, maxSkew, 'must be greater than zero'));
  }
  return causes;
}

export function checkToleration(toleration: Toleration, path: string): StatusCause[] {
  const { key = '', operator = 'Equal', value = '', effect, tolerationSeconds } = toleration;
  const causes = key ? problemsOf(`${path}.key`, key, isQualifiedName(key)) : [];
  if (!key && operator !== 'Exists') {
    const detail =
      'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    causes.push(invalidValue(`${path}.operator`, operator, detail));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    causes.push(invalidValue(`${path}.effect`, effect ?? '', detail));
  }
  if (operator === 'Exists' && value) {
    const detail = "value must be empty when `operator` is 'Exists'";
    causes.push(invalidValue(`${path}.operator`, toleration, detail));
  } else causes.push(...problemsOf(`${path}.value`, value, isLabelValue(value)));
  return causes;
}

function checkDns({ dnsPolicy, dnsConfig, hostAliases = [] }: PodSpec, path: string) {
  const causes: StatusCause[] = [];
  const nameservers = dnsConfig?.nameservers ?? [];
  const at = `${path}.dnsConfig.nameservers`;
  if (dnsPolicy === 'None' && nameservers.length === 0) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    causes.push(requiredValue(at, detail));
  }
  if (nameservers.length > 3) {
    causes.push(invalidValue(at, nameservers, 'must not have more than 3 nameservers'));
  }
  for (const [index, ip] of nameservers.entries()) {
    if (!isIpAddress(ip)) causes.push(invalidValue(`${at}[${index}]`, ip, ipProblem));
  }
  for (const [index, { ip, hostnames = [] }] of hostAliases.entries()) {
    const alias = `${path}.hostAliases[${index}]`;
    if (!isIpAddress(ip)) causes.push(invalidValue(`${alias}.ip`, ip, ipProblem));
    for (const [place, name] of hostnames.entries()) {
      causes.push(...problemsOf(`${alias}.hostnames[${place}]`, name, isDns1123Subdomain(name)));
    }
  }
  return causes;
}

const ipProblem = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
