/** Any store, with its values encrypted on the way in and opened on the way out. */
import type { Entry, Store, StoreEvent, WatchRequest } from '../store.ts';
import type { Vault } from './vault.ts';

export function encryptStore(store: Store, vault: Vault): Store {
  const openEntry = (entry: Entry): Entry => {
    const { value } = vault.open(entry.key, entry.value);
    return value === entry.value ? entry : { ...entry, value };
  };
  return {
    async get(key) {
      const { entry, revision } = await store.get(key);
      return { entry: entry && openEntry(entry), revision };
    },
    async list(request) {
      const { entries, ...rest } = await store.list(request);
      return { entries: entries.map(openEntry), ...rest };
    },
    transact: ({ conditions, changes }) =>
      store.transact({
        conditions,
        changes: changes.map(({ key, value }) => {
          return { key, value: value && vault.seal(key, value) };
        }),
      }),
    watch: (request) => watchOpened(store, vault, request),
    compact: (revision) => store.compact(revision),
    currentRevision: () => store.currentRevision(),
    size: () => store.size(),
    close: () => store.close(),
  };
}

function watchOpened(store: Store, vault: Vault, request: WatchRequest) {
  const openEvent = (event: StoreEvent): StoreEvent => {
    if (!event.value) return event;
    const { value } = vault.open(event.key, event.value);
    return value === event.value ? event : { ...event, value };
  };
  const watch = store.watch({
    ...request,
    onEvents(events) {
      let opened: StoreEvent[];
      try {
        opened = events.map(openEvent);
      } catch (error) {
        watch.close();
        request.onError(error as Error);
        return;
      }
      request.onEvents(opened);
    },
  });
  return watch;
}

const pageSize = 200;

/**
 * Opens every value that the configuration is about, and writes anew what another key than the
 * first wrote: a key may be taken out of the configuration after the next start. Returns how many
 * it wrote. @throws StatusError for the first value that cannot be opened
 */
export async function rewriteStale(store: Store, vault: Vault): Promise<number> {
  let count = 0;
  for (const prefix of vault.prefixes) {
    let after = '';
    for (let more = true; more; ) {
      const page = await store.list({ prefix, limit: pageSize, ...(after && { after }) });
      for (const entry of page.entries) count += await rewriteOne(store, vault, entry);
      more = page.more;
      after = page.entries.at(-1)?.key ?? after;
    }
  }
  return count;
}

/** When somebody else has written it since, that was another server, with its newest key. */
async function rewriteOne(store: Store, vault: Vault, { key, value, revision }: Entry) {
  const { value: opened, isStale } = vault.open(key, value);
  if (!isStale) return 0;
  const change = { key, value: vault.seal(key, opened) };
  const { succeeded } = await store.transact({
    conditions: [{ key, revision }],
    changes: [change],
  });
  return succeeded ? 1 : 0;
}
