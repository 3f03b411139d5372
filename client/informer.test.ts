/** One set of tests for both clients: the fake itself, and the real one talking to the fake. */
import * as http2 from 'node:http2';
import test from 'ava';
import type { KubeObject, Resource } from '../api/resource.ts';
import { StatusError } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import { createVirtualClock } from '../test/simulation/clock.ts';
import type { Client } from './client.ts';
import { connect } from './connect.ts';
import { createFake, type FakeClient } from './fake.ts';
import { Informer, type InformerFilter } from './informer.ts';

interface Box extends KubeObject {
  spec?: { size?: number; shelf?: string };
}

const boxes: Resource<Box> = {
  group: '',
  version: 'v1',
  kind: 'Box',
  plural: 'boxes',
  singular: 'box',
  namespaced: true,
  verbs: [],
  hasStatus: false,
  columns: [],
  fields: { 'spec.shelf': (box) => box.spec?.shelf ?? '' },
};

const box = (name: string, spec: Box['spec'] = {}, labels: Record<string, string> = {}): Box => ({
  metadata: { name, namespace: 'default', labels },
  spec,
});

type World = {
  fake: FakeClient;
  informer: Informer<Box>;
  said: string[];
  /** Waits until the informer has told this much. */
  until: (count: number) => Promise<void>;
};

async function begin(
  t: import('ava').ExecutionContext,
  kind: 'fake' | 'wire',
  filter: InformerFilter = {},
  ...there: Box[]
): Promise<World> {
  const clock = createVirtualClock();
  const fake = createFake({ clock });
  fake.seed(boxes, ...there);
  const client = kind === 'fake' ? fake : await overTheWire(t, fake);
  const informer = new Informer(client, boxes, filter, { clock, log: silentLogger });
  const said: string[] = [];
  informer.onChange((key, object, old) => {
    const size = (each: Box | undefined) => each?.spec?.size ?? '-';
    said.push(`${key} ${size(old)} -> ${object ? size(object) : 'gone'}`);
  });
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  informer.start(stop.signal);
  const until = async (count: number) => {
    while (said.length < count) {
      await clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await clock.settle();
  };
  await until(there.length);
  return { fake, informer, said, until };
}

for (const kind of ['fake', 'wire'] as const) {
  test(`informer (${kind}) lists, then follows every kind of change`, async (t) => {
    const { fake, informer, said, until } = await begin(t, kind, {}, box('a', { size: 1 }));
    await informer.synced;
    await fake.create(boxes, box('b', { size: 2 }));
    const a = await fake.get(boxes, 'a', 'default');
    await fake.update(boxes, { ...a, spec: { size: 5 } });
    await fake.delete(boxes, { name: 'b', namespace: 'default' });
    await until(4);
    t.deepEqual(said, [
      'default/a - -> 1',
      'default/b - -> 2',
      'default/a 1 -> 5',
      'default/b 2 -> gone',
    ]);
    t.deepEqual(
      informer.list().map((object) => object.spec?.size),
      [5],
    );
    t.is(informer.get('default/a')?.kind, 'Box');
  });

  test(`informer (${kind}) loses nothing when the connection breaks`, async (t) => {
    const { fake, said, until } = await begin(t, kind, {}, box('a'));
    fake.disconnect();
    await fake.create(boxes, box('b'));
    await fake.delete(boxes, { name: 'a', namespace: 'default' });
    await until(3);
    t.deepEqual(said.slice(1), ['default/b - -> -', 'default/a - -> gone']);
  });

  test(`informer (${kind}) lists again when it fell behind, and tells the differences`, async (t) => {
    const there = [box('a', { size: 1 }), box('b', { size: 1 }), box('c', { size: 1 })];
    const { fake, said, until } = await begin(t, kind, {}, ...there);
    let isAway = true;
    fake.refuse = (verb) => {
      if (verb === 'watch' && isAway) throw new StatusError('ServiceUnavailable', 'away');
    };
    fake.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const b = await fake.get(boxes, 'b', 'default');
    await fake.update(boxes, { ...b, spec: { size: 2 } });
    await fake.delete(boxes, { name: 'c', namespace: 'default' });
    await fake.create(boxes, box('d', { size: 1 }));
    fake.compact();
    isAway = false;
    await until(6);
    t.deepEqual(said.slice(3).sort(), [
      'default/b 1 -> 2',
      'default/c 1 -> gone',
      'default/d - -> 1',
    ]);
  });

  test(`informer (${kind}) sees objects enter and leave its selectors`, async (t) => {
    const filter = { labelSelector: 'app=web', fieldSelector: 'spec.shelf=top' };
    const web = { app: 'web' };
    const { fake, said, until } = await begin(t, kind, filter, box('a', { shelf: 'top' }, web));
    await fake.create(boxes, box('other', { shelf: 'top' }));
    const b = await fake.create(boxes, box('b', { shelf: 'low', size: 3 }, web));
    await fake.update(boxes, { ...b, spec: { shelf: 'top', size: 4 } });
    const a = await fake.get(boxes, 'a', 'default');
    await fake.update(boxes, { ...a, metadata: { ...a.metadata, labels: {} } });
    await until(3);
    t.deepEqual(said.slice(1), ['default/b - -> 4', 'default/a - -> gone']);
  });

  test(`informer (${kind}) keeps its indexes`, async (t) => {
    const top = { shelf: 'top' };
    const { fake, informer, until } = await begin(t, kind, {}, box('a', top), box('b', top));
    informer.index('shelf', (object) => [object.spec?.shelf ?? '']);
    const names = (shelf: string) =>
      informer.byIndex('shelf', shelf).map((object) => object.metadata?.name);
    t.deepEqual(names('top'), ['a', 'b']);
    const a = await fake.get(boxes, 'a', 'default');
    await fake.update(boxes, { ...a, spec: { shelf: 'low' } });
    await fake.delete(boxes, { name: 'b', namespace: 'default' });
    await until(4);
    t.deepEqual([names('top'), names('low')], [[], ['a']]);
  });
}

test('a handler that comes late is told what is there', async (t) => {
  const { informer } = await begin(t, 'fake', {}, box('a'));
  const seen: string[] = [];
  informer.onChange((key) => seen.push(key));
  t.deepEqual(seen, ['default/a']);
});

/** An HTTP/2 server in front of the fake: only what an informer asks for. */
async function overTheWire(t: import('ava').ExecutionContext, fake: FakeClient): Promise<Client> {
  const server = http2.createServer(async (request, response) => {
    const { searchParams } = new URL(request.url, 'http://fake');
    const options = Object.fromEntries(searchParams);
    const { watch, ...rest } = options;
    try {
      if (!watch) {
        const { items, resourceVersion } = await fake.list(boxes, rest);
        const bare = items.map(({ kind: _, apiVersion: __, ...item }) => item);
        response.end(JSON.stringify({ metadata: { resourceVersion }, items: bare }));
        return;
      }
      response.writeHead(200);
      response.stream.on('error', () => {});
      for await (const event of fake.watch(boxes, rest)) {
        if (response.stream.destroyed) return;
        response.write(`${JSON.stringify(event)}\n`);
      }
    } catch (error) {
      const status = (error as StatusError).toJSON();
      if (response.headersSent && status.code === 503) response.stream.destroy();
      else if (response.headersSent) {
        response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
      } else {
        response.writeHead(status.code);
        response.end(JSON.stringify(status));
      }
    }
  });
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const client = connect({ server: `http://127.0.0.1:${port}` });
  t.teardown(() => {
    client.close();
    for (const session of sessions) session.destroy();
    server.close();
  });
  return client;
}
