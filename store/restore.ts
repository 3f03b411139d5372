/** Puts a snapshot's entries into a new store. */
import { crc32 } from 'node:zlib';
import { type EtcdOptions, openEtcdStore } from './etcd/open.ts';
import type { Snapshot } from './snapshot.ts';
import { openFile } from './sqlite/file.ts';
import { type Change, changesMax, type Entry, type Store } from './store.ts';

/** Revisions stay what they were, and go on behind the snapshot's: clients' watches stay valid. */
export async function writeFile(file: string, snapshot: Snapshot): Promise<void> {
  const db = openFile(file);
  try {
    const insert = db.prepare('INSERT INTO entry (id, key, value, sum) VALUES (?, ?, ?, ?)');
    const places = new Map<number, number>(); // Entries of one revision were one transaction.
    db.exec('BEGIN');
    for await (const { key, value, revision } of snapshot.entries('')) {
      const place = places.get(revision) ?? 0;
      places.set(revision, place + 1);
      insert.run(revision * changesMax + place, key, value, crc32(value));
    }
    const setMeta = db.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)');
    setMeta.run('oldest', snapshot.revision);
    setMeta.run('swept', (snapshot.revision + 1) * changesMax - 1);
    db.exec('COMMIT');
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

/** @throws Error when something is there already */
export async function writeEtcd(
  options: EtcdOptions,
  snapshot: Snapshot,
  isForced: boolean,
): Promise<void> {
  const store = await openEtcdStore(options);
  try {
    const prefix = options.prefix?.ours ?? '';
    const { entries } = await store.list({ prefix, limit: 1 });
    if (entries.length > 0 && !isForced) {
      throw new Error(`the etcd holds a state already (${entries[0]!.key}): --force replaces it`);
    }
    if (entries.length > 0) await removeAll(store, prefix);
    let batch: Change[] = [];
    let bytes = 0;
    for await (const entry of snapshot.entries(prefix)) {
      if (batch.length === batchMax || bytes + sizeOf(entry) > batchBytesMax) {
        await store.transact({ conditions: [], changes: batch });
        batch = [];
        bytes = 0;
      }
      batch.push({ key: entry.key, value: entry.value });
      bytes += sizeOf(entry);
    }
    if (batch.length > 0) await store.transact({ conditions: [], changes: batch });
  } finally {
    await store.close();
  }
}

const batchMax = 100;
const batchBytesMax = 1_000_000; // etcd takes 1.5 MB.
const sizeOf = ({ key, value }: Entry) => key.length + value.byteLength + 64;

async function removeAll(store: Store, prefix: string): Promise<void> {
  for (;;) {
    const { entries } = await store.list({ prefix, limit: batchMax });
    if (entries.length === 0) return;
    const changes = entries.map(({ key }) => ({ key, value: undefined }));
    await store.transact({ conditions: [], changes });
  }
}
