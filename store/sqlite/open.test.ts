import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
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
