/** What must change in the sets when Services change: taken away first, then added. Pure. */

import type { Message } from '../../native/nftables.ts';
import { addElements, removeElements, type TableName } from '../../native/nftables.ts';
import type { Entry } from './render.ts';

/** Entries by set and key. */
export type Entries = ReadonlyMap<string, Entry>;

const idOf = ({ set, key }: Entry): string => `${set} ${key}`;

export const indexEntries = (entries: Iterable<Entry>): Entries =>
  new Map([...entries].map((entry) => [idOf(entry), entry]));

/** Collects changes of many Services into one transaction. */
export class Delta {
  readonly #removed = new Map<string, Entry[]>();
  readonly #added = new Map<string, Entry[]>();

  /** No two entries of either list have one key in one set. */
  change(before: readonly Entry[], after: readonly Entry[]): void {
    if (before === after) return;
    // Most often all is new, or all goes: then there is nothing to compare.
    if (before.length === 0 || after.length === 0) {
      pushAll(this.#added, after);
      pushAll(this.#removed, before);
      return;
    }
    const [old, wanted] = [indexEntries(before), indexEntries(after)];
    for (const [id, entry] of old) if (!isSame(wanted.get(id), entry)) push(this.#removed, entry);
    for (const [id, entry] of wanted) if (!isSame(old.get(id), entry)) push(this.#added, entry);
  }

  /** The elements of one set as they have been collected so far. */
  added(set: string): readonly Entry[] {
    return this.#added.get(set) ?? [];
  }

  messages(table: TableName): Message[] {
    return [
      ...[...this.#removed].flatMap(([set, entries]) => removeElements(table, set, entries)),
      ...[...this.#added].flatMap(([set, entries]) => addElements(table, set, entries)),
    ];
  }
}

function pushAll(lists: Map<string, Entry[]>, entries: readonly Entry[]): void {
  for (const entry of entries) push(lists, entry);
}

function push(lists: Map<string, Entry[]>, entry: Entry): void {
  const list = lists.get(entry.set);
  if (list) list.push(entry);
  else lists.set(entry.set, [entry]);
}

const isSame = (one: Entry | undefined, other: Entry): boolean =>
  one !== undefined &&
  one.data === other.data &&
  one.keyEnd === other.keyEnd &&
  one.comment === other.comment;
