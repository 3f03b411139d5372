/**
 * Who answers for an address and a port, and to whom: the obvious answer from Services and slices.
 * It shares no code with the planner, and knows no rules.
 */
import { BlockList, isIP } from 'node:net';
import type { Service, ServicePort } from '../../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.generated.ts';
import type { Family } from './proxy-objects.ts';

export interface Source {
  readonly name: 'stranger' | 'other stranger' | 'pod' | 'node';
  readonly address: string;
}

export const sourcesOf: Readonly<Record<Family, readonly Source[]>> = {
  ipv4: [
    { name: 'stranger', address: '192.0.2.9' },
    { name: 'other stranger', address: '198.51.100.9' },
    { name: 'pod', address: '10.42.0.250' },
    { name: 'node', address: '198.51.100.1' },
  ],
  ipv6: [
    { name: 'stranger', address: '2001:db8:a::9' },
    { name: 'other stranger', address: '2001:db9::9' },
    { name: 'pod', address: 'fd42::fa' },
    { name: 'node', address: '2001:db9::1' },
  ],
};

/** `refused`, `dropped`, `to A B` or `as node to A B`; `sticky` at its end with affinity. */
export type Answer = string;

/** By front (`10.43.0.5 tcp 80`, or `node tcp 30080`), in the order of the sources. */
export type Answers = Map<string, readonly Answer[]>;

export interface Situation {
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  readonly family: Family;
}

/** What one Service alone asks for. */
export function answersOf({ service, slices, family }: Situation): Answers {
  const answers: Answers = new Map();
  const spec = service?.spec;
  if (!spec || spec.type === 'ExternalName') return answers;
  if (service.metadata?.labels?.['service.kubernetes.io/service-proxy-name']) return answers;
  const { clusterIP = '' } = spec;
  if (!isOf(clusterIP, family)) return answers;
  for (const port of spec.ports ?? []) {
    if (port.port > portMax) continue;
    const protocol = (port.protocol ?? 'TCP').toLowerCase();
    const found = endpointsOf(slices, port, family);
    const write = (front: string, answer: (source: Source) => Answer) => {
      const sticky = spec.sessionAffinity === 'ClientIP' ? ' sticky' : '';
      const each = sourcesOf[family].map(answer);
      answers.set(
        front,
        each.map((text) => (text.includes('to ') ? text + sticky : text)),
      );
    };
    write(`${clusterIP} ${protocol} ${port.port}`, (source) => inside(spec, found, source));
    const outer = (isGuarded: boolean) => (source: Source) =>
      isGuarded && found.all.length > 0 && !isLetIn(spec, source, family)
        ? 'dropped'
        : outside(spec, found, source);
    for (const ip of balancerIps(service, family)) {
      const isGuarded = (spec.loadBalancerSourceRanges ?? []).length > 0;
      write(`${ip} ${protocol} ${port.port}`, outer(isGuarded));
    }
    for (const ip of (spec.externalIPs ?? []).filter((each) => isOf(each, family))) {
      const front = `${ip} ${protocol} ${port.port}`;
      if (!answers.has(front)) write(front, outer(false));
    }
    if (port.nodePort) write(`node ${protocol} ${port.nodePort}`, outer(false));
  }
  return answers;
}

/** Addresses of this node's endpoints, however they are reached. */
export function localAddressesOf({ service, slices, family }: Situation): Set<string> {
  const answers = answersOf({ service, slices, family });
  if (answers.size === 0) return new Set();
  const ports = (service?.spec?.ports ?? []).filter(({ port }) => port <= portMax);
  const places = ports.flatMap((port) => endpointsOf(slices, port, family).here);
  return new Set(places.map((place) => place.split(' ')[0]!));
}

const portMax = 65_535;

interface Found {
  readonly all: readonly string[];
  readonly local: readonly string[];
  /** Those of either that are on this node. */
  readonly here: readonly string[];
}

type Spec = NonNullable<Service['spec']>;

const inside = (spec: Spec, { all, local }: Found, { name }: Source): Answer => {
  if (all.length === 0) return 'refused';
  const places = spec.internalTrafficPolicy === 'Local' ? local : all;
  if (places.length === 0) return 'dropped';
  return `${name === 'pod' ? '' : 'as node '}to ${places.join(' ')}`;
};

const outside = (spec: Spec, { all, local }: Found, { name }: Source): Answer => {
  if (all.length === 0) return 'refused';
  const isLocal = spec.externalTrafficPolicy === 'Local';
  if (!isLocal || name === 'node') return `as node to ${all.join(' ')}`;
  if (name === 'pod') return `to ${all.join(' ')}`;
  return local.length > 0 ? `to ${local.join(' ')}` : 'dropped';
};

const isOf = (address: string, family: Family) => isIP(address) === (family === 'ipv4' ? 4 : 6);

function balancerIps({ spec, status }: Service, family: Family): string[] {
  if (spec?.type !== 'LoadBalancer') return [];
  const ingress = status?.loadBalancer?.ingress ?? [];
  return ingress
    .filter(({ ip = '', ipMode }) => ipMode !== 'Proxy' && isOf(ip, family))
    .map(({ ip }) => ip!);
}

function isLetIn(spec: Spec, source: Source, family: Family): boolean {
  const list = new BlockList();
  for (const range of spec.loadBalancerSourceRanges ?? []) {
    const [address = '', length] = range.split('/');
    if (isOf(address, family)) list.addSubnet(address, Number(length), family);
  }
  return list.check(source.address, family);
}

const forbidden = new BlockList();
for (const [address, length] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
] as const) {
  forbidden.addSubnet(address, length, 'ipv4');
}
for (const [address, length] of [
  ['::', 127],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  forbidden.addSubnet(address, length, 'ipv6');
}

/** Ready ones, else those that serve while they end; for the node alone the same. */
function endpointsOf(
  slices: readonly EndpointSlice[],
  { name, protocol }: ServicePort,
  family: Family,
): Found {
  const reports = new Map<string, { score: number; isHere: boolean }>();
  for (const slice of slices) {
    const port =
      slice.ports?.find((each) => each.name === name && each.protocol === protocol)?.port ?? 0;
    const isMeant = slice.addressType === (family === 'ipv4' ? 'IPv4' : 'IPv6');
    if (!isMeant || slice.metadata?.labels || ![8080].includes(port)) continue;
    for (const { addresses, conditions, nodeName } of slice.endpoints ?? []) {
      const address = addresses[0]!;
      if (!isOf(address, family) || forbidden.check(address, family)) continue;
      const { ready = true, serving = ready, terminating = false } = conditions ?? {};
      const isHere = nodeName === 'node';
      const score = Number(`${+ready}${+serving}${+isHere}${+terminating}`);
      const known = reports.get(`${address} ${port}`);
      if (!known || known.score < score) reports.set(`${address} ${port}`, { score, isHere });
    }
  }
  const best = (list: [string, { score: number }][]) => {
    const ready = list.filter(([, { score }]) => score >= 1000);
    const ending = list.filter(([, { score }]) => score >= 100 && score % 2 === 1);
    return (ready.length > 0 ? ready : ending).map(([place]) => place).sort();
  };
  const listed = [...reports];
  const all = best(listed);
  const local = best(listed.filter(([, { isHere }]) => isHere));
  const here = [...local, ...all.filter((place) => reports.get(place)?.isHere)];
  return { all, local, here };
}
