/** Decides which addresses each Service of type LoadBalancer has, and who answers for them. Pure. */
import type { LoadBalancerIngress, Node, Service } from '../../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.generated.ts';
import { type Family, familyOf, firstFree, isInPool } from './pool.ts';

export const finalizer = 'service.kubernetes.io/load-balancer-cleanup';
export const ourClass = 'wherry.dev/load-balancer';
/** Names the node whose proxy answers for the Service's addresses of the pool. */
export const announcerAnnotation = 'wherry.dev/announced-by';
const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';
const leavingTaint = 'ToBeDeletedByClusterAutoscaler';

export interface Surroundings {
  readonly nodes: readonly Node[];
  readonly slicesOf: (key: string) => readonly EndpointSlice[];
  /** Ranges; none: Services get the nodes' own addresses. */
  readonly pool: readonly string[];
  /** TCP ports of the API server. */
  readonly apiPorts: readonly number[];
}

export interface Balancer {
  readonly ingress: readonly LoadBalancerIngress[];
  readonly announcer?: string;
  /** Why it has no address, or not those that it asks for. */
  readonly problem?: string;
}

/** Whether the Service shall have a balancer, and it is for us to make it. */
export const wantsBalancer = ({ metadata, spec }: Service): boolean =>
  spec?.type === 'LoadBalancer' &&
  metadata?.deletionTimestamp === undefined &&
  (spec.loadBalancerClass === undefined || spec.loadBalancerClass === ourClass);

/** Whether there is a balancer to be taken away before the Service may go. */
export const holdsBalancer = ({ metadata, spec }: Service): boolean =>
  (metadata?.finalizers ?? []).includes(finalizer) &&
  (spec?.loadBalancerClass === undefined || spec.loadBalancerClass === ourClass);

export const keyOfService = ({ metadata }: Service): string =>
  `${metadata?.namespace}/${metadata?.name}`;

/** By Service. Who has an address keeps it; then the older one goes first. */
export function planBalancers(
  services: readonly Service[],
  around: Surroundings,
): ReadonlyMap<string, Balancer> {
  const desk: Desk = {
    ...around,
    claims: new Map(),
    announced: new Map(),
    reserved: reservedPorts(around),
  };
  const plan = around.pool.length > 0 ? planFromPool : planFromNodes;
  const order = services.filter(wantsBalancer).sort(bySeniority);
  const planned = new Map<string, Balancer>();
  for (const service of order) {
    planned.set(keyOfService(service), plan(service, eligibleNodes(service, around), desk));
  }
  return planned;
}

/** What has been given away so far. */
interface Desk extends Surroundings {
  /** Address of the pool, or port of the nodes → Service. */
  readonly claims: Map<string, string>;
  /** Node → how many Services it answers for. */
  readonly announced: Map<string, number>;
  readonly reserved: ReadonlyMap<number, string>;
}

/** The nodes' own addresses, on the Service's own ports: no two Services can have the same port. */
function planFromNodes(service: Service, nodes: readonly Node[], desk: Desk): Balancer {
  const { claims, reserved } = desk;
  const key = keyOfService(service);
  const ports = service.spec?.ports ?? [];
  for (const { port, protocol = 'TCP' } of ports) {
    const other = claims.get(`${protocol}/${port}`);
    if (other !== undefined) {
      return refuse(`port ${protocol}/${port} of the nodes' addresses is that of Service ${other}`);
    }
    const owner = protocol === 'TCP' ? reserved.get(port) : undefined;
    if (owner) return refuse(`port TCP/${port} of the nodes' addresses is that of ${owner}`);
  }
  const families = familiesOf(service);
  const addresses = [...new Set(nodes.flatMap(addressesOf))].filter((address) =>
    families.includes(familyOf(address)),
  );
  const wanted = service.spec?.loadBalancerIP;
  if (wanted && !addresses.includes(wanted)) {
    return refuse(`spec.loadBalancerIP ${wanted} is not an address of a node that can serve`);
  }
  if (addresses.length === 0) return refuse('there are no available nodes');
  for (const { port, protocol = 'TCP' } of ports) claims.set(`${protocol}/${port}`, key);
  return { ingress: toIngress(service, wanted ? [wanted] : addresses) };
}

function planFromPool(service: Service, nodes: readonly Node[], desk: Desk): Balancer {
  const { claims, announced } = desk;
  const addresses: string[] = [];
  const problems: string[] = [];
  for (const family of familiesOf(service)) {
    const found = pickAddress(service, family, desk);
    if ('address' in found) addresses.push(found.address);
    else problems.push(found.problem);
  }
  const isStrict = service.spec?.ipFamilyPolicy === 'RequireDualStack';
  if (addresses.length === 0 || (isStrict && problems.length > 0)) return refuse(problems[0] ?? '');
  for (const address of addresses) claims.set(address, keyOfService(service));
  const announcer = pickAnnouncer(service, nodes, announced);
  if (announcer) announced.set(announcer, (announced.get(announcer) ?? 0) + 1);
  return { ingress: toIngress(service, addresses), ...(announcer && { announcer }) };
}

