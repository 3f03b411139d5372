/** Addresses and numbers as nf_tables compares them: a character a byte, each part padded to four. */
import type { Protocol } from '../plan.ts';
import type { Family } from '../plan-address.ts';

/** A well-formed address (plan-address.ts saw to it). */
export const addressBytes = (address: string, family: Family): string =>
  family === 'ipv4' ? ipv4Bytes(address) : ipv6Bytes(address);

const numbers: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

export const protocolBytes = (protocol: Protocol): string => bytes(numbers[protocol], 0, 0, 0);

export const portBytes = (port: number): string => bytes(port >> 8, port & 0xff, 0, 0);

/** In the order of this machine, as marks and random numbers are. */
export const indexBytes = (index: number): string =>
  bytes(index & 0xff, (index >> 8) & 0xff, (index >> 16) & 0xff, index >>> 24);

/** The first and the last address of a range such as `10.0.0.0/8`. */
export function rangeBytes(cidr: string, family: Family): { first: string; last: string } {
  const [address = '', length = ''] = cidr.split('/');
  const all = Buffer.from(addressBytes(address, family), 'latin1');
  const [first, last] = [Buffer.from(all), Buffer.from(all)];
  for (let index = 0; index < all.length; index++) {
    const kept = Math.min(8, Math.max(0, Number(length) - index * 8));
    const mask = (0xff00 >> kept) & 0xff;
    first[index] = all[index]! & mask;
    last[index] = (all[index]! & mask) | (~mask & 0xff);
  }
  return { first: first.toString('latin1'), last: last.toString('latin1') };
}

/** The address after this one; undefined after the very last. */
export function nextBytes(address: string): string | undefined {
  const all = Buffer.from(address, 'latin1');
  for (let index = all.length - 1; index >= 0; index--) {
    if (all[index] !== 0xff) {
      all[index]!++;
      return all.toString('latin1');
    }
    all[index] = 0;
  }
  return undefined;
}

const bytes = (...values: number[]): string => String.fromCharCode(...values);

const ipv4Bytes = (address: string): string => bytes(...address.split('.').map(Number));

function ipv6Bytes(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = (half: string) => (half === '' ? [] : half.split(':'));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const zeros = new Array<string>(8 - front.length - back.length).fill('0');
  return [...front, ...zeros, ...back]
    .map((group) => Number.parseInt(group, 16))
    .map((value) => bytes(value >> 8, value & 0xff))
    .join('');
}
