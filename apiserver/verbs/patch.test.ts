import test, { type ExecutionContext } from 'ava';
import { config, configs, startServer } from '../testing.ts';

const pods = '/api/v1/namespaces/default/pods';
const json = 'content-type=application/json-patch+json';
const merge = 'content-type=application/merge-patch+json';
const strategic = 'content-type=application/strategic-merge-patch+json';

const pod = (...names: string[]) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: {
    containers: names.map((name) => ({ name, image: 'x' })),
    tolerations: [{ key: 'a', operator: 'Exists' }],
  },
});

async function start(t: ExecutionContext) {
  const { ask } = await startServer(t);
  await ask(`POST ${configs}`, config('c', { a: '1', b: '2' }));
  return {
    patch: (type: string, body: unknown) => ask(`PATCH ${configs}/c ${type}`, body),
    ask,
  };
}

test('apiserver A53: a JSON patch does its steps, or none if a test fails', async (t) => {
  const { ask, patch } = await start(t);
  const steps = [
    { op: 'test', path: '/data/a', value: '1' },
    { op: 'replace', path: '/data/a', value: '9' },
    { op: 'remove', path: '/data/b' },
    { op: 'add', path: '/metadata/labels', value: { 'x/y': 'z' } },
    { op: 'copy', from: '/data/a', path: '/data/c' },
    { op: 'move', from: '/data/c', path: '/data/d' },
  ];
  const { code, body } = await patch(json, steps);
  t.is(code, 200, body.message);
  t.deepEqual([body.data, body.metadata.labels], [{ a: '9', d: '9' }, { 'x/y': 'z' }]);
  const again = await patch(json, steps);
  t.is(again.code, 422);
  const escaped = await patch(json, [{ op: 'remove', path: '/metadata/labels/x~1y' }]);
  t.deepEqual(escaped.body.metadata.labels ?? {}, {});
  t.deepEqual((await ask(`GET ${configs}/c`)).body.data, { a: '9', d: '9' });
});

test('apiserver A54: a JSON merge patch sets, and takes away by null', async (t) => {
  const { patch } = await start(t);
  const { body } = await patch(merge, {
    data: { a: null, d: '4' },
    metadata: { labels: { x: '1' } },
  });
  t.deepEqual([body.data, body.metadata.labels], [{ b: '2', d: '4' }, { x: '1' }]);
  const { resourceVersion } = body.metadata;
  t.is((await patch(merge, { metadata: { resourceVersion: '1' }, data: { e: '5' } })).code, 409);
  t.is((await patch(merge, { metadata: { resourceVersion }, data: { e: '5' } })).code, 200);
});

test('apiserver A55: a strategic patch merges lists by their keys', async (t) => {
  const { ask } = await start(t);
  await ask(`POST ${pods}`, pod('a', 'b'));
  const patch = async (body: object) => (await ask(`PATCH ${pods}/p ${strategic}`, body)).body;
  const images = ({ spec }: Awaited<ReturnType<typeof patch>>) =>
    spec.containers.map(({ name, image }: Record<string, string>) => `${name}=${image}`);
  t.deepEqual(images(await patch({ spec: { containers: [{ name: 'b', image: 'y' }] } })), [
    'a=x',
    'b=y',
  ]);
  const directives = await ask(`PATCH ${configs}/c ${strategic}`, {
    data: { $patch: 'replace', z: '1' },
  });
  t.deepEqual(directives.body.data, { z: '1' });
  const ordered = await patch({
    metadata: { finalizers: ['x/a', 'x/b'] },
  });
  t.deepEqual(ordered.metadata.finalizers, ['x/a', 'x/b']);
  const removed = await patch({
    metadata: { '$deleteFromPrimitiveList/finalizers': ['x/a'] },
  });
  t.deepEqual(removed.metadata.finalizers, ['x/b']);
});

test('a patch that changes the uid is no patch of this object', async (t) => {
  const { patch } = await start(t);
  const { code, body } = await patch(merge, { metadata: { uid: 'other' } });
  t.is(code, 422);
  t.regex(body.message, /metadata\.uid: Invalid value: "other": field is immutable/);
});

test('a patch of an unknown kind is told which kinds there are', async (t) => {
  const { patch } = await start(t);
  const { code, body } = await patch('content-type=application/json', {});
  t.is(code, 415);
  t.regex(body.message, /application\/apply-patch\+yaml/);
});
