/** Compares the table in the kernel with what was written to it. */
import type { Nftables, RuleHandle, TableName } from '../../native/nftables.ts';

export type { RuleHandle } from '../../native/nftables.ts';

export interface Expected {
  readonly table: TableName;
  /** Set → key → end of the key's range and value. */
  readonly expected: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** All rules: one that is written anew has another handle. */
  readonly handles: readonly RuleHandle[];
}

/** What differs, in words; undefined when nothing does. */
export async function findDifference(
  nftables: Nftables,
  { table, expected, handles }: Expected,
): Promise<string | undefined> {
  const rules = await nftables.rules(table);
  const text = (list: readonly RuleHandle[]) =>
    list
      .map(({ chain, handle }) => `${chain} ${handle}`)
      .sort()
      .join();
  if (text(rules) !== text(handles)) return 'rules';
  for (const [set, wanted] of expected) {
    const found = await nftables.elements(table, set);
    if (!found) return `the set ${set}`;
    if (found.length !== wanted.size) return `elements of ${set}`;
    for (const { key, keyEnd = '', data = '' } of found) {
      if (wanted.get(key) !== keyEnd + data) return `elements of ${set}`;
    }
  }
  return undefined;
}
