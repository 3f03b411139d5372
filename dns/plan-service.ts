/** The names below one Service, and the records that stand at each. Pure. */
import type { Service } from '../api/types/core-v1.generated.ts';
import type { Endpoint, EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import { isIpv4, isIpv6 } from './plan-address.ts';
import { type DnsRecord, type Question, type ServiceRecord, ttlSeconds } from './records.ts';

/** What stands at a name. Nothing set: the name is there, with no record. */
export interface Target {
  readonly addresses?: readonly string[];
  readonly ports?: readonly ServiceRecord[];
  readonly alias?: string;
  readonly text?: string;
}

export interface ServiceAt {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  /** `web.default.svc.cluster.local`. */
  readonly domain: string;
}

/** The Service's own name. A headless one without a ready endpoint does not exist. */
export function planService(at: ServiceAt): Target | undefined {
  const { spec } = at.service;
  if (spec?.type === 'ExternalName') return { alias: (spec.externalName ?? '').replace(/\.$/, '') };
  const addresses = isHeadless(at.service) ? endpointAddresses(at) : clusterIps(at.service);
  if (addresses.length === 0) return undefined;
  return { addresses, ports: servicePorts(at, () => true) };
}

/** `rest` is what stands before the Service's name, leftmost label first. */
export function planEndpoint(at: ServiceAt, rest: readonly string[]): Target | undefined {
  const [first = '', second] = rest;
  if (rest.length === 1) {
    // `_tcp` has no record of its own, but names below it do.
    if (first.startsWith('_')) return portsOf(at, first).length > 0 ? {} : undefined;
    const named = readyEndpoints(at).filter((endpoint) => hostnameOf(endpoint) === first);
    const addresses = unique(named.flatMap(({ addresses }) => addresses.slice(0, 1)));
    return addresses.length > 0 ? { addresses } : undefined;
  }
  if (rest.length !== 2 || !first.startsWith('_') || !second?.startsWith('_')) return undefined;
  const ports = portsOf(at, second, first.slice(1));
  return ports.length > 0 ? { ports } : undefined;
}

/** The records of the type asked for. An alias answers every type. */
export function recordsAt(target: Target, { name, type }: Question): DnsRecord[] {
  const { addresses = [], ports = [], alias, text } = target;
  const ttl = ttlSeconds;
  if (alias !== undefined) return [{ type: 'CNAME', name, ttl, data: alias }];
  switch (type) {
    case 'A':
      return addresses.filter(isIpv4).map((data) => ({ type, name, ttl, data }));
    case 'AAAA':
      return addresses.filter(isIpv6).map((data) => ({ type, name, ttl, data }));
    case 'SRV':
      return ports.map((data) => ({ type, name, ttl, data }));
    case 'TXT':
      return text === undefined ? [] : [{ type, name, ttl, data: text }];
    default:
      return [];
  }
}

const portsOf = (at: ServiceAt, protocol: string, name?: string): ServiceRecord[] =>
  servicePorts(
    at,
    (port) =>
      `_${(port.protocol ?? 'TCP').toLowerCase()}` === protocol &&
      (name === undefined ? Boolean(port.name) : port.name === name),
  );

interface AnyPort {
  readonly name?: string;
  readonly protocol?: string;
}

/** For a cluster IP the Service's port, for a headless Service each endpoint's own. */
function servicePorts(at: ServiceAt, isWanted: (port: AnyPort) => boolean): ServiceRecord[] {
  const found = new Map<string, { port: number; target: string }>();
  const add = (port: number, target: string) => found.set(`${target} ${port}`, { port, target });
  if (!isHeadless(at.service)) {
    for (const port of at.service.spec?.ports ?? []) if (isWanted(port)) add(port.port, at.domain);
  } else {
    for (const { ports = [], endpoints = [] } of at.slices) {
      for (const endpoint of endpoints.filter(isReady)) {
        for (const port of ports) {
          if (isWanted(port) && port.port) add(port.port, `${hostnameOf(endpoint)}.${at.domain}`);
        }
      }
    }
  }
  const weight = Math.max(1, Math.floor(100 / found.size));
  return [...found.keys()].sort().map((key) => ({ priority: 0, weight, ...found.get(key)! }));
}

const isHeadless = ({ spec }: Service): boolean => clusterIps({ spec: spec ?? {} }).length === 0;

const clusterIps = ({ spec }: Service): string[] =>
  unique([...(spec?.clusterIPs ?? []), spec?.clusterIP ?? '']).filter(
    (ip) => isIpv4(ip) || isIpv6(ip),
  );

/** publishNotReadyAddresses is already in the slices' conditions. */
const readyEndpoints = ({ slices }: ServiceAt): Endpoint[] =>
  slices.flatMap(({ endpoints = [] }) => endpoints.filter(isReady));

const endpointAddresses = (at: ServiceAt): string[] =>
  unique(readyEndpoints(at).flatMap(({ addresses }) => addresses.slice(0, 1)));

const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready ?? true;

/** An endpoint without a hostname is named after its address: `10-42-0-3`. */
const hostnameOf = ({ hostname, addresses }: Endpoint): string =>
  hostname?.toLowerCase() || (addresses[0] ?? '').replaceAll(/[.:]/g, '-');

const unique = (items: readonly string[]): string[] => [...new Set(items)].sort();
