/** Which clients may not stay where they are: their endpoint serves them no more. */
import { hasCode } from '../../base/errors.ts';
import type { Message } from '../../native/nftables.ts';
import {
  addElements,
  type Nftables,
  removeElements,
  type StoredElement,
  type TableName,
} from '../../native/nftables.ts';
import { fronts, setsOf } from './layout.ts';
import type { FrontEntries } from './render.ts';

const attemptsMax = 5;

/** Map of the table → front with endpoint. */
export type Gone = ReadonlyMap<string, ReadonlySet<string>>;

/** What clients of these fronts could stay at before, and can no more. Pure. */
export function findGone(before: readonly FrontEntries[], after: readonly FrontEntries[]): Gone {
  const gone = new Map<string, Set<string>>();
  const now = new Map(after.map(({ id, sticky }) => [id, sticky]));
  for (const { id, sticky } of before) {
    if (!sticky) continue;
    const { affinity, key, to } = sticky;
    for (const endpoint of to) {
      if (now.get(id)?.to.has(endpoint)) continue;
      const list = gone.get(affinity) ?? new Set();
      gone.set(affinity, list.add(key + endpoint));
    }
  }
  return gone;
}

/**
 * Lets clients go whose endpoint is gone; the kernel lets others go by itself, at any time. Gives
 * the number of transactions.
 */
export async function letGo(nftables: Nftables, table: TableName, gone: Gone): Promise<number> {
  let transactions = 0;
  for (const [affinity, endpoints] of gone) {
    for (let attempt = 1; ; attempt++) {
      const all = (await nftables.elements(table, affinity)) ?? [];
      const stale = all.filter((element) => endpoints.has(placeOf(element)));
      // A packet that was under way meanwhile may have brought one back: until there is none.
      if (stale.length === 0 || attempt > attemptsMax) break;
      try {
        await nftables.commit(removeElements(table, affinity, stale));
        transactions++;
      } catch (error) {
        // One ended its time between the two; then nothing was done.
        if (!hasCode(error, 'ENOENT') || attempt === attemptsMax) throw error;
      }
    }
  }
  return transactions;
}

/** Elements that put clients back where they are when the table is written anew. */
export async function keepClients(
  nftables: Nftables,
  table: TableName,
  written: Iterable<FrontEntries>,
): Promise<Message[]> {
  const valid = new Set<string>();
  for (const { sticky } of written) {
    for (const endpoint of sticky?.to ?? []) valid.add(sticky!.key + endpoint);
  }
  if (valid.size === 0) return [];
  const messages: Message[] = [];
  for (const { affinity } of fronts.map(setsOf)) {
    const elements = (await nftables.elements(table, affinity)) ?? [];
    const kept = elements.filter((element) => valid.has(placeOf(element)));
    messages.push(...addElements(table, affinity, kept));
  }
  return messages;
}

/** Front and endpoint: the key ends with the client's address, the data begins with another. */
const placeOf = ({ key, data = '' }: StoredElement): string =>
  key.slice(0, key.length - (data.length - 4)) + data;
