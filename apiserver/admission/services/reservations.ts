/**
 * What is written beside a Service, in the same transaction: an IPAddress for each address, and a
 * key for each node port. Each is there once or not at all, so two servers on one store can never
 * give out the same, and no crash leaves one without the other.
 */

import type { Resource } from '../../../api/resource.ts';
import { groupResourceOf } from '../../../api/resource.ts';
import { ipAddresses } from '../../../api/resources/ip-address.ts';
import type { Service } from '../../../api/types/core-v1.generated.ts';
import type { IPAddress } from '../../../api/types/networking-v1.generated.ts';
import type { Clock } from '../../../base/clock.ts';
import { toStore } from '../../registry/stored.ts';
import type { SideWrite } from '../../request.ts';
import { prepareNew } from '../make-object.ts';
import { familyOfText } from './blocks.ts';
import type { Taking } from './ledger.ts';

/** Below `/registry/`; a port each. */
export const portsPrefix = 'ranges/servicenodeports/';

export const managedBy = {
  label: 'ipaddress.kubernetes.io/managed-by',
  value: 'ipallocator.k8s.io',
} as const;

/** Refused by the store while somebody else has one of them. */
export const takeAll = (service: Service, taking: Taking, clock: Clock): SideWrite[] => [
  ...[...taking.addresses].map((address) => ({
    key: addressKey(address),
    value: toStore(ipAddresses as unknown as Resource, newIpAddress(service, address, clock)),
    revision: 0,
  })),
  ...[...taking.ports].map((port) => ({
    key: portKey(port),
    value: Buffer.from(JSON.stringify({ service: placeOf(service) })),
    revision: 0,
  })),
];

export const giveBack = ({ addresses, ports }: Taking): SideWrite[] => [
  ...[...addresses].map((address) => ({ key: addressKey(address), value: undefined })),
  ...[...ports].map((port) => ({ key: portKey(port), value: undefined })),
];

export function newIpAddress(service: Service, address: string, clock: Clock): IPAddress {
  const { name = '', namespace = '' } = service.metadata ?? {};
  const object: IPAddress = {
    metadata: {
      name: address,
      labels: {
        'ipaddress.kubernetes.io/ip-family': familyOfText(address),
        [managedBy.label]: managedBy.value,
      },
    },
    spec: { parentRef: { group: '', resource: 'services', namespace, name } },
  };
  prepareNew(ipAddresses, object, clock);
  return object;
}

/** `default/web` */
export const placeOf = ({ metadata }: Service): string =>
  `${metadata?.namespace}/${metadata?.name}`;

const addressKey = (address: string) => `${groupResourceOf(ipAddresses)}/${address}`;
export const portKey = (port: number): string => `${portsPrefix}${port}`;
