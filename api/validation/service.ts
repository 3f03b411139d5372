import type { StatusCause } from '../../base/errors.ts';
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isIpAddress,
  isPortName,
  isPortNumber,
  portProblem,
} from '../names.ts';
import type { Service, ServicePort, ServiceSpec } from '../types/core-v1.generated.ts';
import {
  duplicateValue,
  forbiddenValue,
  immutableDetail,
  invalidValue,
  problemsOf,
  requiredValue,
} from './cause.ts';
import { checkLabels, validateMetadata } from './metadata.ts';
import { isSame } from './same.ts';

export function validateService(service: Service, old: Service | undefined): StatusCause[] {
  const { spec } = service;
  const causes = validateMetadata(service, old, { namespaced: true, name: isDns1035Label });
  if (!spec) return [...causes, requiredValue('spec')];
  return [
    ...causes,
    ...checkPorts(spec),
    ...checkLabels(spec.selector, 'spec.selector'),
    ...checkAddresses(spec),
    ...checkAffinity(spec),
    ...(old?.spec ? checkUpdate(spec, old.spec) : []),
  ];
}

const isHeadless = ({ clusterIP }: ServiceSpec) => clusterIP === 'None';

function checkPorts(spec: ServiceSpec): StatusCause[] {
  const { ports = [], type } = spec;
  const causes: StatusCause[] = [];
  if (ports.length === 0 && type !== 'ExternalName' && !isHeadless(spec)) {
    causes.push(requiredValue('spec.ports'));
  }
  const [names, numbers, nodePorts] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const [index, port] of ports.entries()) {
    const path = `spec.ports[${index}]`;
    causes.push(...checkPort(port, path, ports.length > 1));
    if (port.name && names.has(port.name)) causes.push(duplicateValue(`${path}.name`, port.name));
    names.add(port.name ?? '');
    const id = `${port.protocol}/${port.port}`;
    if (numbers.has(id))
      causes.push(duplicateValue(path, { port: port.port, protocol: port.protocol }));
    numbers.add(id);
    if (!port.nodePort) continue;
    if (type !== 'NodePort' && type !== 'LoadBalancer') {
      const detail = "may not be used when `type` is 'ClusterIP'";
      causes.push(forbiddenValue(`${path}.nodePort`, detail));
    }
    const nodeId = `${port.protocol}/${port.nodePort}`;
    if (nodePorts.has(nodeId)) causes.push(duplicateValue(`${path}.nodePort`, port.nodePort));
    nodePorts.add(nodeId);
  }
  return causes;
}

function checkPort(
  { name, port, targetPort, nodePort }: ServicePort,
  path: string,
  isOneOfMany: boolean,
) {
  const causes: StatusCause[] = [];
  if (isOneOfMany && !name) causes.push(requiredValue(`${path}.name`));
  if (name) causes.push(...problemsOf(`${path}.name`, name, isDns1123Label(name)));
  if (!isPortNumber(port)) causes.push(invalidValue(`${path}.port`, port, portProblem));
  if (typeof targetPort === 'string') {
    causes.push(...problemsOf(`${path}.targetPort`, targetPort, isPortName(targetPort)));
  } else if (targetPort !== undefined && !isPortNumber(targetPort)) {
    causes.push(invalidValue(`${path}.targetPort`, targetPort, portProblem));
  }
  if (nodePort && !isPortNumber(nodePort)) {
    causes.push(invalidValue(`${path}.nodePort`, nodePort, portProblem));
  }
  return causes;
}

const ipProblem = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

function checkAddresses(spec: ServiceSpec): StatusCause[] {
  const { clusterIP = '', clusterIPs = [], externalIPs = [], externalName = '', type } = spec;
  const causes: StatusCause[] = [];
  if (type === 'ExternalName') {
    if (clusterIP) {
      causes.push(forbiddenValue('spec.clusterIPs', 'may not be set when `type` is ExternalName'));
    }
    const name = externalName.replace(/\.$/, '');
    if (name === '') causes.push(requiredValue('spec.externalName'));
    else causes.push(...problemsOf('spec.externalName', externalName, isDns1123Subdomain(name)));
  }
  if (clusterIP === 'None' && type !== 'ClusterIP' && type !== 'ExternalName') {
    const detail = "may not be set to 'None' for LoadBalancer services";
    causes.push(invalidValue('spec.clusterIPs[0]', clusterIP, detail));
  }
  if (clusterIP && clusterIP !== 'None' && !isIpAddress(clusterIP)) {
    causes.push(invalidValue('spec.clusterIPs[0]', clusterIP, ipProblem));
  }
  if (clusterIP && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    causes.push(invalidValue('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'));
  }
  for (const [index, ip] of externalIPs.entries()) {
    const path = `spec.externalIPs[${index}]`;
    if (!isIpAddress(ip)) causes.push(invalidValue(path, ip, ipProblem));
  }
  return causes;
}

const affinitySecondsMax = 86_400;

function checkAffinity({
  sessionAffinity,
  sessionAffinityConfig,
  externalTrafficPolicy,
  type,
  externalIPs,
}: ServiceSpec) {
  const causes: StatusCause[] = [];
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  const isInRange = seconds === undefined || (seconds > 0 && seconds <= affinitySecondsMax);
  if (sessionAffinity === 'ClientIP' && !isInRange) {
    const detail = `must be greater than 0 and less than ${affinitySecondsMax}`;
    causes.push(
      invalidValue('spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds, detail),
    );
  }
  const isExternal = type === 'NodePort' || type === 'LoadBalancer' || externalIPs?.length;
  if (externalTrafficPolicy && !isExternal) {
    const detail = 'may only be set for externally-accessible services';
    causes.push(invalidValue('spec.externalTrafficPolicy', externalTrafficPolicy, detail));
  }
  return causes;
}

/** An address once given stays, except when the service stops or starts having one. */
function checkUpdate(spec: ServiceSpec, old: ServiceSpec): StatusCause[] {
  if (old.type === 'ExternalName' || spec.type === 'ExternalName') return [];
  const before = old.clusterIPs ?? (old.clusterIP ? [old.clusterIP] : []);
  const after = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  if (before.length === 0 || isSame(before[0], after[0])) return [];
  return [invalidValue('spec.clusterIPs[0]', after[0] ?? '', immutableDetail)];
}
