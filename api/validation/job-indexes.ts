/** Sets of a Job's indexes as text: `0,3-5,7`. */

export interface Counted {
  readonly count: number; // 0 if there is a problem.
  readonly problem?: string;
}

export function countIndexes(text: string, completions: number): Counted {
  const intervals = text === '' ? [] : text.split(',');
  let last = -1;
  let count = 0;
  for (const interval of intervals) {
    const parsed = parseInterval(interval, completions);
    if (typeof parsed === 'string') return { count: 0, problem: parsed };
    const [from, to] = parsed;
    if (last >= from) return { count: 0, problem: disorder(last, from) };
    count += to - from + 1;
    last = to;
  }
  return { count };
}

/** The first index that two sets share; what is no interval is reported elsewhere. */
export function firstShared(a: string, b: string, completions: number): number | undefined {
  const intervals = [a, b].map((text) =>
    text
      .split(',')
      .map((interval) => parseInterval(interval, completions))
      .filter((parsed) => typeof parsed !== 'string'),
  ) as [Interval[], Interval[]];
  const shared = intervals[0].flatMap(([from, to]) =>
    intervals[1]
      .filter(([otherFrom, otherTo]) => from <= otherTo && otherFrom <= to)
      .map(([otherFrom]) => Math.max(from, otherFrom)),
  );
  return shared.length > 0 ? Math.min(...shared) : undefined;
}

type Interval = readonly [from: number, to: number];

/** Two numbers, or what is wrong. */
function parseInterval(text: string, completions: number): Interval | string {
  const parts = text.split('-');
  if (parts.length > 2) {
    return (
      `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can ` +
      "have at most two parts separated by '-'"
    );
  }
  for (const part of parts) {
    const shown = JSON.stringify(part);
    if (!/^[+-]?\d{1,15}$/.test(part))
      return `cannot convert string to integer for index: ${shown}`;
    if (Number(part) >= completions) return `too large index: ${shown}`;
  }
  const [from = 0, to = from] = parts.map(Number);
  return parts.length === 2 && from >= to ? disorder(from, to) : [from, to];
}

const disorder = (previous: number, current: number) =>
  `non-increasing order, previous: ${previous}, current: ${current}`;
