import type { StatusCause } from '../../base/errors.ts';
import { isDns1035Label, isDns1123Subdomain, isQualifiedName } from '../names.ts';
import type { Service, ServiceSpec } from '../types/core-v1.generated.ts';
import { checkBlock } from './addresses.ts';
import {
  forbiddenValue,
  immutableDetail,
  invalidValue,
  problemsOf,
  requiredValue,
  unsupportedValue,
} from './cause.ts';
import { checkBalancer } from './ingress.ts';
import { checkLabels, validateMetadata } from './metadata.ts';
import { checkServiceAddresses, checkServiceAddressUpdate } from './service-addresses.ts';
import { checkServicePorts } from './service-ports.ts';

export function validateService(service: Service, old: Service | undefined): StatusCause[] {
  const { spec, status } = service;
  const causes = validateMetadata(service, old, { namespaced: true, name: isDns1035Label });
  if (!spec) return [...causes, requiredValue('spec')];
  return [
    ...causes,
    ...checkServicePorts(spec, 'spec'),
    ...checkLabels(spec.selector, 'spec.selector'),
    ...checkServiceAddresses(spec, 'spec'),
    ...checkExternalName(spec, 'spec'),
    ...checkAffinity(spec, 'spec'),
    ...checkBalancing(spec, 'spec'),
    ...checkTraffic(spec, 'spec'),
    ...(old?.spec ? checkUpdate(spec, old.spec) : []),
    ...checkBalancer(status?.loadBalancer?.ingress ?? [], 'status.loadBalancer.ingress'),
  ];
}

function checkExternalName(spec: ServiceSpec, path: string): StatusCause[] {
  const { type, clusterIPs = [], clusterIP, ipFamilies, ipFamilyPolicy, externalName = '' } = spec;
  if (type !== 'ExternalName') return [];
  const causes: StatusCause[] = [];
  const forbid = (field: string) =>
    causes.push(forbiddenValue(`${path}.${field}`, 'may not be set for ExternalName services'));
  if (clusterIPs.length > 0 || clusterIP) forbid('clusterIPs');
  if (ipFamilies?.length) forbid('ipFamilies');
  if (ipFamilyPolicy !== undefined) forbid('ipFamilyPolicy');
  const name = externalName.replace(/\.$/, '');
  const at = `${path}.externalName`;
  if (name === '') return [...causes, requiredValue(at)];
  return [...causes, ...problemsOf(at, name, isDns1123Subdomain(name))];
}

const affinitySecondsMax = 86_400;

function checkAffinity(spec: ServiceSpec, path: string): StatusCause[] {
  const { sessionAffinity, sessionAffinityConfig: config } = spec;
  const at = `${path}.sessionAffinityConfig`;
  if (sessionAffinity !== 'ClientIP') {
    return config ? [forbiddenValue(at, 'must not be set when session affinity is None')] : [];
  }
  const seconds = config?.clientIP?.timeoutSeconds;
  if (seconds === undefined || (seconds > 0 && seconds <= affinitySecondsMax)) return [];
  const detail = `must be greater than 0 and less than ${affinitySecondsMax}`;
  return [invalidValue(`${at}.clientIP.timeoutSeconds`, seconds, detail)];
}

function checkBalancing(spec: ServiceSpec, path: string): StatusCause[] {
  const { type, loadBalancerSourceRanges: ranges = [], loadBalancerClass: name } = spec;
  const isBalancer = type === 'LoadBalancer';
  const causes: StatusCause[] = [];
  const forbid = (field: string) =>
    causes.push(
      forbiddenValue(`${path}.${field}`, "may only be used when `type` is 'LoadBalancer'"),
    );
  if (ranges.length > 0 && !isBalancer) forbid('loadBalancerSourceRanges');
  for (const [index, range] of ranges.entries()) {
    // Upstream has always taken spaces around them.
    causes.push(...checkBlock(`${path}.loadBalancerSourceRanges[${index}]`, range.trim()));
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && !isBalancer) {
    forbid('allocateLoadBalancerNodePorts');
  }
  if (name === undefined) return causes;
  if (!isBalancer) forbid('loadBalancerClass');
  return [...causes, ...problemsOf(`${path}.loadBalancerClass`, name, isQualifiedName(name))];
}

const distributions = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];

function checkTraffic(spec: ServiceSpec, path: string): StatusCause[] {
  const { type, externalTrafficPolicy: policy, healthCheckNodePort, externalIPs } = spec;
  const causes: StatusCause[] = [];
  const isExternal = type === 'NodePort' || type === 'LoadBalancer' || externalIPs?.length;
  if (policy && !isExternal) {
    const detail = 'may only be set for externally-accessible services';
    causes.push(invalidValue(`${path}.externalTrafficPolicy`, policy, detail));
  }
  if (healthCheckNodePort && !(type === 'LoadBalancer' && policy === 'Local')) {
    const detail =
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    causes.push(invalidValue(`${path}.healthCheckNodePort`, healthCheckNodePort, detail));
  }
  const { trafficDistribution: wanted } = spec;
  if (wanted !== undefined && !distributions.includes(wanted)) {
    causes.push(unsupportedValue(`${path}.trafficDistribution`, wanted, distributions));
  }
  return causes;
}

function checkUpdate(spec: ServiceSpec, old: ServiceSpec): StatusCause[] {
  const causes = checkServiceAddressUpdate(spec, old);
  const isKept = old.type === 'LoadBalancer' && spec.type === 'LoadBalancer';
  if (!isKept || spec.loadBalancerClass === old.loadBalancerClass) return causes;
  const path = 'spec.loadBalancerClass';
  return [...causes, invalidValue(path, spec.loadBalancerClass ?? '', immutableDetail)];
}
