/** Which addresses a configuration of host-local may give out, and in which order. Pure. */
import { contains, formatIp, networkOf, parseCidr, parseIp } from '../../base/ip-address.ts';
import { CniError } from '../error.ts';

/** Inclusive. Addresses as numbers. */
export interface Range {
  readonly isV4: boolean;
  readonly prefixLength: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly gateway: bigint;
}

/** One address is taken out of each set. */
export type RangeSet = readonly Range[];

export interface Candidate {
  readonly address: string; // 10.42.0.5
  readonly prefixLength: number;
  readonly gateway: string;
}

interface RangeText {
  readonly subnet?: unknown;
  readonly rangeStart?: unknown;
  readonly rangeEnd?: unknown;
  readonly gateway?: unknown;
}

/**
 * The old spelling (`subnet` beside `type`) is a set of its own and comes first; ranges by request
 * of the runtime come before the configuration's.
 * @throws CniError 7
 */
export function planRanges(ipam: Record<string, unknown>, requested?: unknown): RangeSet[] {
  const old = ipam.subnet === undefined || ipam.subnet === '' ? [] : [[ipam]];
  const sets = [...listsOf(requested, 'ipRanges'), ...old, ...listsOf(ipam.ranges, 'ipam.ranges')];
  if (sets.length === 0) throw invalid('ipam has no ranges');
  const planned = sets.map((set) => planSet(set));
  planned.forEach((set, index) => {
    const other = planned.slice(0, index).find((each) => overlaps(each, set));
    if (other) throw invalid(`range set ${index} overlaps another one`);
  });
  return planned;
}

/**
 * Every address of the set once, beginning after `last` and going round: an address that has just
 * been released is given out as late as possible. Gateways are passed over.
 */
export function* candidates(set: RangeSet, last?: string): Generator<Candidate> {
  const after = last === undefined ? undefined : find(set, toNumber(parseIp(last)));
  const from = after ?? { index: 0, number: (set[0]?.start ?? 0n) - 1n };
  for (let step = 0; step <= set.length; step++) {
    const range = set[(from.index + step) % set.length];
    if (!range) return;
    const first = step === 0 ? from.number + 1n : range.start;
    const end = step === set.length ? from.number : range.end;
    for (let number = first; number <= end && number <= range.end; number++) {
      if (number >= range.start && !set.some(({ gateway }) => gateway === number)) {
        yield toCandidate(range, number);
      }
    }
  }
}

/** The address as the set would give it out. @throws CniError 7 when it may not. */
export function candidateFor(set: RangeSet, address: string): Candidate | undefined {
  const bytes = parseIp(address);
  const number = toNumber(bytes);
  const range = set.find(
    ({ isV4, start, end }) => isV4 === (bytes.length === 4) && start <= number && number <= end,
  );
  if (!range) return undefined;
  if (range.gateway === number) throw invalid(`requested IP ${address} is the gateway's`);
  return toCandidate(range, number);
}

function planSet(set: readonly unknown[]): RangeSet {
  const ranges = set.map((each) => planRange(Object(each)));
  if (ranges.length === 0) throw invalid('a range set is empty');
  if (ranges.some(({ isV4 }) => isV4 !== ranges[0]?.isV4)) {
    throw invalid('a range set mixes address families');
  }
  ranges.forEach((range, index) => {
    if (overlaps(ranges.slice(0, index), [range])) throw invalid('ranges of a set overlap');
  });
  return ranges;
}

function planRange(text: RangeText): Range {
  const cidr = valid('subnet', () => parseCidr(String(text.subnet)));
  const network = networkOf(cidr);
  const { prefixLength } = cidr;
  const isV4 = cidr.address.length === 4;
  const bits = isV4 ? 32 : 128;
  const shown = `${formatIp(cidr.address)}/${prefixLength}`;
  if (!network.address.equals(cidr.address)) throw invalid(`subnet ${shown} has host bits set`);
  if (prefixLength > bits - 2) throw invalid(`subnet ${shown} is too small to allocate from`);
  const base = toNumber(network.address);
  const size = 1n << BigInt(bits - prefixLength);
  const inside = (key: keyof RangeText, fallback: bigint) => {
    const value = text[key];
    if (value === undefined || value === null || value === '') return fallback;
    const bytes = valid(key, () => parseIp(String(value)));
    // A gateway may lie elsewhere, as upstream has it.
    if (key !== 'gateway' && !contains(network, bytes)) {
      throw invalid(`${key} ${String(value)} is not in ${shown}`);
    }
    if (bytes.length !== cidr.address.length) throw invalid(`${key} is of another family`);
    return toNumber(bytes);
  };
  const start = inside('rangeStart', base + 1n);
  // An IPv4 subnet's last address is the broadcast.
  const end = inside('rangeEnd', base + size - (isV4 ? 2n : 1n));
  if (start > end) throw invalid(`a range of ${shown} ends before it starts`);
  return { isV4, prefixLength, start, end, gateway: inside('gateway', base + 1n) };
}

function toCandidate({ isV4, prefixLength, gateway }: Range, number: bigint): Candidate {
  return { address: toText(number, isV4), prefixLength, gateway: toText(gateway, isV4) };
}

function find(set: RangeSet, number: bigint): { index: number; number: bigint } | undefined {
  const index = set.findIndex(({ start, end }) => start <= number && number <= end);
  return index < 0 ? undefined : { index, number };
}

const overlaps = (a: RangeSet, b: RangeSet): boolean =>
  a.some((x) => b.some((y) => x.isV4 === y.isV4 && x.start <= y.end && y.start <= x.end));

const toNumber = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`);

const toText = (number: bigint, isV4: boolean) =>
  formatIp(Buffer.from(number.toString(16).padStart(isV4 ? 8 : 32, '0'), 'hex'));

function listsOf(raw: unknown, what: string): readonly (readonly unknown[])[] {
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw) || !raw.every(Array.isArray)) {
    throw invalid(`${what} must be a list of lists`);
  }
  return raw;
}

function valid<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new CniError('invalidConfig', `${field}: ${(cause as Error).message}`, { cause });
  }
}

const invalid = (message: string) => new CniError('invalidConfig', message);
