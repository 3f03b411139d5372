/**
 * Decides what this node does for each Service: which addresses it answers for, and where to.
 *
 * Pure, and one Service at a time, so that a change costs what it touches: the caller plans again
 * only the Services whose own object, slices or node facts changed.
 */
import type { Service, ServicePort } from '../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import { type Family, isAddress, isPort } from './plan-address.ts';
import { chooseEndpoints, type Endpoint, type Place } from './plan-endpoints.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';
export type TrafficPolicy = 'Cluster' | 'Local';

export interface NodeFacts extends Place {
  readonly family: Family;
}

/** One port of one Service. No endpoints in the list that a policy names: refuse (or drop). */
export interface PortPlan {
  /** `default/hello:http`, as rule comments name it; the chains' names are made from it. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly clusterIp: string;
  readonly port: number;
  readonly nodePort?: number;
  readonly loadBalancerIps: readonly string[];
  /** Who may come in by a load balancer's address: ranges of this family; absent: everybody. */
  readonly sourceRanges?: readonly string[];
  /** Addresses of `spec.externalIPs`; none unless the proxy is told to serve them. */
  readonly externalIps: readonly string[];
  readonly affinitySeconds?: number;
  readonly internalPolicy: TrafficPolicy;
  readonly externalPolicy: TrafficPolicy;
  readonly cluster: readonly Endpoint[];
  readonly local: readonly Endpoint[];
}

export interface ServicePlan {
  readonly ports: readonly PortPlan[];
  /** Where load balancers ask whether this node has an endpoint; `endpoints`: how many it has. */
  readonly healthCheck?: { readonly port: number; readonly endpoints: number };
  /** What the Service asks for that is not programmed, one sentence each. */
  readonly notes: readonly string[];
}

const nothing: ServicePlan = { ports: [], notes: [] };
const affinitySecondsDefault = 10_800;
const protocols: Readonly<Record<string, Protocol>> = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' };

/** `slices` are those that name this Service; their order does not matter. */
export function planService(
  service: Service,
  slices: readonly EndpointSlice[],
  facts: NodeFacts,
): ServicePlan {
  const clusterIp = isOurs(service) ? clusterIpOf(service, facts.family) : undefined;
  if (clusterIp === undefined) return nothing;
  const usable = slices.filter(
    ({ metadata }) => metadata?.labels?.['service.kubernetes.io/headless'] === undefined,
  );
  const ports = (service.spec?.ports ?? []).flatMap((port) => {
    const protocol = protocols[port.protocol ?? 'TCP'];
    if (!protocol || !isPort(port.port)) return [];
    return [planPort({ service, port, protocol, clusterIp }, usable, facts)];
  });
  return { ports, notes: notesOf(service) };
}

/** The Service that a slice belongs to, as `namespace/name`; undefined when it names none. */
export function serviceOf(slice: EndpointSlice): string | undefined {
  const name = slice.metadata?.labels?.['kubernetes.io/service-name'];
  return name ? `${slice.metadata?.namespace}/${name}` : undefined;
}

interface PortOf {
  readonly service: Service;
  readonly port: ServicePort;
  readonly protocol: Protocol;
  readonly clusterIp: string;
}

function planPort(
  { service, port, protocol, clusterIp }: PortOf,
  slices: readonly EndpointSlice[],
  facts: NodeFacts,
): PortPlan {
  const { spec } = service;
  const query = {
    name: port.name ?? '',
    protocol: port.protocol ?? 'TCP',
    family: facts.family,
  };
  const key = `${service.metadata?.namespace}/${service.metadata?.name}`;
  const seconds = spec?.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? affinitySecondsDefault;
  return {
    name: port.name ? `${key}:${port.name}` : key,
    protocol,
    clusterIp,
    port: port.port,
    ...(isPort(port.nodePort) && { nodePort: port.nodePort }),
    loadBalancerIps: loadBalancerIps(service, facts.family),
    externalIps: [],
    ...(spec?.sessionAffinity === 'ClientIP' && { affinitySeconds: seconds }),
    internalPolicy: spec?.internalTrafficPolicy === 'Local' ? 'Local' : 'Cluster',
    externalPolicy: spec?.externalTrafficPolicy === 'Local' ? 'Local' : 'Cluster',
    ...chooseEndpoints(slices, query, facts),
  };
}

/** Headless and ExternalName Services have no address for a packet to go to: DNS serves them. */
function isOurs({ metadata, spec }: Service): boolean {
  return (
    spec?.type !== 'ExternalName' &&
    metadata?.labels?.['service.kubernetes.io/service-proxy-name'] === undefined
  );
}

function clusterIpOf({ spec }: Service, family: Family): string | undefined {
  return [...(spec?.clusterIPs ?? []), spec?.clusterIP ?? ''].find((ip) => isAddress(ip, family));
}

/**
 * Addresses of the load balancer that pods may reach without leaving the node (KEP-1860).
 * None when source ranges are asked for: until they can be kept, the short cut must not exist.
 */
function loadBalancerIps({ spec, status }: Service, family: Family): readonly string[] {
  if (spec?.type !== 'LoadBalancer' || hasSourceRanges(spec)) return [];
  const ips = (status?.loadBalancer?.ingress ?? [])
    .filter(({ ipMode }) => ipMode !== 'Proxy')
    .map(({ ip }) => ip ?? '')
    .filter((ip) => isAddress(ip, family));
  return [...new Set(ips)].sort();
}

const hasSourceRanges = ({ loadBalancerSourceRanges = [] }: NonNullable<Service['spec']>) =>
  loadBalancerSourceRanges.length > 0;

function notesOf({ spec }: Service): string[] {
  if (!spec) return [];
  const notes: [boolean, string][] = [
    [(spec.externalIPs ?? []).length > 0, 'spec.externalIPs are denied on this node'],
    [
      spec.type === 'LoadBalancer' && hasSourceRanges(spec),
      'spec.loadBalancerSourceRanges are not programmed, so load balancer addresses are not either',
    ],
    [spec.healthCheckNodePort !== undefined, 'spec.healthCheckNodePort is not served'],
  ];
  return notes.filter(([isSo]) => isSo).map(([, note]) => note);
}
