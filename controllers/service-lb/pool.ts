/** A pool of addresses: ranges, in order, and what of them is still free. Pure. */
import { contains, formatIp, networkOf, parseCidr, parseIp } from '../../base/ip-address.ts';

export type Family = 'IPv4' | 'IPv6';

export const familyOf = (text: string): Family => (text.includes(':') ? 'IPv6' : 'IPv4');

/** Looks no further: a range of IPv6 has more addresses than there will ever be Services. */
const addressesMax = 65_536;

/** `192.0.2.0/28`, or a single `192.0.2.7`. @throws Error that says what is wrong */
export function parsePool(words: readonly string[]): string[] {
  return words.map((word) => {
    const range = word.includes('/') ? word : `${word}/${word.includes(':') ? 128 : 32}`;
    parseCidr(range);
    return range;
  });
}

export function isInPool(pool: readonly string[], address: string): boolean {
  const bytes = parseIp(address);
  return pool.some((range) => {
    const network = networkOf(parseCidr(range));
    return network.address.length === bytes.length && contains(network, bytes);
  });
}

/**
 * The first address of the family that is not taken. Every address of a range is given, the first
 * and the last as well: that of a network of its own would be left out of the flag.
 */
export function firstFree(
  pool: readonly string[],
  family: Family,
  isTaken: (address: string) => boolean,
): string | undefined {
  for (const range of pool.filter((each) => familyOf(each) === family)) {
    const { address, prefixLength } = networkOf(parseCidr(range));
    const count = Math.min(2 ** (address.length * 8 - prefixLength), addressesMax);
    for (let index = 0; index < count; index++) {
      const candidate = formatIp(plus(address, index));
      if (!isTaken(candidate)) return candidate;
    }
  }
  return undefined;
}

function plus(address: Uint8Array, index: number): Uint8Array {
  const sum = Buffer.from(address);
  for (let at = sum.length - 1, rest = index; rest > 0 && at >= 0; at--) {
    rest += sum[at]!;
    sum[at] = rest & 255;
    rest >>= 8;
  }
  return sum;
}
