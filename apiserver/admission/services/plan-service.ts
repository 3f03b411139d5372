/**
 * What an update of a Service keeps of its old address and ports, and what it lets go. Pure.
 *
 * Clients send Services without what the server gave out, and change the type without clearing
 * what the old type had; both must work (as upstream's patchAllocatedValues and
 * dropTypeDependentFields see to).
 */
import type { Service, ServicePort, ServiceSpec } from '../../../api/types/core-v1.generated.ts';

export const needsClusterIp = ({ type = 'ClusterIP' }: ServiceSpec): boolean =>
  type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer';

/** Whether ports without a node port are given one. */
export const needsNodePorts = (spec: ServiceSpec): boolean =>
  spec.type === 'NodePort' ||
  (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);

const mayHaveNodePorts = ({ type }: ServiceSpec) => type === 'NodePort' || type === 'LoadBalancer';

export const needsHealthCheckPort = (spec: ServiceSpec): boolean =>
  spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

export const portsOf = ({ ports }: ServiceSpec): ServicePort[] => ports ?? [];

/** Every address that a spec names, without the empty ones. */
export function clusterIpsOf({ clusterIP, clusterIPs }: ServiceSpec): string[] {
  const all = clusterIPs?.length ? clusterIPs : [clusterIP ?? ''];
  return all.filter((ip) => ip !== '');
}

/** Node ports and the one for health checks, each once. */
export function nodePortsOf(spec: ServiceSpec): number[] {
  const all = [...portsOf(spec).map(({ nodePort }) => nodePort), spec.healthCheckNodePort];
  return [...new Set(all.filter((port) => port !== undefined && port > 0))] as number[];
}

/** Changes the draft `spec`. */
export function carryOver(spec: ServiceSpec, { spec: old }: Service): void {
  if (!old) return;
  alignAddresses(spec, old);
  keepAllocated(spec, old);
  dropAddresses(spec, old);
  dropPorts(spec, old);
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') dropBalancing(spec, old);
}

/** Of the two fields for addresses, the one that the client changed is what it meant. */
function alignAddresses(spec: ServiceSpec, old: ServiceSpec): void {
  if (!isSameList(spec.clusterIPs, old.clusterIPs) || !old.clusterIP) return;
  if (spec.clusterIP === old.clusterIP) return;
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
  else delete spec.clusterIPs;
}

function keepAllocated(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIp(old) && needsClusterIp(spec)) {
    if (clusterIpsOf(spec).length === 0) {
      if (old.clusterIP !== undefined) spec.clusterIP = old.clusterIP;
      if (old.clusterIPs) spec.clusterIPs = [...old.clusterIPs];
    }
  }
  if (mayHaveNodePorts(old) && mayHaveNodePorts(spec)) keepNodePorts(spec, old);
  if (needsHealthCheckPort(old) && needsHealthCheckPort(spec) && old.healthCheckNodePort) {
    spec.healthCheckNodePort ||= old.healthCheckNodePort;
  }
}

/** A port is known by its name; whatever else of it changed, its node port stays. */
function keepNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  const before = new Map(portsOf(old).map(({ name = '', nodePort }) => [name, nodePort]));
  const used = new Set(portsOf(spec).map(({ nodePort }) => nodePort));
  for (const port of portsOf(spec)) {
    const known = before.get(port.name ?? '');
    if (port.nodePort || !known || used.has(known)) continue;
    port.nodePort = known;
    used.add(known);
  }
}

function dropAddresses(spec: ServiceSpec, old: ServiceSpec): void {
  if (!needsClusterIp(old) || needsClusterIp(spec)) return;
  const given = clusterIpsOf(spec);
  // Set by hand: for validation to refuse.
  if (given.length > 0 && !isSameList(given, clusterIpsOf(old))) return;
  delete spec.clusterIP;
  delete spec.clusterIPs;
  if (isSameList(spec.ipFamilies, old.ipFamilies)) delete spec.ipFamilies;
  if (spec.ipFamilyPolicy === old.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  if (spec.internalTrafficPolicy === old.internalTrafficPolicy) delete spec.internalTrafficPolicy;
}

function dropPorts(spec: ServiceSpec, old: ServiceSpec): void {
  if (mayHaveNodePorts(old) && !mayHaveNodePorts(spec)) {
    const before = new Set(portsOf(old).map(({ nodePort }) => nodePort));
    const isUntouched = portsOf(spec).every(({ nodePort }) => !nodePort || before.has(nodePort));
    if (isUntouched) for (const port of portsOf(spec)) delete port.nodePort;
    if (!spec.externalIPs?.length && spec.externalTrafficPolicy === old.externalTrafficPolicy) {
      delete spec.externalTrafficPolicy;
    }
  }
  const isSamePort = spec.healthCheckNodePort === old.healthCheckNodePort;
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(spec) && isSamePort) {
    delete spec.healthCheckNodePort;
  }
}

function dropBalancing(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) {
    delete spec.allocateLoadBalancerNodePorts;
  }
  if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass;
}

export function isSameList(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): boolean {
  return JSON.stringify(a ?? []) === JSON.stringify(b ?? []);
}
