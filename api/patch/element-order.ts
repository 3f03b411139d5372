/**
 * What `$setElementOrder` asks for: items that it names stand in its order; those that only the
 * server has keep their own order, each before the first named item that it stood before.
 */
export interface OrderRules {
  /** What names an item: its merge key's value, or itself. */
  readonly idOf: (item: unknown) => unknown;
  /** The names that the patch put in order. */
  readonly wanted: readonly unknown[];
  /** The names as they stood before the patch. */
  readonly earlier: readonly unknown[];
}

export function orderList(items: readonly unknown[], { idOf, wanted, earlier }: OrderRules) {
  const rank = rankOf(wanted);
  const earlierRank = rankOf(earlier);
  const isNamed = (item: unknown) => rank.has(idOf(item));
  const byRank = (ranks: ReadonlyMap<unknown, number>) => (a: unknown, b: unknown) =>
    (ranks.get(idOf(a)) ?? 0) - (ranks.get(idOf(b)) ?? 0);
  const named = items.filter(isNamed).sort(byRank(rank));
  const others = items.filter((item) => !isNamed(item)).sort(byRank(earlierRank));
  const result: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const place = earlierRank.get(idOf(item));
    while (next < others.length && place !== undefined) {
      const otherPlace = earlierRank.get(idOf(others[next]));
      if (otherPlace === undefined || otherPlace >= place) break;
      result.push(others[next]);
      next += 1;
    }
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}

const rankOf = (ids: readonly unknown[]): Map<unknown, number> =>
  new Map(ids.map((id, index) => [id, index]));
