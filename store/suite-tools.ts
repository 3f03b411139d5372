/** What the cases of the suite are written with. */
import type { ExecutionContext } from 'ava';
import type { Change, Store, StoreEvent, Watch } from './store.ts';

export type Case = readonly [
  sentence: string,
  run: (t: ExecutionContext, store: Store) => Promise<void>,
];

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value);

/** `put(store, 'a', '1')`, or a delete without a value. Resolves to the revision. */
export async function put(store: Store, key: string, value?: string): Promise<number> {
  const change: Change = { key, value: value === undefined ? undefined : bytes(value) };
  return (await store.transact({ conditions: [], changes: [change] })).revision;
}

/** Writes `key` if its last change has this revision; whether it did. */
export async function replace(store: Store, key: string, from: number, value?: string) {
  const change: Change = { key, value: value === undefined ? undefined : bytes(value) };
  const conditions = [{ key, revision: from }];
  return (await store.transact({ conditions, changes: [change] })).succeeded;
}

/** `a=1@1 b=2@2`: keys, values and revisions as one line. */
export const show = (entries: readonly StoreEvent[]): string =>
  entries.map(({ key, value, revision }) => `${key}=${text(value) ?? ''}@${revision}`).join(' ');

export const listAll = async (store: Store, prefix = '', revision?: number): Promise<string> =>
  show((await store.list({ prefix, ...(revision !== undefined && { revision }) })).entries);

/** Resolves with the events once there are `count`, or rejects with the watch's error. */
export function collect(
  store: Store,
  count: number,
  after = 0,
  prefix = '',
): Promise<StoreEvent[]> {
  return new Promise((resolve, reject) => {
    const all: StoreEvent[] = [];
    const onEvents = (events: readonly StoreEvent[]) => {
      all.push(...events);
      if (all.length < count) return;
      watch.close();
      resolve(all);
    };
    const watch: Watch = store.watch({ prefix, after, onEvents, onError: reject });
  });
}

/** The same store, its revisions counted from where it is now: etcd begins at 1, or anywhere. */
export async function fromNow(store: Store): Promise<Store> {
  const base = await store.currentRevision();
  if (base === 0) return store;
  const down = <T extends { readonly revision: number }>(value: T): T => ({
    ...value,
    revision: value.revision - base,
  });
  return {
    async get(key) {
      const { entry, revision } = await store.get(key);
      return { entry: entry && down(entry), revision: revision - base };
    },
    async list({ revision, ...rest }) {
      const at = revision === undefined ? {} : { revision: revision + base };
      const { entries, ...result } = await store.list({ ...rest, ...at });
      return { ...down(result), entries: entries.map(down) };
    },
    async transact({ conditions, changes }) {
      const up = conditions.map(({ key, revision }) => {
        return { key, revision: revision === 0 ? 0 : revision + base };
      });
      return down(await store.transact({ conditions: up, changes }));
    },
    watch: ({ after, onEvents, onProgress, ...rest }) =>
      store.watch({
        ...rest,
        after: after + base,
        onEvents: (events) => onEvents(events.map(down)),
        ...(onProgress && { onProgress: (revision: number) => onProgress(revision - base) }),
      }),
    compact: (revision) => store.compact(revision + base),
    currentRevision: async () => (await store.currentRevision()) - base,
    size: () => store.size(),
    close: () => store.close(),
  };
}
