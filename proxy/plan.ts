/**
 * Decides what this node does for each Service: which addresses it answers for, and where to.
 *
 * Pure, and one Service at a time, so that a change costs what it touches: the caller plans again
 * only the Services whose own object, slices or node facts changed.
 */
import type { Service, ServicePort } from '../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import { formatCidr, networkOf, parseCidr } from '../base/ip-address.ts';
import { type Family, isAddress, isCidr, isPort } from './plan-address.ts';
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
  const planned = (service.spec?.ports ?? []).flatMap((port) => {
    const protocol = protocols[port.protocol ?? 'TCP'];
    if (!protocol || !isPort(port.port)) return [];
    return [planPort({ service, port, protocol, clusterIp }, usable, facts)];
  });
  const healthCheck = healthCheckOf(
    service,
    Math.max(0, ...planned.map((each) => each.localReady)),
  );
  return {
    ports: planned.map(({ plan }) => plan),
    notes: notesOf(new Set(planned.flatMap(({ refused }) => refused))),
    ...(healthCheck && { healthCheck }),
  };
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
): { plan: PortPlan; localReady: number; refused: readonly string[] } {
  const { spec } = service;
  const query = {
    name: port.name ?? '',
    protocol: port.protocol ?? 'TCP',
    family: facts.family,
  };
  const key = `${service.metadata?.namespace}/${service.metadata?.name}`;
  const seconds = spec?.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? affinitySecondsDefault;
  const { cluster, local, ...choice } = chooseEndpoints(slices, query, facts);
  const sourceRanges = sourceRangesOf(service, facts.family);
  const balancers = loadBalancerIps(service, facts.family).filter((ip) => ip !== clusterIp);
  // An address counts once: as the balancer's, whose ranges guard it.
  const others = (ips: readonly string[]) =>
    ips.filter((ip) => ip !== clusterIp && !balancers.includes(ip));
  const plan = {
    name: port.name ? `${key}:${port.name}` : key,
    protocol,
    clusterIp,
    port: port.port,
    ...(isPort(port.nodePort) && { nodePort: port.nodePort }),
    loadBalancerIps: balancers,
    ...(sourceRanges && { sourceRanges }),
    externalIps: others(ipsOf(spec?.externalIPs ?? [], facts.family)),
    ...(spec?.sessionAffinity === 'ClientIP' && { affinitySeconds: seconds }),
    internalPolicy: policyOf(spec?.internalTrafficPolicy),
    externalPolicy: policyOf(spec?.externalTrafficPolicy),
    cluster,
    local,
  };
  return { plan, ...choice };
}

const policyOf = (value: string | undefined): TrafficPolicy =>
  value === 'Local' ? 'Local' : 'Cluster';

/** Headless and ExternalName Services have no address for a packet to go to: DNS serves them. */
function isOurs({ metadata, spec }: Service): boolean {
  return (
    spec?.type !== 'ExternalName' &&
    metadata?.labels?.['service.kubernetes.io/service-proxy-name'] === undefined
  );
}

function clusterIpOf({ spec }: Service, family: Family): string | undefined {
  if (isAddress(spec?.clusterIP ?? '', family)) return spec?.clusterIP;
  return [...(spec?.clusterIPs ?? []), spec?.clusterIP ?? ''].find((ip) => isAddress(ip, family));
}

/** Addresses of the load balancer that pods may reach without leaving the node (KEP-1860). */
function loadBalancerIps({ spec, status }: Service, family: Family): readonly string[] {
  if (spec?.type !== 'LoadBalancer') return [];
  const ingress = (status?.loadBalancer?.ingress ?? []).filter(({ ipMode }) => ipMode !== 'Proxy');
  return ipsOf(
    ingress.map(({ ip }) => ip ?? ''),
    family,
  );
}

const ipsOf = (ips: readonly string[], family: Family): readonly string[] =>
  ips.length === 0 ? ips : [...new Set(ips.filter((ip) => isAddress(ip, family)))].sort();

/** Ranges of the other family alone let nobody of this one in. */
function sourceRangesOf({ spec }: Service, family: Family): readonly string[] | undefined {
  const ranges = (spec?.loadBalancerSourceRanges ?? []).map((range) => range.trim());
  if (spec?.type !== 'LoadBalancer' || ranges.length === 0) return undefined;
  const own = ranges.filter((range) => isCidr(range, family));
  return [...new Set(own.map((range) => formatCidr(networkOf(parseCidr(range)))))].sort();
}

function healthCheckOf({ spec }: Service, endpoints: number): ServicePlan['healthCheck'] {
  if (spec?.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local') return undefined;
  const port = spec.healthCheckNodePort;
  return isPort(port) ? { port, endpoints } : undefined;
}

const noteMax = 5;

function notesOf(refused: ReadonlySet<string>): string[] {
  if (refused.size === 0) return [];
  // As JSON: what is no address may be any text.
  return [`nothing is sent to ${JSON.stringify([...refused].sort().slice(0, noteMax))}`];
}
