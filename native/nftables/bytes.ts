/** Addresses and numbers as nf_tables compares them: a character a byte, each part padded to four. */
import { networkOf, parseCidr, parseIp } from '../../base/ip-address.ts';

type Protocol = 'tcp' | 'udp' | 'sctp';

/** @throws RangeError for what is no address */
export const addressBytes = (address: string): string =>
  ipv4Bytes(address) ?? parseIp(address).toString('latin1');

const [dot, zero] = [46, 48];

/** The common case, without the dozen objects that parsing in general makes. */
function ipv4Bytes(address: string): string | undefined {
  let word = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index);
    if (code === dot && digits > 0) {
      word = (word << 8) | octet;
      octet = 0;
      digits = 0;
      dots++;
      continue;
    }
    octet = octet * 10 + code - zero;
    if (code < zero || code > zero + 9 || ++digits > 3 || octet > 255) return undefined;
  }
  if (dots !== 3 || digits === 0) return undefined;
  return String.fromCharCode((word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff, octet);
}

const numbers: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

export const protocolBytes = (protocol: Protocol): string =>
  String.fromCharCode(numbers[protocol], 0, 0, 0);

export const portBytes = (port: number): string =>
  String.fromCharCode(port >> 8, port & 0xff, 0, 0);

/** In the order of this machine, as marks and random numbers are. */
export const indexBytes = (index: number): string =>
  String.fromCharCode(index & 0xff, (index >> 8) & 0xff, (index >> 16) & 0xff, index >>> 24);

/** The first and the last address of a range such as `10.0.0.0/8`. */
export function rangeBytes(cidr: string): { first: string; last: string } {
  const { address, prefixLength } = networkOf(parseCidr(cidr));
  const last = address.map((byte, index) => {
    return byte | (0xff >> Math.min(8, Math.max(0, prefixLength - 8 * index)));
  });
  return { first: address.toString('latin1'), last: Buffer.from(last).toString('latin1') };
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
