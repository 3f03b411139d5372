/** What clients see of the API must not depend on the store: the same walks on each of them. */
import test, { type ExecutionContext } from 'ava';
import { config, configs, startServer } from '../../apiserver/testing.ts';
import type { Store } from '../../store/store.ts';
import { startEtcd, type TestEtcd } from '../helpers/etcd.ts';
import { type Backend, createBackend } from '../helpers/stores.ts';

let etcd: TestEtcd;
test.before(async () => {
  etcd = await startEtcd();
});
test.after.always(() => etcd?.remove());

interface Scene {
  readonly backend: Backend;
  /** A server on this test's state. */
  readonly start: () => Promise<Awaited<ReturnType<typeof startServer>> & { store: Store }>;
}

const json = 'content-type=application/merge-patch+json';
const names = (body: { items: { metadata: { name: string } }[] }) =>
  body.items.map(({ metadata }) => metadata.name).join(' ');
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const name = (index: number) => `c${String(index).padStart(3, '0')}`;

type Walks = Readonly<Record<string, (t: ExecutionContext, scene: Scene) => Promise<void>>>;

const walks: Walks = {
  async 'an object is made, read, changed, refused when stale, and deleted'(t, { start }) {
    const { ask } = await start();
    const created = await ask(`POST ${configs}`, config('a', { x: '1' }));
    t.is(created.code, 201);
    t.is((await ask(`POST ${configs}`, config('a'))).code, 409);
    t.deepEqual((await ask(`GET ${configs}/a`)).body, created.body);
    const updated = await ask(`PUT ${configs}/a`, { ...created.body, data: { x: '2' } });
    t.is(updated.code, 200);
    t.true(
      Number(updated.body.metadata.resourceVersion) > Number(created.body.metadata.resourceVersion),
    );
    t.is((await ask(`PUT ${configs}/a`, created.body)).code, 409);
    t.is((await ask(`DELETE ${configs}/a`)).code, 200);
    t.is((await ask(`GET ${configs}/a`)).code, 404);
  },

  async 'of many patches at once none is lost'(t, { start }) {
    const { ask } = await start();
    await ask(`POST ${configs}`, config('a'));
    const patches = await Promise.all(
      range(20).map((index) => {
        return ask(`PATCH ${configs}/a ${json}`, JSON.stringify({ data: { [name(index)]: 'x' } }));
      }),
    );
    const done = range(20).filter((index) => patches[index]!.code === 200);
    t.true(patches.every(({ code }) => code === 200 || code === 409));
    t.true(done.length > 0);
    const { body } = await ask(`GET ${configs}/a`);
    t.deepEqual(Object.keys(body.data).sort(), done.map(name));
  },

  async 'apiserver A32: pages show one state while others write'(t, { start }) {
    const { ask } = await start();
    await Promise.all(range(25).map((index) => ask(`POST ${configs}`, config(name(index)))));
    const first = await ask(`GET ${configs}?limit=10`);
    t.is(first.body.metadata.remainingItemCount, 15);
    await ask(`DELETE ${configs}/${name(12)}`);
    await ask(`POST ${configs}`, config(`${name(14)}-new`));
    const path = (page: { metadata: { continue: string } }) =>
      `GET ${configs}?limit=10&continue=${encodeURIComponent(page.metadata.continue)}`;
    const second = await ask(path(first.body));
    const third = await ask(path(second.body));
    t.is(third.body.metadata.continue, undefined);
    const all = [first, second, third].map(({ body }) => names(body)).join(' ');
    t.is(all, range(25).map(name).join(' '));
    const versions = [first, second, third].map(({ body }) => body.metadata.resourceVersion);
    t.is(new Set(versions).size, 1);
  },

  async 'a watch sends what is and then each change once, and resumes at a revision'(t, { start }) {
    const { ask, watch } = await start();
    await ask(`POST ${configs}`, config('a'));
    const all = watch(`${configs}?watch=1`);
    t.deepEqual(await all.show(1), ['ADDED a']);
    const { body } = await ask(`POST ${configs}`, config('b'));
    await ask(`PATCH ${configs}/a ${json}`, '{"data":{"k":"v"}}');
    await ask(`DELETE ${configs}/b`);
    t.deepEqual(await all.show(3), ['ADDED b', 'MODIFIED a', 'DELETED b']);
    const resumed = watch(`${configs}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
    t.deepEqual(await resumed.show(2), ['MODIFIED a', 'DELETED b']);
  },

  async 'a list at a revision shows that state, at one to come it says so'(t, { start }) {
    const { ask } = await start();
    const { body: a } = await ask(`POST ${configs}`, config('a'));
    await ask(`POST ${configs}`, config('b'));
    const at = (query: string) => ask(`GET ${configs}?${query}`);
    const version = a.metadata.resourceVersion;
    const exact = await at(`resourceVersion=${version}&resourceVersionMatch=Exact`);
    t.is(names(exact.body), 'a');
    t.is(exact.body.metadata.resourceVersion, version);
    const newer = await at(`resourceVersion=${version}&resourceVersionMatch=NotOlderThan`);
    t.is(names(newer.body), 'a b');
    const far = await at(`resourceVersion=${Number(version) + 100_000}`);
    t.deepEqual([far.code, far.body.reason], [504, 'Timeout']);
  },

  async 'finalizers, preconditions and deletecollection'(t, { start }) {
    const { ask } = await start();
    const held = { ...config('a'), metadata: { name: 'a', finalizers: ['test/hold'] } };
    const { body } = await ask(`POST ${configs}`, held);
    const foreign = { preconditions: { uid: 'another' } };
    t.is((await ask(`DELETE ${configs}/a`, foreign)).code, 409);
    await ask(`DELETE ${configs}/a`, { preconditions: { uid: body.metadata.uid } });
    t.truthy((await ask(`GET ${configs}/a`)).body.metadata.deletionTimestamp);
    await ask(`PATCH ${configs}/a ${json}`, '{"metadata":{"finalizers":null}}');
    t.is((await ask(`GET ${configs}/a`)).code, 404);
    await Promise.all(range(5).map((index) => ask(`POST ${configs}`, config(name(index)))));
    t.is((await ask(`DELETE ${configs}`)).code, 200);
    t.is(names((await ask(`GET ${configs}`)).body), '');
  },

  async 'a large object goes in and comes out, one too large is refused'(t, { start }) {
    const { ask } = await start();
    const big = config('big', { text: 'ä'.repeat(400_000) });
    t.is((await ask(`POST ${configs}`, big)).code, 201);
    t.is((await ask(`GET ${configs}/big`)).body.data.text.length, 400_000);
    const huge = config('huge', { text: 'x'.repeat(3_200_000) });
    t.is((await ask(`POST ${configs}`, huge)).code, 413);
  },

  async 'everything is there after a restart, and a watch goes on'(t, { start, backend }) {
    if (backend === 'memory') {
      t.pass('it forgets, as it says');
      return;
    }
    const first = await start();
    const { body: a } = await first.ask(`POST ${configs}`, config('a'));
    await first.ask(`POST ${configs}`, config('b'));
    await first.ask(`DELETE ${configs}/a`);
    await first.stop();
    const { ask, watch } = await start();
    t.is(names((await ask(`GET ${configs}`)).body), 'b');
    const resumed = watch(`${configs}?watch=1&resourceVersion=${a.metadata.resourceVersion}`);
    t.deepEqual(await resumed.show(2), ['ADDED b', 'DELETED a']);
    const { body: c } = await ask(`POST ${configs}`, config('c'));
    t.true(Number(c.metadata.resourceVersion) > Number(a.metadata.resourceVersion) + 2);
  },
};

/** One after the other, and before the rest: all states of one etcd have one past. */
const forgettingWalks: Walks = {
  async 'apiserver A33: an expired page is 410, with a token that goes on with the present'(
    t,
    { start },
  ) {
    const { ask, store } = await start();
    await Promise.all(range(6).map((index) => ask(`POST ${configs}`, config(name(index)))));
    const first = await ask(`GET ${configs}?limit=2`);
    await ask(`DELETE ${configs}/${name(3)}`);
    await store.compact(await store.currentRevision());
    const token = encodeURIComponent(first.body.metadata.continue);
    const gone = await ask(`GET ${configs}?limit=2&continue=${token}`);
    t.deepEqual([gone.code, gone.body.reason], [410, 'Expired']);
    const next = encodeURIComponent(gone.body.metadata.continue);
    const rest = await ask(`GET ${configs}?limit=10&continue=${next}`);
    t.is(names(rest.body), [2, 4, 5].map(name).join(' '));
  },

  async 'a state older than all that is kept is Expired'(t, { start }) {
    const { ask, store } = await start();
    const { body } = await ask(`POST ${configs}`, config('a'));
    const version = Number(body.metadata.resourceVersion);
    await ask(`PATCH ${configs}/a ${json}`, '{"data":{"k":"v"}}');
    await store.compact(await store.currentRevision());
    const query = `resourceVersion=${version}&resourceVersionMatch=Exact`;
    t.is((await ask(`GET ${configs}?${query}`)).code, 410);
  },
};

function declare(kind: typeof test.serial, all: Walks, backend: Backend): void {
  for (const [sentence, walk] of Object.entries(all)) {
    kind(`${sentence} (${backend})`, async (t) => {
      const open = createBackend(t, backend, etcd);
      const start = async () => {
        const store = await open();
        return { ...(await startServer(t, { store, isShared: backend === 'etcd' })), store };
      };
      await walk(t, { backend, start });
    });
  }
}

for (const backend of ['memory', 'sqlite', 'etcd'] as const) {
  declare(test.serial, forgettingWalks, backend);
  declare(test, walks, backend);
}
