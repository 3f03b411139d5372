/** The tests that rules of several plugins are made of. Pure. */
import { networkOf, parseCidr, parseIp } from '../../base/ip-address.ts';
import {
  bitwise,
  compare,
  type Expression,
  type Field,
  loadField,
  loadMeta,
} from '../../native/nftables.ts';

export type Family = 'ipv4' | 'ipv6';
export type Side = 'source' | 'destination';

export const familyOf = (address: string): Family => (address.includes(':') ? 'ipv6' : 'ipv4');

/** An address as it lies in registers, for keys of maps. */
export const addressKey = (address: string): string =>
  parseIp(address.split('/')[0] ?? '').toString('latin1');

/** An interface's name as it lies in registers. */
export const ifNameBytes = (name: string): Buffer => {
  const bytes = Buffer.alloc(16);
  bytes.write(name);
  return bytes;
};

const fields: Readonly<Record<Family, Readonly<Record<Side, Field>>>> = {
  ipv4: {
    source: { base: 'network', offset: 12, length: 4 },
    destination: { base: 'network', offset: 16, length: 4 },
  },
  ipv6: {
    source: { base: 'network', offset: 8, length: 16 },
    destination: { base: 'network', offset: 24, length: 16 },
  },
};

export const loadAddress = (side: Side, family: Family, to: number): Expression =>
  loadField(fields[family][side], to);

const protocols: Readonly<Record<Family, number>> = { ipv4: 2, ipv6: 10 };

/** In a table of both families. */
export const isFamily = (family: Family): readonly Expression[] => [
  loadMeta('nfproto', 0),
  compare(0, 'equal', Uint8Array.of(protocols[family])),
];

/** Goes on when the address is in the network (`isNot`: is not). `cidr` may be a plain address. */
export function isAddressIn(side: Side, cidr: string, isNot = false): readonly Expression[] {
  const family = familyOf(cidr);
  const whole = family === 'ipv4' ? 32 : 128;
  const parsed = parseCidr(cidr.includes('/') ? cidr : `${cidr}/${whole}`);
  const { address } = networkOf(parsed);
  const mask = maskOf(parsed.prefixLength, address.length);
  return [
    loadAddress(side, family, 0),
    ...(parsed.prefixLength < whole ? [bitwise(0, mask, Buffer.alloc(mask.length))] : []),
    compare(0, isNot ? 'unequal' : 'equal', address),
  ];
}

export const isInterface = (
  which: 'iifname' | 'oifname',
  name: string,
  isNot = false,
): readonly Expression[] => [
  loadMeta(which, 0),
  compare(0, isNot ? 'unequal' : 'equal', ifNameBytes(name)),
];

function maskOf(prefixLength: number, size: number): Buffer {
  const full = Buffer.alloc(size, 0xff);
  return networkOf({ address: full, prefixLength }).address;
}
