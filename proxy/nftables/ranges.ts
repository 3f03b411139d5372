/** Ranges of addresses as elements of an interval set: where each begins, and what comes after it. */
import { nextBytes, rangeBytes } from './bytes.ts';
import type { Entry } from './render.ts';

export interface RangeEntry extends Entry {
  readonly isEnd?: boolean;
}

/** Ranges that touch or overlap become one, as the kernel keeps them. */
export function rangeEntries(set: string, cidrs: readonly string[]): readonly RangeEntry[] {
  const ranges = cidrs.map((cidr) => rangeBytes(cidr)).sort(byFirst);
  const merged: { first: string; after: string | undefined }[] = [];
  for (const { first, last } of ranges) {
    const previous = merged.at(-1);
    const after = nextBytes(last);
    if (!previous || (previous.after !== undefined && previous.after < first)) {
      merged.push({ first, after });
    } else if (previous.after !== undefined && (after === undefined || after > previous.after)) {
      previous.after = after;
    }
  }
  return merged.flatMap(({ first, after }) => [
    { set, key: first },
    ...(after === undefined ? [] : [{ set, key: after, isEnd: true }]),
  ]);
}

const byFirst = (one: { first: string }, other: { first: string }) =>
  one.first < other.first ? -1 : one.first > other.first ? 1 : 0;
