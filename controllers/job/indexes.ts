/**
 * Sets of a Job's indexes as ascending intervals, in text `0,3-5,7`: a thousand million indexes
 * that are done are one interval. Pure.
 */

type Interval = readonly [from: number, to: number];

/** Ascending, neither touching nor overlapping. */
export type Indexes = readonly Interval[];

export const noIndexes: Indexes = [];

/** What is no interval, or lies beyond the number of completions, is left out. */
export function parseIndexes(text: string | undefined, completions: number): Indexes {
  if (!text) return noIndexes;
  const intervals = text.split(',').flatMap((each): Interval[] => {
    const [from, to = from] = each.split('-').map(Number);
    if (from === undefined || to === undefined || !(from >= 0) || !(from <= to)) return [];
    return from < completions ? [[from, Math.min(to, completions - 1)]] : [];
  });
  return normalize(intervals);
}

export const formatIndexes = (indexes: Indexes): string =>
  indexes.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');

export const countOf = (indexes: Indexes): number =>
  indexes.reduce((sum, [from, to]) => sum + to - from + 1, 0);

export function hasIndex(indexes: Indexes, index: number): boolean {
  let low = 0;
  let high = indexes.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = indexes[middle]!;
    if (index < from) high = middle - 1;
    else if (index > to) low = middle + 1;
    else return true;
  }
  return false;
}

export const withIndexes = (indexes: Indexes, more: Iterable<number>): Indexes =>
  normalize([...indexes, ...[...more].map((index): Interval => [index, index])]);

export const unionOf = (...sets: readonly Indexes[]): Indexes => normalize(sets.flat());

/** How many are in both. */
export function countShared(a: Indexes, b: Indexes): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [from, to] = a[i]!;
    const [otherFrom, otherTo] = b[j]!;
    shared += Math.max(0, Math.min(to, otherTo) - Math.max(from, otherFrom) + 1);
    if (to < otherTo) i++;
    else j++;
  }
  return shared;
}

/** The first `count` indexes below `completions` that are not in the set. */
export function firstOutside(indexes: Indexes, count: number, completions: number): number[] {
  const found: number[] = [];
  let next = 0;
  for (const [from, to] of [...indexes, [completions, completions] as const]) {
    for (; next < from && found.length < count; next++) found.push(next);
    if (found.length >= count) break;
    next = Math.max(next, to + 1);
  }
  return found;
}

function normalize(intervals: readonly Interval[]): Indexes {
  const merged: [number, number][] = [];
  for (const [from, to] of [...intervals].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}
