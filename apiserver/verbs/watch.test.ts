/** What a watch sends, from where, for how long, and over what. */
import test from 'ava';
import { WebSocket } from 'ws';
import { config, configs, createFastClock, shareStore, startServer } from '../testing.ts';

const merge = 'content-type=application/merge-patch+json';
const labelled = (name: string, labels: object) => ({
  ...config(name),
  metadata: { name, labels },
});

test('apiserver A36: without a revision or from 0 a watch begins with what is', async (t) => {
  const { ask, watch } = await startServer(t);
  const { body } = await ask(`POST ${configs}`, config('a'));
  for (const query of ['', '&resourceVersion=0', '&resourceVersion=']) {
    t.deepEqual(await watch(`${configs}?watch=1${query}`).show(1), ['ADDED a'], query);
  }
  const from = watch(`${configs}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
  const old = watch('/api/v1/watch/namespaces/default/configmaps/b');
  await ask(`POST ${configs}`, config('b'));
  t.deepEqual(await from.show(1), ['ADDED b']);
  t.deepEqual(await old.show(1), ['ADDED b'], 'the old form, of one object');
});

test('apiserver A38: ADDED, MODIFIED, DELETED, each change once and in order', async (t) => {
  const { ask, watch } = await startServer(t);
  const events = watch(`${configs}?watch=1`);
  const revisions: number[] = [];
  await ask(`POST ${configs}`, config('a'));
  await ask(`PUT ${configs}/a`, config('a', { x: '1' }));
  const gone = await ask(`DELETE ${configs}/a`);
  t.is(gone.code, 200);
  for (const type of ['ADDED', 'MODIFIED', 'DELETED']) {
    const event = (await events.next())!;
    t.is(event.type, type);
    revisions.push(Number(event.object.metadata.resourceVersion));
  }
  t.deepEqual(
    revisions,
    [...new Set(revisions)].sort((a, b) => a - b),
  );
});

test('apiserver A37: a watch ends after timeoutSeconds, else after 30 to 60 minutes', async (t) => {
  const clock = createFastClock();
  const { watch } = await startServer(t, { clock });
  const short = watch(`${configs}?watch=1&timeoutSeconds=7`);
  t.deepEqual(await short.show(1), ['end']);
  t.true(clock.slept.includes(7_000));
  clock.slept.length = 0;
  for (let count = 0; count < 8; count++) watch(`${configs}?watch=1`);
  await watch(`${configs}?watch=1&timeoutSeconds=7`).show(1);
  const long = clock.slept.filter((ms) => ms >= 1_800_000 && ms < 3_600_000);
  t.is(long.length, 8);
  t.true(new Set(long).size > 1, 'not all at once');
});

test('apiserver A41: bookmarks about once a minute and at the end, to who wants them', async (t) => {
  const clock = createFastClock();
  const { ask, watch } = await startServer(t, { clock });
  const { body } = await ask(`POST ${configs}`, config('a'));
  const from = `resourceVersion=${body.metadata.resourceVersion}`;
  const marked = watch(`${configs}?watch=1&allowWatchBookmarks=true&timeoutSeconds=150&${from}`);
  const plain = watch(`${configs}?watch=1&timeoutSeconds=150&${from}`);
  await ask('POST /api/v1/namespaces/default/secrets', { metadata: { name: 'elsewhere' } });
  for (let count = 0; count < 3; count++) {
    const { type, object } = (await marked.next())!;
    t.is(type, 'BOOKMARK');
    t.is(object.kind, 'ConfigMap');
    t.true(Number(object.metadata.resourceVersion) >= Number(body.metadata.resourceVersion));
  }
  t.deepEqual(await marked.show(1), ['end']);
  t.deepEqual(await plain.show(1), ['end']);
  t.true(clock.slept.includes(30_000), 'what was left after two minutes');
});

test('apiserver A42: initial events, then a bookmark that says that they are all', async (t) => {
  const { ask, watch } = await startServer(t);
  await ask(`POST ${configs}`, config('a'));
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
  const list = watch(`${configs}?${query}&allowWatchBookmarks=true`);
  t.deepEqual(await list.show(1), ['ADDED a']);
  const mark = (await list.next())!;
  t.is(mark.type, 'BOOKMARK');
  t.deepEqual(mark.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
  const plain = watch(`${configs}?${query}`);
  await ask(`POST ${configs}`, config('b'));
  t.deepEqual(await list.show(1), ['ADDED b']);
  t.deepEqual(await plain.show(2), ['ADDED a', 'ADDED b'], 'who wants no bookmarks gets none');
  const only = watch(`${configs}?${query.replace('true', 'false')}`);
  await ask(`POST ${configs}`, config('c'));
  t.deepEqual(await only.show(1), ['ADDED c']);
  for (const wrong of ['watch=1&sendInitialEvents=true', 'watch=1&resourceVersionMatch=Exact']) {
    const { code, body } = await ask(`GET ${configs}?${wrong}`);
    t.is(code, 422, wrong);
    t.is(body.details.causes[0].field, 'resourceVersionMatch');
  }
});

test('apiserver A39: what is forgotten is 410, as a status and as an ERROR event', async (t) => {
  const before = await startServer(t);
  const first = await before.ask(`POST ${configs}`, config('a'));
  await before.ask(`POST ${configs}`, config('b'));
  const { store } = before;
  await store.compact(await store.currentRevision());
  // A server that starts now knows nothing of what was.
  const { ask, watch } = await startServer(t, { store: shareStore(store) });
  const old = first.body.metadata.resourceVersion;
  const exact = await ask(`GET ${configs}?resourceVersion=${old}&resourceVersionMatch=Exact`);
  t.is(exact.code, 410);
  t.is(exact.body.reason, 'Expired');
  const events = watch(`${configs}?watch=1&resourceVersion=1`);
  const error = (await events.next())!;
  t.is(error.type, 'ERROR');
  t.like(error.object, { kind: 'Status', code: 410, reason: 'Expired' });
  t.regex(error.object.message, /^too old resource version: 1 \(\d+\)$/);
  t.deepEqual(await events.show(1), ['end']);
});

test('apiserver A40: the past is there until it is compacted, also when memory has forgotten', async (t) => {
  const { ask, watch } = await startServer(t);
  const { body } = await ask(`POST ${configs}`, labelled('a', { x: '1' }));
  const large = 'y'.repeat(900 * 1024);
  // More bytes than memory keeps of one resource's past.
  for (let count = 0; count < 40; count++) {
    await ask(`PUT ${configs}/a`, {
      ...labelled('a', { x: '1' }),
      data: { n: `${count}${large}` },
    });
  }
  await ask(`POST ${configs}`, config('b'));
  await ask(`PATCH ${configs}/a ${merge}`, '{"metadata":{"labels":{"x":"2"}},"data":null}');
  const from = `resourceVersion=${body.metadata.resourceVersion}`;
  const some = watch(`${configs}?watch=1&${from}&fieldSelector=metadata.name%3Db`);
  t.deepEqual(await some.show(1), ['ADDED b']);
  const left = watch(`${configs}?watch=1&${from}&labelSelector=x%3D1`);
  t.deepEqual((await left.show(41)).slice(-2), ['MODIFIED a', 'DELETED a']);
  await ask(`PATCH ${configs}/a ${merge}`, '{"metadata":{"labels":{"x":"1"}}}');
  t.deepEqual(await left.show(1), ['ADDED a'], 'and from there on it is live');
});

test('apiserver A46: who enters a selector is ADDED, who leaves it is DELETED', async (t) => {
  const { ask, watch } = await startServer(t);
  await ask(`POST ${configs}`, labelled('a', { x: '0' }));
  const some = watch(`${configs}?watch=1&labelSelector=x%3D1`);
  const patch = (labels: object) => ask(`PATCH ${configs}/a ${merge}`, { metadata: { labels } });
  await patch({ x: '1' });
  await patch({ y: '1' });
  const { body } = await patch({ x: '2' });
  await patch({ y: '2' });
  await patch({ x: '1' });
  await ask(`DELETE ${configs}/a`);
  t.deepEqual(await some.show(2), ['ADDED a', 'MODIFIED a']);
  const left = (await some.next())!;
  t.is(left.type, 'DELETED');
  t.is(left.object.metadata.labels.x, '1', 'as it was in the selection');
  t.is(left.object.metadata.resourceVersion, body.metadata.resourceVersion);
  t.deepEqual(await some.show(2), ['ADDED a', 'DELETED a']);
});

test('apiserver A47: a watch over WebSocket is a text frame an event', async (t) => {
  const { ask, port, ca } = await startServer(t);
  await ask(`POST ${configs}`, config('a'));
  const url = `wss://127.0.0.1:${port}${configs}`;
  const socket = new WebSocket(`${url}?watch=true`, ['base64.example'], { ca });
  t.teardown(() => socket.terminate());
  const frames: string[] = [];
  const two = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data, isBinary) => {
      const { type, object } = JSON.parse(String(data));
      frames.push(`${type} ${object.metadata.name} ${isBinary}`);
      if (frames.length === 1) void ask(`POST ${configs}`, config('b'));
      else resolve();
    });
  });
  await two;
  t.deepEqual(frames, ['ADDED a false', 'ADDED b false']);
  const ended = new WebSocket(`${url}?watch=true&timeoutSeconds=1`, { ca });
  const code = await new Promise((resolve) => ended.on('close', resolve));
  t.is(code, 1001);
  const refused = new WebSocket(`${url}?watch=true&resourceVersion=x`, { ca });
  const status = await new Promise((resolve, reject) => {
    refused.on('unexpected-response', (_, response) => resolve(response.statusCode));
    refused.on('open', reject);
  });
  t.is(status, 400);
});

