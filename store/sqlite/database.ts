/**
 * The SQL behind the store: one row for each change of a key.
 *
 * A row's id is its revision times `changesMax` plus its place in the transaction, so that the
 * order of ids is the order of changes and neither a watch nor a compaction needs another index.
 */
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import { messageOf } from '../../base/errors.ts';
import { type Change, changesMax, type ListRequest, rangeEnd, type Transaction } from '../store.ts';
import { damaged, isDamage, openFile } from './file.ts';

export interface Row {
  readonly key: string;
  readonly value: Uint8Array | null;
  readonly id: number;
  readonly sum?: number | null; // Of the value: CRC-32.
}

export interface Rows {
  readonly rows: readonly Row[];
  readonly revision: number;
  readonly more: boolean;
}

/** Rows looked at in one slice of a compaction: some 10 ms, in which no write is served. */
const sliceRowsMax = 500;
const vacuumPagesMax = 2000;

export const revisionOf = (id: number): number => Math.floor(id / changesMax);
const firstId = (revision: number) => revision * changesMax;

export class RevisionDatabase {
  readonly #file: string;
  readonly #lock: Database.Database;
  readonly #db: Database.Database;
  readonly #statements: ReturnType<typeof prepare>;
  /** The revision of each live key, so that a condition costs no read. */
  readonly #live = new Map<string, number>();
  #undo: [key: string, revision: number | undefined][] = [];
  #revision: number;
  #oldest: number;
  #swept: number; // Rows up to this id have been compacted.

  constructor(file: string) {
    this.#file = file;
    this.#lock = lock(`${file}.lock`);
    try {
      this.#db = openFile(file);
    } catch (error) {
      this.#lock.close();
      throw error;
    }
    this.#statements = prepare(this.#db);
    this.#oldest = this.#meta('oldest');
    this.#swept = this.#meta('swept');
    const newest = this.#statements.newest.get() as { id: number | null };
    this.#revision = Math.max(this.#oldest, revisionOf(newest.id ?? 0));
    for (const row of this.#statements.live.iterate() as Iterable<Row>) {
      this.#live.set(row.key, revisionOf(row.id));
    }
  }

  get revision(): number {
    return this.#revision;
  }

  get oldest(): number {
    return this.#oldest;
  }

