/** Writes one Service's plan as elements of the table's sets and maps. Pure. */
import type { PortPlan, ServicePlan } from '../plan.ts';
import type { Endpoint } from '../plan-endpoints.ts';
import { addressBytes, indexBytes, portBytes, protocolBytes, rangeBytes } from './bytes.ts';
import { type Class, className, type FrontKind, sets, setsOf } from './layout.ts';

export interface Entry {
  readonly set: string;
  readonly key: string;
  readonly keyEnd?: string;
  readonly data?: string;
  readonly comment?: string;
}

/** Everything that is there for one front: two Services cannot both have it. */
export interface FrontEntries {
  /** The same for the same front of any Service. */
  readonly id: string;
  readonly entries: readonly Entry[];
  readonly class?: Class;
  /** With affinity: where clients of this front may stay, as elements of `affinity` have it. */
  readonly sticky?: { readonly affinity: string; readonly key: string; readonly to: Set<string> };
}

export interface Rendering {
  readonly fronts: readonly FrontEntries[];
  /** Addresses, in bytes, of its endpoints on this node. Other Services may have the same. */
  readonly localEndpoints: readonly string[];
}

interface Front {
  readonly kind: FrontKind;
  readonly key: string;
  readonly isExternal: boolean;
  readonly isGuarded: boolean;
}

export function renderService({ ports }: ServicePlan): Rendering {
  // Those that are ending may serve this node alone, while others serve the cluster.
  const here = new Set<string>();
  const fronts = clusterIps(ports);
  for (const port of ports) {
    for (const front of frontsOf(port)) fronts.push(renderFront(port, front));
    for (const { isLocal, address } of port.cluster) if (isLocal) here.add(addressBytes(address));
    for (const { address } of port.local) here.add(addressBytes(address));
  }
  return { fronts, localEndpoints: [...here] };
}

/** Once for each Service, however many ports it has. */
function clusterIps(ports: readonly PortPlan[]): FrontEntries[] {
  const [first] = ports;
  if (!first) return [];
  const key = addressBytes(first.clusterIp);
  const comment = first.name.replace(/:.*$/, '');
  return [{ id: `cluster-ip ${key}`, entries: [{ set: sets.clusterIps, key, comment }] }];
}

function frontsOf(port: PortPlan): Front[] {
  const ending = protocolBytes(port.protocol) + portBytes(port.port);
  const keyOf = (address: string) => addressBytes(address) + ending;
  const outside = { kind: 'services', isExternal: true } as const;
  const isGuarded = port.sourceRanges !== undefined;
  const inside: Front = {
    kind: 'services',
    key: keyOf(port.clusterIp),
    isExternal: false,
    isGuarded: false,
  };
  if (!isExternal(port)) return [inside];
  const found: Front[] = [
    inside,
    ...port.loadBalancerIps.map((ip) => ({ ...outside, key: keyOf(ip), isGuarded })),
    ...port.externalIps.map((ip) => ({ ...outside, key: keyOf(ip), isGuarded: false })),
  ];
  if (port.nodePort === undefined) return found;
  const key = protocolBytes(port.protocol) + portBytes(port.nodePort);
  return [...found, { kind: 'node-ports', key, isExternal: true, isGuarded: false }];
}

const isExternal = ({ nodePort, loadBalancerIps, externalIps }: PortPlan): boolean =>
  nodePort !== undefined || loadBalancerIps.length > 0 || externalIps.length > 0;

function renderFront(port: PortPlan, front: Front): FrontEntries {
  const { kind, key } = front;
  const id = `${kind} ${key}`;
  const comment = port.name;
  const own = setsOf(kind);
  const policy = front.isExternal ? port.externalPolicy : port.internalPolicy;
  const entries: Entry[] = front.isGuarded ? guardEntries(port, front) : [];
  if (port.cluster.length === 0) {
    entries.push({ set: own.noEndpoints, key, comment });
    return { id, entries };
  }
  const isHere = policy === 'Cluster' || port.local.length > 0;
  if (!isHere) entries.push({ set: own.noLocalEndpoints, key, comment });
  const found = classOf(port, front);
  // From inside the cluster, nobody here means nobody at all.
  if (!isHere && !front.isExternal) return { id, entries };
  entries.push({ set: className(found), key, comment });
  const { stickySeconds } = found;
  const known = new Set<string>(); // Where clients may stay.
  const addAll = (set: string, endpoints: readonly Endpoint[]) => {
    endpoints.forEach(({ address, port: number }, index) => {
      const data = addressBytes(address) + portBytes(number);
      entries.push({ set, key: key + indexBytes(index), data });
      if (stickySeconds > 0) known.add(data);
    });
  };
  if (found.cluster > 0) addAll(own.endpoints, port.cluster);
  if (found.local > 0) addAll(own.localEndpoints, port.local);
  const sticky = { affinity: own.affinity, key, to: known };
  return { id, entries, class: found, ...(stickySeconds > 0 && { sticky }) };
}

function classOf(port: PortPlan, { kind, isExternal }: Front): Class {
  const isLocal = (isExternal ? port.externalPolicy : port.internalPolicy) === 'Local';
  const base = isExternal ? 'external' : 'internal';
  return {
    front: kind,
    kind: isLocal ? `${base}-local` : base,
    // Traffic of this node and its pods to an outside address goes to all endpoints all the same.
    cluster: isLocal && !isExternal ? 0 : port.cluster.length,
    local: isLocal ? port.local.length : 0,
    stickySeconds: port.affinitySeconds ?? 0,
  };
}

function guardEntries(port: PortPlan, { key }: Front): Entry[] {
  const ranges = outermost((port.sourceRanges ?? []).map((cidr) => rangeBytes(cidr)));
  return [
    { set: sets.guarded, key, comment: port.name },
    ...ranges.map(({ first, last }) => ({
      set: sets.allowed,
      key: key + first,
      keyEnd: key + last,
    })),
  ];
}

interface Range {
  readonly first: string;
  readonly last: string;
}

/** Ranges nest or keep apart; the kernel refuses one inside another. */
const outermost = (ranges: readonly Range[]): Range[] =>
  ranges.filter(
    (range, index) =>
      !ranges.some(
        (other, place) =>
          place !== index &&
          other.first <= range.first &&
          range.last <= other.last &&
          (other.first !== range.first || other.last !== range.last || place < index),
      ),
  );