test('apiserver A17: a watch in the form of tables, columns once, and of metadata', async (t) => {
  const { ask, watch } = await startServer(t);
  await ask(`POST ${configs}`, config('a', { x: '1' }));
  const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
  const rows = watch(`${configs}?watch=1`, table);
  const whole = watch(`${configs}?watch=1&includeObject=Object`, table);
  const accept = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
  const metadata = watch(`${configs}?watch=1`, { accept });
  const first = (await rows.next())!;
  t.is(first.object.kind, 'Table');
  t.is(first.object.columnDefinitions[0].name, 'Name');
  t.is(first.object.rows[0].object.kind, 'PartialObjectMetadata');
  await ask(`POST ${configs}`, config('b'));
  const second = (await rows.next())!;
  t.is(second.object.rows[0].cells[0], 'b');
  t.deepEqual(second.object.columnDefinitions, []);
  t.is((await whole.next())!.object.rows[0].object.data.x, '1');
  const partial = (await metadata.next())!.object;
  t.is(partial.kind, 'PartialObjectMetadata');
  t.is(partial.data, undefined);
});

test('a watch of much sends it in slices, and then goes on', async (t) => {
  const { ask, watch } = await startServer(t);
  const large = 'y'.repeat(64 * 1024);
  const make = (index: number) => ask(`POST ${configs}`, config(`a${index}`, { x: large }));
  await Promise.all(Array.from({ length: 60 }, (_, index) => make(index)));
  const events = watch(`${configs}?watch=1`);
  t.is((await events.show(60)).length, 60);
  await make(60);
  t.deepEqual(await events.show(1), ['ADDED a60']);
});
