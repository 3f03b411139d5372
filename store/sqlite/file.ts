/** Opens the file that a store lies in, and refuses what is none or is damaged. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { hasCode, messageOf } from '../../base/errors.ts';

/** "WHRY": tells our files from all other databases. */
const applicationId = 0x57485259;
const schemaVersion = 1;

const schema = `
  CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB, sum INTEGER
  );
  CREATE INDEX IF NOT EXISTS entry_key ON entry (key, id);
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`;

/** Makes the file when there is none. @throws Error that says what is wrong with it */
export function openFile(file: string): Database.Database {
  const db = new Database(file);
  try {
    checkIdentity(db, file);
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('journal_size_limit = 16777216');
    checkPages(db, file);
    db.exec(schema);
    addChecksums(db);
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${schemaVersion}`);
    syncDirectory(dirname(file)); // The file's name must be as durable as what is in it.
    return db;
  } catch (error) {
    db.close();
    throw isDamage(error) ? damaged(file, messageOf(error)) : error;
  }
}

/** The same for who only looks, also while a server has it open. */
export function openFileToRead(file: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
    checkIdentity(db, file);
    if (number(db, 'application_id') !== applicationId) throw notOurs(file);
    return db;
  } catch (error) {
    db?.close();
    throw isDamage(error) ? damaged(file, messageOf(error)) : error;
  }
}

export const damaged = (file: string, detail: string): Error =>
  new Error(`${file} is damaged (${detail}): put a backup in its place with \`wherry restore\``);

export const isDamage = (error: unknown): boolean =>
  hasCode(error, 'SQLITE_NOTADB', 'SQLITE_CORRUPT') ||
  (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_CORRUPT_'));

const notOurs = (file: string) => new Error(`${file} is a database of another program`);

function checkIdentity(db: Database.Database, file: string): void {
  const id = number(db, 'application_id');
  const isEmpty = id === 0 && number(db, 'schema_version') === 0;
  const hasEntries = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'entry'`);
  if (!isEmpty && id !== applicationId && (id !== 0 || !hasEntries.get())) throw notOurs(file);
  if (number(db, 'user_version') > schemaVersion) {
    throw new Error(`${file} was written by a newer version of Wherry`);
  }
}

/** Some 300 ms for 200 MB, which the server reads in any case. */
function checkPages(db: Database.Database, file: string): void {
  const found = db.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw damaged(file, String(found).replaceAll('\n', ' '));
}

/** The first files had none: their values stay unchecked until they are written again. */
function addChecksums(db: Database.Database): void {
  const columns = db.pragma('table_info(entry)') as { name: string }[];
  if (!columns.some(({ name }) => name === 'sum')) {
    db.exec('ALTER TABLE entry ADD COLUMN sum INTEGER');
  }
}

const number = (db: Database.Database, name: string) => db.pragma(name, { simple: true }) as number;

function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
