/**
 * How a number is picked from a range without meeting those that people ask for by hand (KEP-3070).
 * Pure.
 */

export interface Range {
  readonly min: number;
  readonly max: number; // Included.
}

export interface PickOptions {
  /** How many numbers at the range's start are used only once everything above is taken. */
  readonly reserved: number;
  readonly isUsed: (value: number) => boolean;
  /** From 0 to 1 (excluded). */
  readonly random: () => number;
}

/**
 * A free number from the upper band, else from the lower one; undefined when the range is full.
 * At random, so that a number just given back is not at once somebody else's.
 */
export function pickFree({ min, max }: Range, options: PickOptions): number | undefined {
  const start = Math.min(min + options.reserved, max + 1);
  return pickIn({ min: start, max }, options) ?? pickIn({ min, max: start - 1 }, options);
}

function pickIn({ min, max }: Range, { isUsed, random }: PickOptions): number | undefined {
  const count = max - min + 1;
  if (count <= 0) return undefined;
  const first = Math.floor(random() * count);
  for (let step = 0; step < count; step++) {
    const value = min + ((first + step) % count);
    if (!isUsed(value)) return value;
  }
  return undefined;
}

/** Of cluster IPs: a sixteenth of the block, from 16 to 256; none in a block of 16 or less. */
export function reservedAddresses(size: number): number {
  return size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 16)), 256);
}

/** Of node ports: a thirty-second of the range, from 16 to 128; none in a range of 16 or less. */
export function reservedPorts({ min, max }: Range): number {
  const size = max - min + 1;
  return size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
}

/** `30000-32767`. @throws Error */
export function parsePortRange(text: string): Range {
  const [, min, max] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const range = { min: Number(min), max: Number(max) };
  if (!(range.min > 0 && range.min <= range.max && range.max <= 65_535)) {
    throw new Error(`${text} is no range of ports, as in 30000-32767`);
  }
  return range;
}
