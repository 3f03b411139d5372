/**
 * Decides what to answer to a question about the cluster: Kubernetes' DNS specification 1.1. Pure.
 *
 * A name that exists without a record of the type asked for is NOERROR with nothing in it; only a
 * name that does not exist is NXDOMAIN. Both carry the SOA record, so that resolvers know for how
 * long to believe it.
 */
import type { Service } from '../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import { addressOfReverse, isIpv4, isIpv6 } from './plan-address.ts';
import { planEndpoint, planService, recordsAt, type Target } from './plan-service.ts';
import { type DnsRecord, type Question, ttlSeconds } from './records.ts';

/** What the answers are made from. Keys are `namespace/name`. */
export interface Directory {
  hasNamespace(name: string): boolean;
  service(key: string): Service | undefined;
  /** The slices that name this Service. */
  slices(serviceKey: string): readonly EndpointSlice[];
  /** Services with this cluster IP, and slices with this endpoint. */
  servicesAt(address: string): readonly Service[];
  slicesAt(address: string): readonly EndpointSlice[];
}

export interface Zone {
  /** `cluster.local`, in lower case, without a dot at the end. */
  readonly domain: string;
  readonly serial: number;
}

export interface Answer {
  readonly exists: boolean; // False: NXDOMAIN.
  readonly answers: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
}

/** Undefined when the question is not about the cluster: somebody else must be asked. */
export function planAnswer(
  { name, type }: Question,
  directory: Directory,
  zone: Zone,
): Answer | undefined {
  const lower = name.toLowerCase();
  const reverse = addressOfReverse(lower);
  if (reverse !== undefined) return planReverse({ name, type }, reverse, { directory, zone });
  const labels = labelsInside(lower, zone.domain);
  if (!labels) return undefined;
  if (labels.length === 0) {
    return type === 'SOA' ? found([soa(zone)]) : nothing(zone, true);
  }
  const target = resolve(labels, directory, zone);
  const records = target ? recordsAt(target, { name, type }) : [];
  if (records.length === 0) return nothing(zone, target !== undefined);
  return { ...found(records), additionals: glue(records, directory, zone) };
}

/** The name's labels before the zone; undefined outside of it. */
function labelsInside(lower: string, domain: string): string[] | undefined {
  if (lower === domain) return [];
  return lower.endsWith(`.${domain}`) ? lower.slice(0, -domain.length - 1).split('.') : undefined;
}

/** What stands at a name; undefined where nothing does. */
function resolve(labels: readonly string[], directory: Directory, zone: Zone): Target | undefined {
  const [kind, namespace, ...inner] = labels.toReversed();
  if (kind === 'dns-version') return namespace === undefined ? { text: '1.1.0' } : undefined;
  if (kind !== 'svc' && kind !== 'pod') return undefined;
  if (namespace === undefined) return {};
  if (!directory.hasNamespace(namespace)) return undefined;
  if (inner.length === 0) return {};
  if (kind === 'pod') return inner.length === 1 ? podAddress(inner[0]!) : undefined;
  const [name, ...rest] = inner;
  const key = `${namespace}/${name}`;
  const service = directory.service(key);
  if (!service) return undefined;
  const at = {
    service,
    slices: directory.slices(key),
    domain: `${key.split('/').reverse().join('.')}.svc.${zone.domain}`,
  };
  if (rest.length === 0) return planService(at);
  return planEndpoint(at, rest.reverse());
}

/** `10-42-0-3`: any well-formed address, as upstream's default has it (no pod is looked up). */
function podAddress(label: string): Target | undefined {
  const ipv4 = label.replaceAll('-', '.');
  if (isIpv4(ipv4)) return { addresses: [ipv4] };
  const ipv6 = label.replaceAll('-', ':');
  return isIpv6(ipv6) ? { addresses: [ipv6] } : undefined;
}

/** Addresses of the names that SRV records point to. */
function glue(records: readonly DnsRecord[], directory: Directory, zone: Zone): DnsRecord[] {
  const names = new Set(
    records.flatMap((record) => (record.type === 'SRV' ? record.data.target : [])),
  );
  return [...names].flatMap((name) =>
    ['A', 'AAAA'].flatMap((type) => planAnswer({ name, type }, directory, zone)?.answers ?? []),
  );
}

function planReverse(
  { name, type }: Question,
  address: string,
  { directory, zone }: { directory: Directory; zone: Zone },
): Answer | undefined {
  const names = [
    ...directory
      .servicesAt(address)
      .map(({ metadata }) => `${metadata?.name}.${metadata?.namespace}`),
    ...directory.slicesAt(address).flatMap((slice) => reverseNames(slice, address)),
  ].map((each) => `${each}.svc.${zone.domain}`);
  if (names.length === 0) return undefined;
  if (type !== 'PTR') return nothing(zone, true);
  return found(
    [...new Set(names)].sort().map((data) => ({ type: 'PTR', name, ttl: ttlSeconds, data })),
  );
}

/** Only endpoints with a hostname have a name of their own that is worth telling. */
function reverseNames({ metadata, endpoints = [] }: EndpointSlice, address: string): string[] {
  const service = metadata?.labels?.['kubernetes.io/service-name'];
  return endpoints
    .filter(({ addresses, hostname }) => hostname && addresses.includes(address))
    .map(({ hostname }) => `${hostname}.${service}.${metadata?.namespace}`);
}

const found = (answers: readonly DnsRecord[]): Answer => ({
  exists: true,
  answers,
  additionals: [],
  authorities: [],
});

const nothing = (zone: Zone, exists: boolean): Answer => ({
  exists,
  answers: [],
  additionals: [],
  authorities: [soa(zone)],
});

function soa({ domain, serial }: Zone): DnsRecord {
  return {
    type: 'SOA',
    name: domain,
    ttl: ttlSeconds,
    data: {
      mname: `ns.dns.${domain}`,
      rname: `hostmaster.${domain}`,
      serial,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: ttlSeconds,
    },
  };
}