function pickAddress(
  service: Service,
  family: Family,
  { pool, claims }: Desk,
): { readonly address: string } | { readonly problem: string } {
  const asked = service.spec?.loadBalancerIP;
  if (asked && familyOf(asked) === family) {
    const other = claims.get(asked);
    if (!isInPool(pool, asked)) return { problem: `${asked} is not in the pool of addresses` };
    if (other !== undefined) return { problem: `address ${asked} is that of Service ${other}` };
    return { address: asked };
  }
  const had = ipsOf(service).find(
    (ip) => familyOf(ip) === family && isInPool(pool, ip) && !claims.has(ip),
  );
  const address = had ?? firstFree(pool, family, (each) => claims.has(each));
  return address ? { address } : { problem: `the pool has no free ${family} address` };
}

/** Stays where it is as long as it can; else where the fewest are. */
function pickAnnouncer(
  { metadata }: Service,
  nodes: readonly Node[],
  announced: ReadonlyMap<string, number>,
): string | undefined {
  const names = nodes.map((node) => node.metadata?.name ?? '').sort();
  const now = metadata?.annotations?.[announcerAnnotation];
  if (now !== undefined && names.includes(now)) return now;
  const load = (name: string) => announced.get(name) ?? 0;
  return names.sort((a, b) => load(a) - load(b))[0];
}

/** Nodes that may be sent traffic; under the policy Local those that have an endpoint, if any. */
function eligibleNodes(service: Service, { nodes, slicesOf }: Surroundings): readonly Node[] {
  const usable = nodes.filter(isUsable);
  if (service.spec?.externalTrafficPolicy !== 'Local') return usable;
  const endpoints = slicesOf(keyOfService(service)).flatMap((slice) => slice.endpoints ?? []);
  const hosts = new Set(
    endpoints.flatMap(({ conditions, nodeName }) =>
      (conditions?.ready ?? true) ? (nodeName ?? []) : [],
    ),
  );
  const serving = usable.filter(({ metadata }) => hosts.has(metadata?.name ?? ''));
  // With no endpoint at all an address that comes and goes would help nobody.
  return serving.length > 0 ? serving : usable;
}

/** KEP-3458: nodes that are not ready are no targets, nor those that are about to go. */
const isUsable = ({ metadata, spec, status }: Node): boolean =>
  metadata?.deletionTimestamp === undefined &&
  metadata?.labels?.[excludeLabel] === undefined &&
  !(spec?.taints ?? []).some(({ key }) => key === leavingTaint) &&
  (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True');

/** The outer ones first. Behind a NAT packets come to the inner ones, so both have to answer. */
function addressesOf({ status }: Node): string[] {
  const of = (wanted: string) =>
    (status?.addresses ?? []).flatMap(({ type, address }) => (type === wanted ? address : []));
  return [...of('ExternalIP'), ...of('InternalIP')];
}

/** What nobody may take over by a Service, TCP port → whose it is. */
function reservedPorts({ nodes, apiPorts }: Surroundings): ReadonlyMap<number, string> {
  const agents = nodes.flatMap(
    ({ status }) => status?.daemonEndpoints?.kubeletEndpoint?.Port ?? [],
  );
  return new Map([
    [22, 'the remote shell'],
    ...agents.map((port) => [port, "the nodes' agents"] as const),
    ...apiPorts.map((port) => [port, 'the API server'] as const),
  ]);
}

function toIngress(service: Service, ips: readonly string[]): LoadBalancerIngress[] {
  const ports = (service.spec?.ports ?? []).map(({ port, protocol = 'TCP' }) => ({
    port,
    protocol,
  }));
  // VIP: packets arrive with this destination, and the proxies turn them to the endpoints.
  return ips.map((ip) => ({ ip, ipMode: 'VIP', ports }));
}

const refuse = (problem: string): Balancer => ({ ingress: [], problem });

const familiesOf = ({ spec }: Service): readonly Family[] =>
  spec?.ipFamilies?.length ? (spec.ipFamilies as Family[]) : ['IPv4'];

const ipsOf = ({ status }: Service): string[] =>
  (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);

function bySeniority(a: Service, b: Service): number {
  const rank = (service: Service) =>
    [
      ipsOf(service).length > 0 ? '0' : '1',
      service.metadata?.creationTimestamp ?? '',
      keyOfService(service),
    ].join(' ');
  return rank(a) < rank(b) ? -1 : 1;
}