  /** Runs `work` as one durable commit; when it throws nothing has happened. */
  group<T>(work: () => T): T {
    const revision = this.#revision;
    this.#undo = [];
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      this.#revision = revision;
      for (const [key, before] of this.#undo.reverse()) this.#setLive(key, before);
      throw isDamage(error) ? damaged(this.#file, messageOf(error)) : error;
    }
  }

  /** Tells also which deletes found nothing. Inside `group` only. */
  transact({ conditions, changes }: Transaction): { succeeded: boolean; absent: string[] } {
    for (const { key, revision } of conditions) {
      if ((this.#live.get(key) ?? 0) !== revision) return { succeeded: false, absent: [] };
    }
    const absent: string[] = [];
    let place = 0;
    for (const change of changes) {
      if (!change.value && !this.#live.has(change.key)) {
        absent.push(change.key);
        continue;
      }
      if (place === 0) this.#revision += 1;
      this.#write(firstId(this.#revision) + place, change);
      place += 1;
    }
    return { succeeded: true, absent };
  }

  #write(id: number, { key, value }: Change): void {
    this.#statements.insert.run(id, key, value ?? null, value ? crc32(value) : null);
    this.#undo.push([key, this.#live.get(key)]);
    this.#setLive(key, value && this.#revision);
  }

  #setLive(key: string, revision: number | undefined): void {
    if (revision === undefined) this.#live.delete(key);
    else this.#live.set(key, revision);
  }

  get(key: string): Row | undefined {
    const revision = this.#live.get(key);
    if (revision === undefined) return undefined;
    return this.#checked(this.#statements.ofKey.get(key, firstId(revision)) as Row);
  }

  list({ prefix, revision = this.#revision, limit = Infinity, after }: ListRequest): Rows {
    const from = after !== undefined && after >= prefix ? `${after}\0` : prefix;
    const end = rangeEnd(prefix) ?? '\u{10ffff}';
    const rows: Row[] = [];
    const ids = this.#statements.lastIds.iterate(from, end, firstId(revision + 1));
    for (const { id } of ids as Iterable<{ id: number }>) {
      const row = this.#statements.byId.get(id) as Row;
      if (row.value === null) continue;
      if (rows.length === limit) return { rows, revision, more: true };
      rows.push(this.#checked(row));
    }
    return { rows, revision, more: false };
  }

  /** All changes after a revision, deletes too. */
  history(prefix: string, after: number): Rows {
    const end = rangeEnd(prefix) ?? '\u{10ffff}';
    const rows = this.#statements.since.all(firstId(after + 1), prefix, end) as Row[];
    for (const row of rows) this.#checked(row);
    return { rows, revision: this.#revision, more: false };
  }

  /** Does one slice of the work and says whether more is left. Inside `group` only. */
  compact(revision: number): boolean {
    if (revision > this.#oldest) {
      this.#statements.setMeta.run('oldest', revision);
      this.#oldest = revision;
    }
    const end = firstId(this.#oldest + 1);
    const slice = this.#statements.slice.all(this.#swept, end, sliceRowsMax) as Row[];
    for (const { key, id, value } of slice) {
      this.#statements.removeBefore.run(key, id);
      if (value === null) this.#statements.remove.run(id);
    }
    const last = slice.at(-1);
    if (!last) return false;
    this.#swept = last.id;
    this.#statements.setMeta.run('swept', last.id);
    return true;
  }

  /** Gives freed pages back to the file system. Outside `group`. */
  vacuum(): void {
    this.#db.pragma(`incremental_vacuum(${vacuumPagesMax})`);
  }

  /** Bytes of the pages that hold something. */
  size(): number {
    const page = this.#db.pragma('page_size', { simple: true }) as number;
    const all = this.#db.pragma('page_count', { simple: true }) as number;
    return page * (all - (this.#db.pragma('freelist_count', { simple: true }) as number));
  }

  close(): void {
    this.#db.close();
    this.#lock.close();
  }

  /** @throws Error when the disk gave back other bytes than it was given */
  #checked(row: Row): Row {
    const { value, sum, key } = row;
    if (!value || typeof sum !== 'number' || crc32(value) === sum) return row;
    throw damaged(this.#file, `the value of ${key} is not the one that was written`);
  }

  #meta(name: string): number {
    const row = this.#statements.meta.get(name) as { value: number } | undefined;
    return row?.value ?? 0;
  }
}

/** Two servers on one file would each trust their own memory of it: the second is refused. */
function lock(file: string): Database.Database {
  const db = new Database(file, { timeout: 0 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (cause) {
    db.close();
    throw new Error(`${file} is held by another process`, { cause });
  }
}

function prepare(db: Database.Database) {
  const lastIds =
    'SELECT max(id) AS id FROM entry WHERE key >= ? AND key < ? AND id < ? GROUP BY key';
  return {
    newest: db.prepare('SELECT max(id) AS id FROM entry'),
    live: db.prepare(
      `SELECT key, id FROM entry WHERE id IN (SELECT max(id) FROM entry GROUP BY key)
       AND value IS NOT NULL`,
    ),
    insert: db.prepare('INSERT INTO entry (id, key, value, sum) VALUES (?, ?, ?, ?)'),
    ofKey: db.prepare('SELECT id, key, value, sum FROM entry WHERE key = ? AND id >= ?'),
    byId: db.prepare('SELECT id, key, value, sum FROM entry WHERE id = ?'),
    lastIds: db.prepare(lastIds),
    since: db.prepare(
      'SELECT id, key, value, sum FROM entry WHERE id >= ? AND +key >= ? AND +key < ? ORDER BY id',
    ),
    slice: db.prepare(
      `SELECT id, key, CASE WHEN value IS NULL THEN NULL ELSE x'' END AS value
       FROM entry WHERE id > ? AND id < ? ORDER BY id LIMIT ?`,
    ),
    removeBefore: db.prepare('DELETE FROM entry WHERE key = ? AND id < ?'),
    remove: db.prepare('DELETE FROM entry WHERE id = ?'),
    meta: db.prepare('SELECT value FROM meta WHERE name = ?'),
    setMeta: db.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)'),
  };
}
