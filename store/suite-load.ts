/** Much at once: large transactions and values, and the order of events while many write. */
import { changesMax, type Store, type StoreEvent } from './store.ts';
import { bytes, type Case, collect, listAll, put, show } from './suite-tools.ts';

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const name = (index: number) => `k${String(index).padStart(4, '0')}`;

export const loadCases: readonly Case[] = [
  [
    'writes its largest transaction as one revision, and refuses a larger one',
    async (t, store) => {
      const changes = range(changesMax).map((index) => ({ key: name(index), value: bytes('x') }));
      const watched = collectCalls(store, changesMax);
      const conditions = changes.map(({ key }) => ({ key, revision: 0 }));
      t.deepEqual(await store.transact({ conditions, changes }), { succeeded: true, revision: 1 });
      const calls = await watched;
      t.is(calls.length, 1, 'the events of one revision come together');
      t.true(calls[0]!.every(({ revision }) => revision === 1));
      t.is((await store.list({ prefix: '' })).entries.length, changesMax);
      const more = [...changes, { key: 'one-more', value: bytes('x') }];
      await t.throwsAsync(store.transact({ conditions: [], changes: more }), {
        instanceOf: RangeError,
      });
      const failing = [...conditions.slice(1), { key: name(0), revision: 7 }];
      const refused = await store.transact({ conditions: failing, changes });
      t.deepEqual(refused, { succeeded: false, revision: 1 });
    },
  ],

  [
    'keeps large values, lists and watches them whole',
    async (t, store) => {
      const value = new Uint8Array(1_000_000).map((_, index) => index * 7);
      for (const index of range(12)) {
        await store.transact({ conditions: [], changes: [{ key: name(index), value }] });
      }
      const { entries } = await store.list({ prefix: '' });
      t.is(entries.length, 12);
      t.true(entries.every((entry) => Buffer.compare(entry.value, value) === 0));
      const events = await collect(store, 12);
      t.true(events.every((event) => Buffer.compare(event.value!, value) === 0));
      t.deepEqual(
        events.map(({ revision }) => revision),
        range(12).map((index) => index + 1),
      );
      t.true((await store.size()) > 0);
    },
  ],

  [
    'lists more than a page of its own as one state, while others write',
    async (t, store) => {
      const keys = range(2_500).map(name);
      for (let from = 0; from < keys.length; from += 100) {
        const changes = keys.slice(from, from + 100).map((key) => ({ key, value: bytes('1') }));
        await store.transact({ conditions: [], changes });
      }
      const writing = Promise.all(range(50).map((index) => put(store, name(index * 50), '2')));
      const { entries, revision } = await store.list({ prefix: '' });
      await writing;
      t.is(entries.length, 2_500);
      t.true(entries.every((entry) => entry.revision <= revision));
      t.is(show(entries), await listAll(store, '', revision));
    },
  ],

  [
    'shows every watch the same events in order, wherever it begins, while many write',
    async (t, store) => {
      const [writers, rounds] = [10, 40];
      const total = writers * rounds;
      const before = range(4).map(() => collect(store, total));
      const late: Promise<StoreEvent[]>[] = [];
      await Promise.all(
        range(writers).map(async (writer) => {
          for (const round of range(rounds)) {
            const revision = await put(store, `w${writer}`, String(round));
            if (round % 13 === 1) late.push(collect(store, total - revision, revision));
          }
        }),
      );
      const [first, ...others] = await Promise.all(before);
      t.deepEqual(
        first!.map(({ revision }) => revision),
        range(total).map((index) => index + 1),
      );
      for (const writer of range(writers)) {
        const own = first!.filter(({ key }) => key === `w${writer}`);
        t.is(own.map(({ value }) => Buffer.from(value!).toString()).join(), range(rounds).join());
      }
      for (const each of others) t.is(show(each), show(first!));
      for (const each of await Promise.all(late)) {
        t.is(show(each), show(first!.slice(total - each.length)));
      }
    },
  ],
];

/** The events as they come, call by call, until there are `count`. */
function collectCalls(store: Store, count: number): Promise<(readonly StoreEvent[])[]> {
  return new Promise((resolve, reject) => {
    const calls: (readonly StoreEvent[])[] = [];
    const onEvents = (events: readonly StoreEvent[]) => {
      calls.push(events);
      if (calls.flat().length < count) return;
      watching.close();
      resolve(calls);
    };
    const watching = store.watch({ prefix: '', after: 0, onEvents, onError: reject });
  });
}
