import * as http2 from 'node:http2';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import test from 'ava';
import type { KubeObject, Resource } from '../api/resource.ts';
import { hasReason } from '../base/errors.ts';
import { connect } from './connect.ts';

const pods: Resource = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  namespaced: true,
  verbs: [],
  hasStatus: true,
  columns: [],
};

type Handler = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void;

async function serve(t: import('ava').ExecutionContext, handler: Handler, port = 0) {
  const server = http2.createServer(handler);
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  const stop = () => {
    for (const session of sessions) session.destroy();
    server.close();
  };
  t.teardown(stop);
  return { server: `http://127.0.0.1:${address.port}`, port: address.port, stop };
}

const json = (response: http2.Http2ServerResponse, code: number, body: unknown) => {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

async function collect(request: http2.Http2ServerRequest): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

test('a request says method, path, body, type and token, and gives back the object', async (t) => {
  const seen: unknown[] = [];
  const { server } = await serve(t, async (request, response) => {
    const { authorization } = request.headers;
    const type = request.headers['content-type'];
    seen.push([request.method, request.url, type, authorization, await collect(request)]);
    json(response, 200, { metadata: { name: 'web' } });
  });
  const client = connect({ server, token: 'secret' });
  t.teardown(() => client.close());
  const metadata = { name: 'web', namespace: 'default' };
  t.deepEqual(await client.get(pods, 'web', 'default'), { metadata: { name: 'web' } });
  await client.create(pods, { metadata });
  await client.update(pods, { metadata }, { subresource: 'status' });
  await client.patch(pods, metadata, { type: 'merge', body: { a: 1 } }, { fieldManager: 'me' });
  await client.delete(pods, metadata, { gracePeriodSeconds: 0 });
  await client.createSubresource(pods, metadata, 'binding', { target: 1 });
  const whole = '{"metadata":{"name":"web","namespace":"default"},"apiVersion":"v1","kind":"Pod"}';
  const path = '/api/v1/namespaces/default/pods';
  const type = 'application/json';
  t.deepEqual(seen, [
    ['GET', `${path}/web`, undefined, 'Bearer secret', ''],
    ['POST', path, type, 'Bearer secret', whole],
    ['PUT', `${path}/web/status`, type, 'Bearer secret', whole],
    [
      'PATCH',
      `${path}/web?fieldManager=me`,
      'application/merge-patch+json',
      'Bearer secret',
      '{"a":1}',
    ],
    [
      'DELETE',
      `${path}/web`,
      type,
      'Bearer secret',
      '{"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":0}',
    ],
    ['POST', `${path}/web/binding`, type, 'Bearer secret', '{"target":1}'],
  ]);
});

test('items of a list carry their kind', async (t) => {
  const { server } = await serve(t, (request, response) => {
    t.is(request.url, '/api/v1/pods?labelSelector=app%3Dweb');
    json(response, 200, { metadata: { resourceVersion: '7' }, items: [{ metadata: {} }] });
  });
  const client = connect({ server });
  t.teardown(() => client.close());
  t.deepEqual(await client.list(pods, { labelSelector: 'app=web' }), {
    resourceVersion: '7',
    items: [{ metadata: {}, apiVersion: 'v1', kind: 'Pod' }],
  });
});

test('a Status is thrown as the error that it is', async (t) => {
  const { server } = await serve(t, (_, response) => {
    json(response, 409, { kind: 'Status', reason: 'AlreadyExists', message: 'there', code: 409 });
  });
  const client = connect({ server });
  t.teardown(() => client.close());
  const error = await t.throwsAsync(client.get(pods, 'web', 'default'));
  t.true(hasReason(error, 'AlreadyExists'));
  t.is(error?.message, 'there');
});

test('a watch gives events however the bytes are cut, and throws an ERROR event', async (t) => {
  const { server } = await serve(t, async (_, response) => {
    response.writeHead(200);
    const text = [
      { type: 'ADDED', object: { metadata: { name: 'grün' } } },
      { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } },
      { type: 'ERROR', object: { code: 410, reason: 'Expired', message: 'too old' } },
    ].map((event) => `${JSON.stringify(event)}\n`);
    for (const byte of Buffer.from(text.join(''))) {
      response.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    response.end();
  });
  const client = connect({ server });
  t.teardown(() => client.close());
  const names: unknown[] = [];
  const error = await t.throwsAsync(async () => {
    for await (const { type, object } of client.watch<KubeObject>(pods)) {
      names.push([type, object.metadata?.name ?? object.metadata?.resourceVersion]);
    }
  });
  t.deepEqual(names, [
    ['ADDED', 'grün'],
    ['BOOKMARK', '9'],
  ]);
  t.true(hasReason(error, 'Expired'));
});

/** Passes on at once what a client says, and what the server says in one piece, after a while. */
async function serveInOnePiece(t: import('ava').ExecutionContext, port: number) {
  const proxy = createServer((near) => {
    const far = createConnection(port, '127.0.0.1');
    const held: Buffer[] = [];
    const pass = () => near.write(Buffer.concat(held.splice(0)));
    near.pipe(far);
    far.on('data', (data) => {
      if (held.push(data) === 1) setTimeout(pass, 30);
    });
    for (const socket of [near, far]) {
      socket.on('error', () => {});
      t.teardown(() => socket.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => proxy.close());
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

test('an answer that came whole, and its stream ended, before it was read is not lost', async (t) => {
  const { port } = await serve(t, async (request, response) => {
    await collect(request);
    json(response, 200, { metadata: { name: 'web' } });
  });
  const client = connect({ server: await serveInOnePiece(t, port) });
  t.teardown(() => client.close());
  const made = await client.create(pods, { metadata: { name: 'web', namespace: 'default' } });
  t.is(made.metadata?.name, 'web');
});

test('a watch ends quietly when its signal aborts', async (t) => {
  const { server } = await serve(t, (_, response) => {
    response.writeHead(200);
    response.write(`${JSON.stringify({ type: 'ADDED', object: {} })}\n`);
  });
  const client = connect({ server });
  t.teardown(() => client.close());
  const stop = new AbortController();
  let count = 0;
  for await (const _ of client.watch(pods, { signal: stop.signal })) {
    count++;
    stop.abort();
  }
  t.is(count, 1);
});

test('a server that is away is ServiceUnavailable, and is found again when it is back', async (t) => {
  const first = await serve(t, (_, response) => json(response, 200, { metadata: {} }));
  const client = connect({ server: first.server });
  t.teardown(() => client.close());
  await client.get(pods, 'web', 'default');
  first.stop();
  const error = await t.throwsAsync(client.get(pods, 'web', 'default'));
  t.true(hasReason(error, 'ServiceUnavailable'));
  await serve(t, (_, response) => json(response, 200, { metadata: { name: 'b' } }), first.port);
  t.deepEqual(await client.get(pods, 'web', 'default'), { metadata: { name: 'b' } });
});
