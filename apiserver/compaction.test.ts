import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { hasReason } from '../base/errors.ts';
import { createMemoryStore } from '../store/memory.ts';
import { openSqliteStore } from '../store/sqlite/open.ts';
import { put } from '../store/suite-tools.ts';
import { type CompactionOptions, Compactor } from './compaction.ts';

const options: CompactionOptions = {
  keepMs: 300,
  keepMsMin: 10,
  everyMs: 60,
  roomBytes: 1_000_000,
};

test('the past of five minutes is kept, what is older is forgotten', async (t) => {
  const store = createMemoryStore();
  const compactor = new Compactor(store, options);
  const oldest = async () => {
    for (let revision = await store.currentRevision(); revision > 0; revision--) {
      try {
        await store.list({ prefix: '', revision: revision - 1 });
      } catch (error) {
        if (hasReason(error, 'Expired')) return revision;
        throw error;
      }
    }
    return 0;
  };
  const kept: number[] = [];
  for (let time = 0; time <= 1_000; time += 50) {
    await put(store, 'a', String(time));
    await compactor.tick(time);
    kept.push((await store.currentRevision()) - (await oldest()));
  }
  t.true(
    kept.every((count) => count <= 8),
    String(kept),
  );
  t.true(
    kept.slice(8).every((count) => count >= 6),
    String(kept),
  );
});

test('nothing is compacted while nothing is written', async (t) => {
  const store = createMemoryStore();
  await put(store, 'a', '1');
  const compactor = new Compactor(store, options);
  const done: number[] = [];
  for (let time = 0; time <= 3_000; time += 50) {
    if (await compactor.tick(time)) done.push(time);
  }
  t.deepEqual(done, [300]);
});

test('a clock that is set back does not stop compaction', async (t) => {
  const store = createMemoryStore();
  const compactor = new Compactor(store, options);
  await put(store, 'a', '1');
  await compactor.tick(1_000_000);
  const done: boolean[] = [];
  for (let time = 0; time <= 1_000; time += 50) {
    await put(store, 'a', String(time));
    done.push(await compactor.tick(time));
  }
  t.true(done.includes(true));
});

test('a file stays small however much of it is overwritten, long before five minutes', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), `wherry-compaction-${process.pid}-`));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'state.db');
  const store = await openSqliteStore({ file, onFatal: (error) => t.fail(error.message) });
  t.teardown(() => store.close());
  const room = 4 * 1024 * 1024;
  const compactor = new Compactor(store, { ...options, keepMs: 300_000, roomBytes: room });
  const value = 'x'.repeat(8_000);
  const live = 128;
  let written = 0;
  let largest = 0;
  for (let round = 0; round < 48; round++) {
    await Promise.all(Array.from({ length: live }, (_, key) => put(store, `k${key}`, value)));
    written += live * value.length;
    await compactor.tick(round * 20);
    largest = Math.max(largest, statSync(file).size + statSync(`${file}-wal`).size);
  }
  t.log(`${written >> 20} MiB written over ${live >> 7} MiB, at most ${largest >> 20} MiB on disk`);
  t.true(written > 45_000_000);
  // The present, the past, its room, what comes between two looks, and the journal.
  t.true(largest < 24 * 1024 * 1024, `${largest} bytes`);
});
