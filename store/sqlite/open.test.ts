import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import Database from 'better-sqlite3';
import type { Store } from '../store.ts';
import { runSuite } from '../suite.ts';
import { put, show } from '../suite-tools.ts';
import { openSqliteStore } from './open.ts';

function tempFile(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), `wherry-store-${process.pid}-`));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return join(folder, 'state.db');
}

async function open(t: ExecutionContext, file = tempFile(t)): Promise<Store> {
  const store = await openSqliteStore({ file, onFatal: (error) => t.fail(error.message) });
  t.teardown(() => store.close());
  return store;
}

runSuite('sqlite', (t) => open(t));

test('sqlite finds everything again after it was closed', async (t) => {
  const file = tempFile(t);
  const store = await open(t, file);
  await put(store, 'a', '1');
  await put(store, 'b', '1');
  await put(store, 'a', '2');
  await put(store, 'b');
  await store.compact(3);
  await store.close();
  const again = await open(t, file);
  t.is(await again.currentRevision(), 4);
  t.is(show((await again.list({ prefix: '' })).entries), 'a=2@3');
  t.is(await put(again, 'a', '3'), 5);
});

test('sqlite refuses a file that another store holds', async (t) => {
  const file = tempFile(t);
  await open(t, file);
  const error = await t.throwsAsync(openSqliteStore({ file, onFatal: () => {} }));
  t.regex(error!.message, /held by another process/);
});

test('sqlite says why a file cannot be opened', async (t) => {
  const error = await t.throwsAsync(openSqliteStore({ file: '/nowhere/x.db', onFatal: () => {} }));
  t.regex(error!.message, /open \/nowhere\/x\.db/);
});

const damage: Readonly<Record<string, (file: string) => void>> = {
  'its first page overwritten': (file) => patch(file, 0, Buffer.alloc(4096, 7)),
  'a page in its middle overwritten': (file) => {
    for (let page = 2; page < 40; page += 3) patch(file, page * 4096, Buffer.alloc(4096, 255));
  },
  'a byte of a value changed': (file) => {
    const at = readFileSync(file).indexOf('canary');
    patch(file, at, Buffer.from('C'));
  },
  'its end cut off': (file) => truncateSync(file, 5 * 4096),
};

for (const [what, spoil] of Object.entries(damage)) {
  test(`sqlite refuses a file with ${what}, and says what to do`, async (t) => {
    const file = tempFile(t);
    const store = await open(t, file);
    for (let index = 0; index < 60; index++) await put(store, `k${index}`, 'x'.repeat(3000));
    await put(store, 'k', 'a canary');
    await store.close();
    spoil(file);
    const problems: string[] = [];
    const note = (error: unknown) => problems.push((error as Error).message);
    try {
      const again = await openSqliteStore({ file, onFatal: note });
      await again.list({ prefix: '' });
    } catch (error) {
      note(error);
    }
    t.regex(problems.join(), /state\.db is damaged \(.*\): put a backup in its place/);
  });
}

function patch(file: string, at: number, bytes: Buffer): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, at);
  closeSync(descriptor);
}

test('sqlite refuses files that are no store, or of a newer version', async (t) => {
  const openOther = async (sql: string) => {
    const file = tempFile(t);
    const db = new Database(file);
    db.exec(sql);
    db.close();
    return openSqliteStore({ file, onFatal: () => {} });
  };
  const refused = async (sql: string, message: RegExp) =>
    t.throwsAsync(openOther(sql), { message });
  await refused('CREATE TABLE song (name TEXT)', /another program/);
  await refused('PRAGMA application_id = 7; CREATE TABLE entry (x)', /another program/);
  await refused('PRAGMA application_id = 0x57485259; PRAGMA user_version = 99', /newer version/);
  const file = tempFile(t);
  writeFileSync(file, 'some text that is no database, but long enough to look like one'.repeat(20));
  await t.throwsAsync(openSqliteStore({ file, onFatal: () => {} }), { message: /is damaged/ });
});

test('sqlite opens a file from before there were checksums', async (t) => {
  const file = tempFile(t);
  const db = new Database(file);
  db.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;
    CREATE TABLE entry (id INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB);
    CREATE INDEX entry_key ON entry (key, id);
    CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO entry VALUES (128, 'a', x'31')`);
  db.close();
  const store = await open(t, file);
  await put(store, 'b', '2');
  t.is(show((await store.list({ prefix: '' })).entries), 'a=1@1 b=2@2');
});

test('sqlite stays small when the same keys are written and compacted', async (t) => {
  const file = tempFile(t);
  const store = await open(t, file);
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => put(store, `k${index}`, 'x'.repeat(2000))),
    );
    await store.compact(await store.currentRevision());
  }
  t.true(statSync(file).size < 5_000_000, `${statSync(file).size} bytes`);
});

test('sqlite keeps every acknowledged write when its process is killed', async (t) => {
  const file = tempFile(t);
  // Writes until killed by itself, telling each acknowledged key in a file: a pipe that its reader
  // is slow to empty would refuse a line.
  const program = `
    import { openSync, writeSync } from 'node:fs';
    import { openSqliteStore } from '${new URL('./open.ts', import.meta.url)}';
    const store = await openSqliteStore({ file: '${file}', onFatal: console.error });
    const value = new Uint8Array(1000);
    const told = openSync('${file}.told', 'a');
    let done = 0;
    const write = async (writer) => {
      for (let n = 0; ; n++) {
        const changes = [{ key: 'w' + writer + '-' + n, value }];
        await store.transact({ conditions: [], changes });
        writeSync(told, 'w' + writer + '-' + n + '\\n');
        done += 1;
        if (done === 2000) process.kill(process.pid, 'SIGKILL');
      }
    };
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write));`;
  const args = ['--input-type=module', '-e', program];
  const error = t.throws(() => execFileSync(process.execPath, args, { stdio: 'pipe' }));
  const { signal, stderr } = error as unknown as { signal: string | null; stderr: Buffer };
  t.is(signal, 'SIGKILL', String(stderr));
  const acknowledged = readFileSync(`${file}.told`, 'utf8').trim().split('\n');
  t.is(acknowledged.length, 2000);
  const store = await open(t, file);
  const found = new Set((await store.list({ prefix: 'w' })).entries.map(({ key }) => key));
  t.deepEqual(
    acknowledged.filter((key) => !found.has(key)),
    [],
  );
});
