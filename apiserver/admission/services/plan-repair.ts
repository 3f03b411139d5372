/**
 * What differs between Services and what stands beside them in the store, and how it is mended.
 * Pure. Only what was written by other hands than this server's can differ, or what an older
 * version left without its keys.
 */
import type { Block } from '../../../api/addresses.ts';
import type { Service } from '../../../api/types/core-v1.generated.ts';
import type { IPAddress } from '../../../api/types/networking-v1.generated.ts';
import type { Range } from './bands.ts';
import { canonical, familyOfText, offsetOf } from './blocks.ts';
import { takingOf } from './ledger.ts';
import { clusterIpsOf } from './plan-service.ts';
import { managedBy, placeOf } from './reservations.ts';

/** What stands in the store for a node port. */
export interface PortKey {
  /** `namespace/name` of a Service. */
  readonly owner: string;
  readonly revision: number;
}

export interface Observed {
  readonly services: readonly Service[];
  readonly addresses: readonly IPAddress[];
  readonly ports: ReadonlyMap<number, PortKey>;
  readonly blocks: readonly Block[];
  readonly range: Range;
}

export type Step =
  | { readonly do: 'giveAddress'; readonly service: Service; readonly address: string }
  | { readonly do: 'givePort'; readonly service: Service; readonly port: number }
  | { readonly do: 'dropAddress'; readonly address: IPAddress }
  | { readonly do: 'dropPort'; readonly port: number; readonly revision: number }
  | { readonly do: 'tell'; readonly about: Service | IPAddress; readonly event: Told };

export interface Told {
  readonly reason: string;
  readonly message: string;
}

export function planRepair(observed: Observed): Step[] {
  // Who was there first keeps what two have.
  const inTurn = [...observed.services].sort((a, b) => timeOf(a).localeCompare(timeOf(b)));
  const owners = { addresses: new Map<string, Service>(), ports: new Map<number, Service>() };
  return [
    ...inTurn.flatMap((service) => checkAddresses(service, observed, owners.addresses)),
    ...inTurn.flatMap((service) => checkPorts(service, observed, owners.ports)),
    ...observed.addresses.flatMap((each) => checkLeaked(each, owners.addresses)),
    ...[...observed.ports]
      .filter(([port]) => !owners.ports.has(port))
      .map(([port, { revision }]): Step => ({ do: 'dropPort', port, revision })),
  ];
}

const timeOf = ({ metadata }: Service) => `${metadata?.creationTimestamp} ${metadata?.uid}`;

function checkAddresses(
  service: Service,
  { addresses, blocks }: Observed,
  owners: Map<string, Service>,
): Step[] {
  const known = new Map(addresses.map((each) => [each.metadata!.name!, each]));
  const tell = (reason: string, message: string): Step => ({
    do: 'tell',
    about: service,
    event: { reason, message },
  });
  return clusterIpsOf(service.spec ?? {}).flatMap((text): Step[] => {
    if (text === 'None') return [];
    const address = canonical(text);
    const shown = `Cluster IP [${familyOfText(address)}]: ${address}`;
    const owner = owners.get(address);
    if (owner) {
      const what = `assigned to multiple services (${placeOf(owner)} has it)`;
      return [tell('ClusterIPAlreadyAllocated', `${shown} was ${what}; please recreate service`)];
    }
    owners.set(address, service);
    const isInside = blocks.some((block) => offsetOf(block, address) !== undefined);
    if (!isInside) {
      const what = 'is not within any configured Service CIDR; please recreate service';
      return [tell('ClusterIPOutOfRange', `${shown} ${what}`)];
    }
    const object = known.get(address);
    if (object && isFor(object, service)) return [];
    return [
      tell('ClusterIPNotAllocated', `${shown} is not allocated; repairing`),
      { do: 'giveAddress', service, address },
    ];
  });
}

function checkPorts(
  service: Service,
  { ports, range }: Observed,
  owners: Map<number, Service>,
): Step[] {
  const tell = (reason: string, message: string): Step => ({
    do: 'tell',
    about: service,
    event: { reason, message },
  });
  return [...takingOf(service).ports].flatMap((port): Step[] => {
    if (owners.has(port)) {
      const what = 'was assigned to multiple services; please recreate service';
      return [tell('PortAlreadyAllocated', `Port ${port} ${what}`)];
    }
    owners.set(port, service);
    const isOutside = port < range.min || port > range.max;
    const outside = `is not within the port range ${range.min}-${range.max}`;
    const told = isOutside
      ? [tell('PortOutOfRange', `Port ${port} ${outside}; please recreate service`)]
      : [];
    if (ports.get(port)?.owner === placeOf(service)) return told;
    const what = `Port ${port} is not allocated; repairing`;
    return [
      ...told,
      ...(isOutside ? [] : [tell('PortNotAllocated', what)]),
      { do: 'givePort', service, port },
    ];
  });
}

/** An address that others than the server made is theirs. */
function checkLeaked(address: IPAddress, owners: ReadonlyMap<string, Service>): Step[] {
  const { name = '', labels } = address.metadata ?? {};
  if (labels?.[managedBy.label] !== managedBy.value || owners.has(name)) return [];
  const { namespace, name: of } = address.spec.parentRef;
  const what = `IPAddress: ${name} for Service ${namespace}/${of}`;
  const message = `${what} appears to have leaked: cleaning up`;
  return [
    { do: 'tell', about: address, event: { reason: 'IPAddressNotAllocated', message } },
    { do: 'dropAddress', address },
  ];
}

function isFor({ spec }: IPAddress, { metadata }: Service): boolean {
  const { group = '', resource, namespace, name } = spec.parentRef;
  const isService = group === '' && resource === 'services';
  return isService && namespace === metadata?.namespace && name === metadata?.name;
}
