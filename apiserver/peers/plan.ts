/**
 * Which API servers are there, and what default/kubernetes says of them. Pure.
 *
 * Each server renews a Lease of its own every round; one that has not changed for some rounds is
 * dead. Rounds are counted, not seconds: machines' clocks differ, and jump.
 */
import type { Endpoints } from '../../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.generated.ts';

export interface Address {
  readonly ip: string;
  readonly port: number;
}

/** A server's Lease as it was last seen to change. */
export interface Sighting {
  readonly address: Address;
  readonly renewTime: string;
  readonly round: number;
  /** Seen to change, so it was alive then; a Lease just found may be of long ago. */
  readonly isMoving: boolean;
}

export type Sightings = ReadonlyMap<string, Sighting>; // By the Lease's name.

/** A round is 10 s: a server that was killed is out of the Endpoints 30 s later at most. */
const roundsMax = 2;

export interface Found {
  readonly name: string;
  readonly address: Address;
  readonly renewTime: string;
}

/** What is known after one more look at the Leases. */
export function look(before: Sightings, leases: readonly Found[], round: number): Sightings {
  return new Map(
    leases.map(({ name, address, renewTime }) => {
      const known = before.get(name);
      if (known?.renewTime === renewTime) return [name, { ...known, address }];
      const isMoving = known !== undefined;
      return [name, { address, renewTime, round, isMoving }];
    }),
  );
}

interface Question {
  readonly sightings: Sightings;
  readonly round: number;
  /** This server's own: always alive. */
  readonly own: Address;
  /** Whom the Endpoints name now: who is in them and may be alive stays. */
  readonly named: readonly Address[];
}

/** Whoever is alive, in a fixed order. */
export function planLive({ sightings, round, own, named }: Question): Address[] {
  const isNamed = (address: Address) => named.some((each) => isSame(each, address));
  const others = [...sightings.values()]
    .filter((each) => round - each.round <= roundsMax)
    .filter((each) => each.isMoving || isNamed(each.address))
    .map(({ address }) => address)
    .filter((address) => !isSame(address, own));
  const all = [own, ...others];
  const unique = all.filter((each, index) => all.findIndex((one) => isSame(one, each)) === index);
  return unique.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** One subset a port: servers on several ports cannot share one. */
export function planSubsets(live: readonly Address[]): NonNullable<Endpoints['subsets']> {
  return [...groupBy(live, ({ port }) => String(port)).values()].map((group) => ({
    addresses: group.map(({ ip }) => ({ ip })),
    ports: [portOf(group)],
  }));
}

export const addressesOf = ({ subsets = [] }: Endpoints): Address[] =>
  subsets.flatMap(({ addresses = [], ports = [] }) =>
    addresses.flatMap(({ ip }) => ports.map(({ port }) => ({ ip, port }))),
  );

export interface PlannedSlice {
  readonly name: string;
  readonly addressType: 'IPv4' | 'IPv6';
  readonly endpoints: EndpointSlice['endpoints'];
  readonly ports: NonNullable<EndpointSlice['ports']>;
}

/** The first is `kubernetes`; others, of another port or family, have that in their names. */
export function planSlices(live: readonly Address[]): PlannedSlice[] {
  const familyOf = ({ ip }: Address) => (ip.includes(':') ? 'IPv6' : 'IPv4');
  const groups = groupBy(live, (each) => `${familyOf(each)} ${each.port}`);
  return [...groups.values()].map((group, index) => {
    const [first] = group;
    const addressType = familyOf(first!);
    return {
      name: index === 0 ? 'kubernetes' : `kubernetes-${addressType.toLowerCase()}-${first!.port}`,
      addressType,
      endpoints: group.map(({ ip }) => ({ addresses: [ip], conditions: { ready: true } })),
      ports: [portOf(group)],
    };
  });
}

const portOf = (group: readonly Address[]) => ({
  name: 'https',
  port: group[0]!.port,
  protocol: 'TCP' as const,
});

function groupBy(all: readonly Address[], keyOf: (each: Address) => string) {
  const groups = new Map<string, Address[]>();
  for (const each of all) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return groups;
}

const text = ({ ip, port }: Address) => `${port} ${ip}`;
const isSame = (a: Address, b: Address) => text(a) === text(b);
