/** The API while its store does not answer, and when nobody knows whether it has written. */
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { config, configs, startServer } from '../../apiserver/testing.ts';
import { StatusError } from '../../base/errors.ts';
import { openEtcdStore } from '../../store/etcd/open.ts';
import { createMemoryStore } from '../../store/memory.ts';
import type { Store } from '../../store/store.ts';
import { startEtcd } from '../helpers/etcd.ts';

test('while etcd is down requests are refused, readyz says so, and all goes on by itself', async (t) => {
  const etcd = await startEtcd();
  t.teardown(() => etcd.remove());
  const store = await openEtcdStore({ servers: etcd.urls });
  const { ask, watch } = await startServer(t, { store, isShared: true });
  t.is((await ask(`POST ${configs}`, config('a'))).code, 201);
  const watching = watch(`${configs}?watch=1`);
  t.deepEqual(await watching.show(1), ['ADDED a']);
  t.is((await ask('GET /readyz')).code, 200);

  await etcd.kill();
  const read = await ask(`GET ${configs}`);
  t.is(read.code, 503);
  t.regex(read.body.message, /etcd: .*ECONNREFUSED/);
  const write = await ask(`POST ${configs}`, config('b'));
  t.true([503, 504].includes(write.code), String(write.code));
  const ready = await ask('GET /readyz?verbose');
  t.is(ready.code, 500);

  await etcd.restart();
  for (let code = 0; code !== 201; await sleep(50)) {
    code = (await ask(`POST ${configs}`, config('c'))).code;
  }
  t.is((await ask(`GET ${configs}`)).code, 200);
  t.is((await ask('GET /readyz')).code, 200);
  const shown = await watching.show(1);
  t.deepEqual(shown[0] === 'ADDED b' ? await watching.show(1) : shown, ['ADDED c']);
});

/** The next change is answered with an error; whether it was written is up to `isWritten`. */
function createFaultyStore(): { store: Store; failNext: (isWritten: boolean) => void } {
  const store = createMemoryStore();
  let next: boolean | undefined;
  return {
    failNext: (isWritten) => {
      next = isWritten;
    },
    store: {
      get: (key) => store.get(key),
      list: (request) => store.list(request),
      watch: (request) => store.watch(request),
      compact: (revision) => store.compact(revision),
      currentRevision: () => store.currentRevision(),
      size: () => store.size(),
      close: () => store.close(),
      async transact(transaction) {
        const isWritten = next;
        next = undefined;
        const result = isWritten === false ? undefined : await store.transact(transaction);
        if (isWritten === undefined) return result!;
        throw new StatusError('Timeout', 'etcd: it may have been written or not');
      },
    },
  };
}

for (const isWritten of [true, false]) {
  const what = isWritten ? 'it was written' : 'it was not';
  test(`a write whose answer was lost is 504, never a success, and can be repeated: ${what}`, async (t) => {
    const { store, failNext } = createFaultyStore();
    const { ask, watch } = await startServer(t, { store });
    const { body: a } = await ask(`POST ${configs}`, config('a'));
    const watching = watch(`${configs}?watch=1&resourceVersion=${a.metadata.resourceVersion}`);
    failNext(isWritten);
    t.is((await ask(`POST ${configs}`, config('b'))).code, 504);
    t.is((await ask(`GET ${configs}/b`)).code, isWritten ? 200 : 404);
    t.is((await ask(`POST ${configs}`, config('b'))).code, isWritten ? 409 : 201);
    failNext(isWritten);
    t.is((await ask(`PUT ${configs}/a`, { ...a, data: { x: '1' } })).code, 504);
    t.is((await ask(`PUT ${configs}/a`, { ...a, data: { x: '1' } })).code, isWritten ? 409 : 200);
    failNext(isWritten);
    t.is((await ask(`DELETE ${configs}/a`)).code, 504);
    t.is((await ask(`DELETE ${configs}/a`)).code, isWritten ? 404 : 200);
    // Whichever way: each change that happened is seen once.
    t.deepEqual(await watching.show(3), ['ADDED b', 'MODIFIED a', 'DELETED a']);
  });
}
