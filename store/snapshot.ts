/** One state of a store, read beside its server: for looking, and for backups. */
import { type EtcdOptions, openEtcdStore } from './etcd/open.ts';
import { openFileToRead } from './sqlite/file.ts';
import { changesMax, type Entry, rangeEnd, type Store } from './store.ts';

export interface Snapshot {
  readonly revision: number;
  get(key: string): Promise<Entry | undefined>;
  /** In the order of their keys; values as they are stored. */
  entries(prefix: string): AsyncIterable<Entry>;
  close(): Promise<void>;
}

const lastKey = '\u{10ffff}';

export function readFile(file: string): Snapshot {
  const db = openFileToRead(file);
  db.exec('BEGIN'); // From the first question on it is one state, whatever is written meanwhile.
  const newest = db.prepare('SELECT max(id) AS id FROM entry').get() as { id: number | null };
  const oldest = db.prepare(`SELECT value FROM meta WHERE name = 'oldest'`).get() as
    | { value: number }
    | undefined;
  const live = db.prepare(
    `SELECT key, value, id FROM entry
     WHERE id IN (SELECT max(id) FROM entry WHERE key >= ? AND key < ? GROUP BY key)
     AND value IS NOT NULL ORDER BY key`,
  );
  type Row = { readonly key: string; readonly value: Uint8Array; readonly id: number };
  const toEntry = ({ key, value, id }: Row): Entry => ({ key, value, revision: revisionOf(id) });
  return {
    revision: Math.max(revisionOf(newest.id ?? 0), oldest?.value ?? 0),
    async get(key) {
      const row = live.get(key, `${key}\0`) as Row | undefined;
      return row && toEntry(row);
    },
    async *entries(prefix) {
      const rows = live.iterate(prefix, rangeEnd(prefix) ?? lastKey);
      for (const row of rows as Iterable<Row>) yield toEntry(row);
    },
    close: async () => void db.close(),
  };
}

const revisionOf = (id: number) => Math.floor(id / changesMax);

export async function readEtcd(options: EtcdOptions): Promise<Snapshot> {
  const store = await openEtcdStore(options);
  const revision = await store.currentRevision();
  return {
    revision,
    get: async (key) => (await store.get(key)).entry,
    entries: (prefix) => entriesOf(store, prefix, revision),
    close: () => store.close(),
  };
}

const pageSize = 500;

async function* entriesOf(store: Store, prefix: string, revision: number): AsyncIterable<Entry> {
  let after = '';
  for (let more = true; more; ) {
    const page = await store.list({ prefix, revision, limit: pageSize, ...(after && { after }) });
    yield* page.entries;
    more = page.more;
    after = page.entries.at(-1)?.key ?? after;
  }
}

/** Through SQLite's own backup, which waits for nobody and lets nobody wait. */
export async function copyFile(file: string, to: string): Promise<number> {
  const db = openFileToRead(file);
  try {
    // After its first pages all others at once: between two steps a write would start it anew.
    await db.backup(to, { progress: () => 2 ** 30 });
  } finally {
    db.close();
  }
  const copy = readFile(to);
  await copy.close();
  return copy.revision;
}
