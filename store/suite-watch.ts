/** Lists, watches and compaction: the cases that upstream's storage tests have and more. */
import { hasReason } from '../base/errors.ts';
import type { StoreEvent } from './store.ts';
import { type Case, collect, listAll, put, replace, show } from './suite-tools.ts';

export const watchCases: readonly Case[] = [
  [
    'makes a key once, changes it only from its newest revision, and makes it again once deleted',
    async (t, store) => {
      t.true(await replace(store, 'a', 0, '1'));
      t.false(await replace(store, 'a', 0, '2'));
      t.true(await replace(store, 'a', 1, '2'));
      t.false(await replace(store, 'a', 1, '3'));
      t.false(await replace(store, 'a', 1));
      t.true(await replace(store, 'a', 2));
      t.false(await replace(store, 'a', 2, '4'));
      t.false(await replace(store, 'a', 3, '4'));
      t.true(await replace(store, 'a', 0, '4'));
      t.is(await listAll(store), 'a=4@4');
    },
  ],

  [
    'takes conditions on keys that it does not change',
    async (t, store) => {
      await put(store, 'guard', '1');
      const change = { key: 'a', value: new Uint8Array([49]) };
      const write = (revision: number) =>
        store.transact({ conditions: [{ key: 'guard', revision }], changes: [change] });
      t.deepEqual(await write(2), { succeeded: false, revision: 1 });
      t.deepEqual(await write(1), { succeeded: true, revision: 2 });
    },
  ],

  [
    'lists a page that ends exactly with the last key, and an empty page behind it',
    async (t, store) => {
      for (const key of ['/a/1', '/a/2', '/b/1']) await put(store, key, 'x');
      const whole = await store.list({ prefix: '/a/', limit: 2 });
      t.deepEqual([show(whole.entries), whole.more], ['/a/1=x@1 /a/2=x@2', false]);
      const behind = await store.list({ prefix: '/a/', limit: 2, after: '/a/2' });
      t.deepEqual([behind.entries.length, behind.more, behind.revision], [0, false, 3]);
      const before = await store.list({ prefix: '/a/', limit: 1, after: '/a' });
      t.deepEqual([show(before.entries), before.more], ['/a/1=x@1', true]);
    },
  ],

  [
    'keeps keys apart whatever characters they have',
    async (t, store) => {
      const keys = ['/r/a', '/r/a ', '/r/a%2f', '/r/a..', '/r/ä', '/r/a/b', '/r/A', '/r/日本'];
      for (const key of keys) await put(store, key, key);
      const { entries } = await store.list({ prefix: '/r/' });
      t.deepEqual(entries.map(({ key }) => key).sort(), [...keys].sort());
      for (const key of keys)
        t.is(show([(await store.get(key)).entry!]).split('@')[0], `${key}=${key}`);
    },
  ],

  [
    'shows a delete with a later revision than the last put',
    async (t, store) => {
      const from = await put(store, 'a', '1');
      await put(store, 'a');
      await put(store, 'a', '2');
      t.is(show(await collect(store, 2, from)), 'a=@2 a=2@3');
      t.is(await listAll(store, '', 2), '');
    },
  ],

  [
    'begins a watch at any revision, each with the same order of events',
    async (t, store) => {
      for (let index = 1; index <= 10; index++) await put(store, `k${index % 3}`, String(index));
      const all = show(await collect(store, 10)).split(' ');
      for (let after = 0; after < 10; after++) {
        t.is(show(await collect(store, 10 - after, after)), all.slice(after).join(' '));
      }
    },
  ],

  [
    'sends a watch that begins now nothing of the past',
    async (t, store) => {
      await put(store, 'a', '1');
      const seen = collect(store, 1, await store.currentRevision());
      await put(store, 'a', '2');
      t.is(show(await seen), 'a=2@2');
    },
  ],

  [
    'tells a watch how far it has come, also by changes of other keys',
    async (t, store) => {
      const told: number[] = [];
      const events: StoreEvent[] = [];
      await new Promise<void>((resolve, reject) => {
        const watch = store.watch({
          prefix: '/a/',
          after: 0,
          onEvents: (some) => events.push(...some),
          onProgress: (revision) => {
            told.push(revision);
            if (revision < 3) return;
            watch.close();
            resolve();
          },
          onError: reject,
        });
        void put(store, '/b/x', '1')
          .then(() => put(store, '/a/x', '1'))
          .then(() => put(store, '/b/x', '2'));
      });
      t.is(show(events), '/a/x=1@2');
      t.deepEqual(told, [...new Set(told)].sort());
      t.is(told.at(-1), 3);
    },
  ],

  [
    'lets a watch be closed, and another be opened, from within its own events',
    async (t, store) => {
      const seen: string[] = [];
      const second = Promise.withResolvers<string>();
      const watch = store.watch({
        prefix: '',
        after: 0,
        onEvents: (events) => {
          seen.push(show(events));
          watch.close();
          const next = collect(store, 1, events.at(-1)!.revision);
          next.then((found) => second.resolve(show(found)), second.reject);
          void put(store, 'a', '2');
        },
        onError: second.reject,
      });
      await put(store, 'a', '1');
      t.is(await second.promise, 'a=2@2');
      t.deepEqual(seen, ['a=1@1']);
    },
  ],

  [
    'expires the next page when its revision was compacted, and lists anew',
    async (t, store) => {
      for (const key of ['a', 'b', 'c']) await put(store, key, '1');
      const { revision } = await store.list({ prefix: '', limit: 1 });
      await put(store, 'a', '2');
      await store.compact(await store.currentRevision());
      const next = store.list({ prefix: '', limit: 1, after: 'a', revision });
      t.true(hasReason(await t.throwsAsync(next), 'Expired'));
      t.is(await listAll(store), 'a=2@4 b=1@2 c=1@3');
    },
  ],

  [
    'keeps the state at the compacted revision itself, also of what is deleted later',
    async (t, store) => {
      await put(store, 'a', '1');
      await put(store, 'b', '1');
      await put(store, 'a');
      await store.compact(2);
      t.is(await listAll(store, '', 2), 'a=1@1 b=1@2');
      t.is(show(await collect(store, 1, 2)), 'a=@3');
      await store.compact(3);
      t.is(await listAll(store, '', 3), 'b=1@2');
      t.true(hasReason(await t.throwsAsync(collect(store, 1, 2)), 'Expired'));
      await store.compact(3);
    },
  ],

  [
    'goes on with a watch that has seen all, when what it saw is compacted',
    async (t, store) => {
      const seen: StoreEvent[] = [];
      const two = Promise.withResolvers<void>();
      const three = Promise.withResolvers<void>();
      const watch = store.watch({
        prefix: '',
        after: 0,
        onEvents: (events) => {
          seen.push(...events);
          if (seen.length >= 2) two.resolve();
          if (seen.length === 3) three.resolve();
        },
        onError: three.reject,
      });
      await put(store, 'a', '1');
      await put(store, 'a', '2');
      await two.promise;
      await store.compact(2);
      await put(store, 'a', '3');
      await three.promise;
      watch.close();
      t.is(show(seen), 'a=1@1 a=2@2 a=3@3');
    },
  ],
];
