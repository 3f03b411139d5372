/** An ipBlock as ranges of addresses: what is in the block and in none of its exceptions. */
import { nextBytes, rangeBytes } from '../../native/nftables.ts';

/** First address, and the one after the last; undefined: there is none after it. As bytes. */
export interface AddressRange {
  readonly first: string;
  readonly after: string | undefined;
}

/** All of one family and well-formed; the exceptions may overlap each other. */
export function blockRanges(cidr: string, except: readonly string[]): AddressRange[] {
  const { first, last } = rangeBytes(cidr);
  const holes = except.map((hole) => rangeBytes(hole)).sort((a, b) => (a.first < b.first ? -1 : 1));
  const ranges: AddressRange[] = [];
  let next: string | undefined = first;
  for (const hole of holes) {
    if (next === undefined || next > last) break;
    if (hole.last < next) continue;
    if (hole.first > last) break;
    if (hole.first > next) ranges.push({ first: next, after: hole.first });
    next = nextBytes(hole.last);
  }
  if (next !== undefined && next <= last) ranges.push({ first: next, after: nextBytes(last) });
  return ranges;
}
