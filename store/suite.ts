/**
 * What every backend must do: each runs these same tests (`runSuite(name, open)`). After upstream's
 * tests of its storage: k8s.io/apiserver/pkg/storage/testing.
 */
import test, { type ExecutionContext } from 'ava';
import { hasReason } from '../base/errors.ts';
import type { Store, StoreEvent } from './store.ts';
import { loadCases } from './suite-load.ts';
import { bytes, type Case, collect, fromNow, listAll, put, show } from './suite-tools.ts';
import { watchCases } from './suite-watch.ts';

export type OpenStore = (t: ExecutionContext) => Promise<Store>;

/** One after the other (`test.serial`) where the stores of a file share their revisions. */
export function runSuite(name: string, open: OpenStore, declare: typeof test.serial = test): void {
  for (const [sentence, run] of [...cases, ...watchCases, ...loadCases]) {
    declare(`${name} ${sentence}`, async (t) => run(t, await fromNow(await open(t))));
  }
}

const cases: readonly Case[] = [
  [
    'gets what was put, with the revision of its last change',
    async (t, store) => {
      await put(store, 'a', '1');
      await put(store, 'b', '1');
      await put(store, 'a', '2');
      const { entry, revision } = await store.get('a');
      t.is(show([entry!]), 'a=2@3');
      t.is(revision, 3);
      t.is((await store.get('c')).entry, undefined);
      t.is(await store.currentRevision(), 3);
    },
  ],

  [
    'lists a prefix in the order of keys, at any revision',
    async (t, store) => {
      for (const key of ['/r/b/x', '/r/a-b/x', '/r/a/y', '/r/a/x', '/s/z'])
        await put(store, key, '1');
      await put(store, '/r/a/x', '2');
      await put(store, '/r/a/y');
      t.is(await listAll(store, '/r/'), '/r/a-b/x=1@2 /r/a/x=2@6 /r/b/x=1@1');
      t.is(await listAll(store, '/r/', 5), '/r/a-b/x=1@2 /r/a/x=1@4 /r/a/y=1@3 /r/b/x=1@1');
      t.is(await listAll(store, '/r/', 1), '/r/b/x=1@1');
      t.is(await listAll(store, '/t/'), '');
    },
  ],

  [
    'lists in pages of one revision',
    async (t, store) => {
      for (const key of ['a', 'b', 'c', 'd', 'e']) await put(store, key, '1');
      const first = await store.list({ prefix: '', limit: 2 });
      await put(store, 'c');
      await put(store, 'cc', '1');
      const { revision } = first;
      const second = await store.list({ prefix: '', limit: 2, after: 'b', revision });
      const third = await store.list({ prefix: '', limit: 2, after: 'd', revision });
      t.deepEqual([show(first.entries), first.more], ['a=1@1 b=1@2', true]);
      t.deepEqual([show(second.entries), second.more], ['c=1@3 d=1@4', true]);
      t.deepEqual([show(third.entries), third.more], ['e=1@5', false]);
    },
  ],

  [
    'refuses to read a revision that is not there yet',
    async (t, store) => {
      const error = await t.throwsAsync(store.list({ prefix: '', revision: 1 }));
      t.true(hasReason(error, 'Timeout'));
      t.regex(error!.message, /Too large resource version/);
    },
  ],

  [
    'writes only when all conditions hold',
    async (t, store) => {
      const write = (conditions: [string, number][], changes: [string, string?][]) =>
        store.transact({
          conditions: conditions.map(([key, revision]) => ({ key, revision })),
          changes: changes.map(([key, value]) => ({
            key,
            value: value === undefined ? undefined : bytes(value),
          })),
        });
      const create: [string, number][] = [['a', 0]];
      t.deepEqual(await write(create, [['a', '1']]), { succeeded: true, revision: 1 });
      t.deepEqual(await write(create, [['a', '2']]), { succeeded: false, revision: 1 });
      const both: [string, number][] = [
        ['a', 1],
        ['b', 0],
      ];
      const changes: [string, string][] = [
        ['a', '3'],
        ['b', '3'],
      ];
      t.deepEqual(await write(both, changes), { succeeded: true, revision: 2 });
      t.deepEqual(await write(both, changes), { succeeded: false, revision: 2 });
      t.deepEqual(await write([['a', 2]], [['a'], ['zzz']]), { succeeded: true, revision: 3 });
      t.deepEqual(await write([['a', 2]], [['a']]), { succeeded: false, revision: 3 });
      t.is(await listAll(store), 'b=3@2');
    },
  ],

  [
    'lets one of many writers of the same revision win',
    async (t, store) => {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          store.transact({
            conditions: [{ key: 'a', revision: 0 }],
            changes: [{ key: 'a', value: bytes(String(index)) }],
          }),
        ),
      );
      t.is(results.filter(({ succeeded }) => succeeded).length, 1);
      t.is(await store.currentRevision(), 1);
    },
  ],

  [
    'counts a delete of what is not there as done, without a revision',
    async (t, store) => {
      await put(store, 'a', '1');
      t.is(await put(store, 'b'), 1);
      const watched = collect(store, 2);
      await put(store, 'b');
      await put(store, 'a', '2');
      t.is(show(await watched), 'a=1@1 a=2@2');
    },
  ],

  [
    'refuses empty transactions and a key twice',
    async (t, store) => {
      const change = { key: 'a', value: bytes('1') };
      await t.throwsAsync(store.transact({ conditions: [], changes: [] }), {
        instanceOf: RangeError,
      });
      await t.throwsAsync(store.transact({ conditions: [], changes: [change, change] }), {
        instanceOf: RangeError,
      });
    },
  ],

  [
    'watches the past and then the present, without a gap',
    async (t, store) => {
      await put(store, 'a', '1');
      await put(store, 'b', '1');
      const watched = collect(store, 4, 1);
      await put(store, 'a');
      await put(store, 'c', '1');
      await put(store, 'c', '2');
      t.is(show(await watched), 'b=1@2 a=@3 c=1@4 c=2@5');
    },
  ],

  [
    'sends a watch only its prefix, and nothing after close',
    async (t, store) => {
      const seen: StoreEvent[] = [];
      const onEvents = (events: readonly StoreEvent[]) => seen.push(...events);
      const watch = store.watch({
        prefix: '/a/',
        after: 0,
        onEvents,
        onError: (error) => t.fail(error.message),
      });
      const other = collect(store, 2, 0, '/b/');
      await put(store, '/a/x', '1');
      await put(store, '/b/x', '1');
      watch.close();
      await put(store, '/a/y', '1');
      await put(store, '/b/y', '1');
      t.is(show(await other), '/b/x=1@2 /b/y=1@4');
      t.true(seen.every(({ key }) => key === '/a/x'));
    },
  ],

  [
    'compacts: the newest state stays, the past is Expired',
    async (t, store) => {
      await put(store, 'a', '1');
      await put(store, 'a', '2');
      await put(store, 'b', '1');
      await put(store, 'b');
      await put(store, 'c', '1');
      await put(store, 'a', '3');
      await store.compact(5);
      t.is(await listAll(store), 'a=3@6 c=1@5');
      t.is(await listAll(store, '', 5), 'a=2@2 c=1@5');
      t.true(hasReason(await t.throwsAsync(listAll(store, '', 4)), 'Expired'));
      t.true(hasReason(await t.throwsAsync(collect(store, 1, 4)), 'Expired'));
      t.is(show(await collect(store, 1, 5)), 'a=3@6');
      await store.compact(2);
      t.is(await put(store, 'd', '1'), 7);
      t.true(hasReason(await t.throwsAsync(store.compact(8)), 'Timeout'));
    },
  ],

  [
    'keeps its revision when everything is deleted and compacted',
    async (t, store) => {
      await put(store, 'a', '1');
      await put(store, 'a');
      await store.compact(2);
      t.is(await store.currentRevision(), 2);
      t.is(await put(store, 'a', '2'), 3);
    },
  ],

  [
    'keeps bytes as they are',
    async (t, store) => {
      const value = Uint8Array.from({ length: 256 }, (_, index) => index);
      await store.transact({
        conditions: [],
        changes: [
          { key: 'all', value },
          { key: 'none', value: new Uint8Array() },
        ],
      });
      t.deepEqual(new Uint8Array((await store.get('all')).entry!.value), value);
      t.is((await store.get('none')).entry!.value.byteLength, 0);
    },
  ],

  [
    'ends its watches and refuses questions once closed',
    async (t, store) => {
      const watched = collect(store, 1);
      await store.close();
      t.true(hasReason(await t.throwsAsync(watched), 'ServiceUnavailable'));
      t.true(hasReason(await t.throwsAsync(store.get('a')), 'ServiceUnavailable'));
      await store.close();
    },
  ],
];
