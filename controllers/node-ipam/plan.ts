/** Decides which part of the cluster's address range a node gets. Pure; IPv4. */
const nodeBits = 24;

export interface Range {
  readonly start: number;
  readonly bits: number;
}

/** `10.42.0.0/16`. @throws Error that says what is wrong */
export function parseCidr(text: string): Range {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text);
  const [a = 0, b = 0, c = 0, d = 0, bits = 99] = (match ?? []).slice(1).map(Number);
  const isValid = match && [a, b, c, d].every((byte) => byte <= 255) && bits <= 32;
  if (!isValid) throw new Error(`must be an IPv4 range like 10.42.0.0/16, not ${text}`);
  const start = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
  return { start: (start & mask) >>> 0, bits };
}

/**
 * The first /24 of the cluster's range that is free; undefined when all are taken. What is used may
 * have other sizes: a node that brought its own range keeps it.
 */
export function planNodeCidr(cluster: Range, used: readonly Range[]): string | undefined {
  const count = 2 ** Math.max(0, nodeBits - cluster.bits);
  for (let i = 0; i < count; i++) {
    const range = { start: cluster.start + i * 256, bits: nodeBits };
    if (!used.some((each) => overlaps(range, each)))
      return `${formatAddress(range.start)}/${nodeBits}`;
  }
  return undefined;
}

function overlaps(a: Range, b: Range): boolean {
  const size = 2 ** (32 - Math.min(a.bits, b.bits));
  return Math.floor(a.start / size) === Math.floor(b.start / size);
}

const formatAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
