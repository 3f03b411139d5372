/** Decides which endpoints of a Service port traffic from this node may go to. Pure. */
import type {
  EndpointSlice,
  Endpoint as SliceEndpoint,
} from '../api/types/discovery-v1.generated.ts';
import { type Family, isPort, isUsableEndpoint } from './plan-address.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly isLocal: boolean;
}

/** Both are sorted; `local` are those on this node. Fallbacks are chosen for each separately. */
export interface EndpointChoice {
  readonly cluster: readonly Endpoint[];
  readonly local: readonly Endpoint[];
  /** How many on this node are ready: what load balancers ask for. */
  readonly localReady: number;
  /** Addresses that nothing may be sent to. */
  readonly refused: readonly string[];
}

/** Where this node is, as far as the choice of endpoints needs to know. */
export interface Place {
  readonly nodeName: string;
  readonly zone: string | undefined;
}

export interface PortQuery {
  readonly name: string; // Empty for a Service's only port.
  readonly protocol: string; // TCP, UDP, SCTP.
  readonly family: Family;
}

interface Candidate {
  readonly endpoint: Endpoint;
  readonly isLocal: boolean;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  readonly zones: readonly string[];
  readonly nodes: readonly string[];
}

/**
 * Ready endpoints, else those that are terminating but still serve (KEP-1669). Hints narrow the
 * ready ones only when each of them has one and one names this node or zone (KEP-2433, KEP-4444).
 */
export function chooseEndpoints(
  slices: readonly EndpointSlice[],
  query: PortQuery,
  place: Place,
): EndpointChoice {
  const refused = new Set<string>();
  const found = candidates(slices, query, { ...place, refused });
  const all = [...found.values()];
  if (all.length > 1) all.sort(byAddress);
  const local = all.filter(({ isLocal }) => isLocal);
  return {
    cluster: usable(all, (ready) => nearest(ready, place)).map(endpointOf),
    local: usable(local, (ready) => ready).map(endpointOf),
    localReady: local.filter(({ isReady }) => isReady).length,
    refused: [...refused],
  };
}

function usable(
  all: readonly Candidate[],
  narrow: (ready: readonly Candidate[]) => readonly Candidate[],
): readonly Candidate[] {
  const ready = all.filter((endpoint) => endpoint.isReady);
  if (ready.length > 0) return narrow(ready);
  return all.filter((endpoint) => endpoint.isServing && endpoint.isTerminating);
}

function nearest(ready: readonly Candidate[], place: Place): readonly Candidate[] {
  if (ready[0]?.zones === none && ready[0].nodes === none) return ready;
  const sameNode = ready.filter(({ nodes }) => nodes.includes(place.nodeName));
  if (sameNode.length > 0 && ready.every(({ nodes }) => nodes.length > 0)) return sameNode;
  const zone = place.zone;
  if (zone === undefined) return ready;
  const sameZone = ready.filter(({ zones }) => zones.includes(zone));
  return sameZone.length > 0 && ready.every(({ zones }) => zones.length > 0) ? sameZone : ready;
}

/** By `address:port`: an endpoint that moves between slices is for a moment in both. */
function candidates(
  slices: readonly EndpointSlice[],
  query: PortQuery,
  place: Place & { readonly refused: Set<string> },
): Map<string, Candidate> {
  const found = new Map<string, Candidate>();
  const addressType = query.family === 'ipv4' ? 'IPv4' : 'IPv6';
  for (const slice of slices) {
    if (slice.addressType !== addressType) continue;
    // Pods behind one named port may listen on different numbers; each slice carries its own.
    const target = slice.ports?.find(
      (port) => (port.name ?? '') === query.name && (port.protocol ?? 'TCP') === query.protocol,
    );
    if (!isPort(target?.port)) continue;
    for (const endpoint of slice.endpoints ?? []) {
      // Every address of one endpoint is the same pod; the API says to use the first.
      const [address] = endpoint.addresses;
      if (address === undefined) continue;
      if (!isUsableEndpoint(address, query.family)) {
        place.refused.add(address);
        continue;
      }
      const key = `${address} ${target.port}`;
      const candidate = describe(endpoint, { address, port: target.port }, place);
      const known = found.get(key);
      if (!known || isBetter(candidate, known)) found.set(key, candidate);
    }
  }
  return found;
}

/**
 * Which of two reports of one endpoint is believed: the better one, then the nearer one. The order
 * is total, so that the order of slices never shows.
 */
function isBetter(one: Candidate, other: Candidate): boolean {
  const difference = rank(one) - rank(other);
  return difference > 0 || (difference === 0 && hintsOf(one) < hintsOf(other));
}

const rank = ({ isReady, isServing, isLocal, isTerminating }: Candidate): number =>
  Number(isReady) * 8 + Number(isServing) * 4 + Number(isLocal) * 2 + Number(isTerminating);

const hintsOf = ({ nodes, zones }: Candidate): string => JSON.stringify([nodes, zones]);

function describe(
  { conditions, hints, nodeName }: SliceEndpoint,
  at: { address: string; port: number },
  place: Place,
): Candidate {
  const isReady = conditions?.ready ?? true; // "nil should be interpreted as true".
  const isLocal = nodeName !== undefined && nodeName === place.nodeName;
  return {
    endpoint: { address: at.address, port: at.port, isLocal },
    isLocal,
    isReady,
    isServing: conditions?.serving ?? isReady,
    isTerminating: conditions?.terminating ?? false,
    zones: hints?.forZones?.map(({ name }) => name) ?? none,
    nodes: hints?.forNodes?.map(({ name }) => name) ?? none,
  };
}

/** Most endpoints have no hints: one list for all of them. */
const none: readonly string[] = [];

const endpointOf = ({ endpoint }: Candidate): Endpoint => endpoint;

const byAddress = ({ endpoint: a }: Candidate, { endpoint: b }: Candidate) =>
  a.address === b.address ? a.port - b.port : a.address < b.address ? -1 : 1;
