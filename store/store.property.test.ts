import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { createMemoryStore } from './memory.ts';
import { openSqliteStore } from './sqlite/open.ts';
import type { Store, StoreEvent } from './store.ts';
import { put, show } from './suite-tools.ts';

interface Write {
  readonly key: string;
  readonly value: string | undefined;
}

const write: fc.Arbitrary<Write> = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'c/d'),
  value: fc.option(fc.constantFrom('1', '2', '3'), { nil: undefined }),
});

const writes = fc.array(write, { maxLength: 40 });

/** The obvious answer: after each write the whole state, sharing no code with the stores. */
function statesOf(all: readonly Write[]): Record<string, string>[] {
  const states: Record<string, string>[] = [{}];
  for (const { key, value } of all) {
    const state = { ...states.at(-1)! };
    if (value === undefined && !(key in state)) continue;
    if (value === undefined) delete state[key];
    else state[key] = `${value}@${states.length}`;
    states.push(state);
  }
  return states;
}

const showState = (state: Record<string, string>) =>
  Object.keys(state)
    .sort()
    .map((key) => `${key}=${state[key]}`)
    .join(' ');

const open = {
  memory: async () => ({ store: createMemoryStore(), end: () => {} }),
  sqlite: async () => {
    const folder = mkdtempSync(join(tmpdir(), `wherry-store-${process.pid}-`));
    const onFatal = (error: Error) => {
      throw error;
    };
    const store = await openSqliteStore({ file: join(folder, 'state.db'), onFatal });
    return { store, end: () => rmSync(folder, { recursive: true }) };
  },
};

async function withStore(kind: keyof typeof open, work: (store: Store) => Promise<void>) {
  const { store, end } = await open[kind]();
  try {
    await work(store);
  } finally {
    await store.close();
    end();
  }
}

for (const kind of ['memory', 'sqlite'] as const) {
  const runs = { numRuns: kind === 'memory' ? 200 : 15 };

  test(`${kind} lists every revision as it was, before and after a compaction`, async (t) => {
    const property = fc.asyncProperty(writes, fc.nat(), async (all, seed) => {
      await withStore(kind, async (store) => {
        const states = statesOf(all);
        await Promise.all(all.map(({ key, value }) => put(store, key, value)));
        const from = seed % states.length;
        for (const oldest of [0, from]) {
          if (oldest > 0) await store.compact(oldest);
          for (let revision = oldest; revision < states.length; revision++) {
            const { entries } = await store.list({ prefix: '', revision });
            t.is(show(entries), showState(states[revision]!));
          }
        }
      });
    });
    await fc.assert(property, runs);
  });

  test(`${kind} turns an earlier list into a later one by what a watch sends`, async (t) => {
    const property = fc.asyncProperty(writes, fc.nat(), fc.nat(), async (all, seed, pause) => {
      await withStore(kind, async (store) => {
        const states = statesOf(all);
        const from = seed % states.length;
        const seen: StoreEvent[] = [];
        let watch: { close(): void } | undefined;
        const writing = all.map(async ({ key, value }, index) => {
          if (index === pause % all.length) {
            const onEvents = (events: readonly StoreEvent[]) => seen.push(...events);
            const onError = (error: Error) => t.fail(error.message);
            watch = store.watch({ prefix: '', after: from, onEvents, onError });
          }
          await put(store, key, value);
        });
        await Promise.all(writing);
        await store.get('a'); // Its answer comes after all events.
        watch?.close();
        if (!watch) return;

        const state = { ...states[from]! };
        for (const { key, value, revision } of seen) {
          if (value) state[key] = `${new TextDecoder().decode(value)}@${revision}`;
          else delete state[key];
        }
        t.is(showState(state), showState(states.at(-1)!));
        t.deepEqual(
          seen.map(({ revision }) => revision),
          states.map((_, revision) => revision).slice(from + 1),
        );
      });
    });
    await fc.assert(property, runs);
  });
}
