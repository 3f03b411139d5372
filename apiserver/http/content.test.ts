/** What requests and answers look like: verbs, forms, codes, sizes, times. */
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { chainPlugins } from '../admission/chain.ts';
import { config, configs, startServer } from '../testing.ts';

const merge = 'content-type=application/merge-patch+json';

test('apiserver A10: every verb', async (t) => {
  const { ask, watch } = await startServer(t);
  const events = watch(`${configs}?watch=true`);
  t.is((await ask(`POST ${configs}`, config('a', { x: '1' }))).code, 201);
  t.is((await ask(`GET ${configs}/a`)).body.data.x, '1');
  t.is((await ask(`GET ${configs}`)).body.items.length, 1);
  t.is((await ask(`PUT ${configs}/a`, config('a', { x: '2' }))).body.data.x, '2');
  t.is((await ask(`PATCH ${configs}/a ${merge}`, { data: { y: '3' } })).body.data.y, '3');
  t.is((await ask(`DELETE ${configs}/a`)).body.status, 'Success');
  await ask(`POST ${configs}`, config('b'));
  t.is((await ask(`DELETE ${configs}`)).body.items.length, 1);
  t.deepEqual(await events.show(6), [
    'ADDED a',
    'MODIFIED a',
    'MODIFIED a',
    'DELETED a',
    'ADDED b',
    'DELETED b',
  ]);
  const head = await ask(`HEAD ${configs}/none`);
  t.is(head.code, 404);
  t.is(head.bytes.length, 0);
  t.is((await ask(`OPTIONS ${configs}`)).code, 405);
});

test('apiserver A11: a Status says what, of whom, why and when to try again', async (t) => {
  const { ask } = await startServer(t);
  const missing = await ask(`GET ${configs}/none`);
  t.deepEqual(missing.body, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'configmaps "none" not found',
    reason: 'NotFound',
    details: { name: 'none', kind: 'configmaps' },
    code: 404,
  });
  const invalid = await ask(`POST ${configs}`, config('Not A Name'));
  t.is(invalid.body.details.causes[0].field, 'metadata.name');
  t.is(invalid.body.details.causes[0].reason, 'FieldValueInvalid');
});

test('apiserver A12: each refusal has its code and reason', async (t) => {
  const { ask } = await startServer(t);
  await ask(`POST ${configs}`, config('a'));
  const stale = { ...config('a'), metadata: { name: 'a', resourceVersion: '1' } };
  const cases: readonly [line: string, body: unknown, code: number, reason: string][] = [
    ['GET /api/v1/nothings', undefined, 404, 'NotFound'],
    ['GET /nothing', undefined, 404, 'NotFound'],
    [`GET ${configs}/b`, undefined, 404, 'NotFound'],
    [`POST ${configs}`, config('a'), 409, 'AlreadyExists'],
    [`PUT ${configs}/a`, stale, 409, 'Conflict'],
    [`POST ${configs}`, config(''), 422, 'Invalid'],
    [`POST ${configs}/a`, config('a'), 405, 'MethodNotAllowed'],
    ['POST /version', {}, 405, 'MethodNotAllowed'],
    [`GET ${configs} accept=text/html`, undefined, 406, 'NotAcceptable'],
    [`POST ${configs} content-type=text/plain`, 'x', 415, 'UnsupportedMediaType'],
    [`POST ${configs}`, '{', 400, 'BadRequest'],
    [`GET ${configs}?resourceVersion=99999999&timeout=50ms`, undefined, 504, 'Timeout'],
  ];
  for (const [line, body, code, reason] of cases) {
    const answer = await ask(line, body);
    t.is(answer.code, code, line);
    t.is(answer.body.reason, reason, line);
    t.is(answer.body.code, code, line);
  }
});

test('apiserver A13: JSON and YAML, of request and answer', async (t) => {
  const { ask } = await startServer(t);
  const yaml = 'content-type=application/yaml accept=application/yaml';
  const made = await ask(`POST ${configs} ${yaml}`, 'metadata: {name: a}\ndata:\n  x: "1"\n');
  t.is(made.code, 201);
  t.is(made.headers['content-type'], 'application/yaml');
  t.regex(made.body, /^data:\n {2}x: '1'$/m);
  const list = await ask(`GET ${configs} accept=application/yaml`);
  t.regex(list.body, /^kind: ConfigMapList$/m);
  t.regex(list.body, /^items:\n- (kind|metadata):/m);
  await ask(`DELETE ${configs}`);
  t.regex((await ask(`GET ${configs} accept=application/yaml`)).body, /^items: \[\]$/m);
});

test('apiserver A14: CBOR, which is alpha, is neither taken nor given', async (t) => {
  const { ask } = await startServer(t);
  const cbor = 'application/cbor';
  t.is((await ask(`POST ${configs} content-type=${cbor}`, Buffer.of(0xa0))).code, 415);
  t.is((await ask(`GET ${configs} accept=${cbor}`)).code, 406);
  t.is((await ask(`GET ${configs} accept=${cbor},application/json`)).code, 200);
});

test('apiserver A15: large answers are gzipped for who takes it, small ones are not', async (t) => {
  const { ask } = await startServer(t);
  const gzip = 'accept-encoding=gzip';
  await ask(`POST ${configs}`, config('a', { x: 'y'.repeat(130 * 1024) }));
  const large = await ask(`GET ${configs}/a ${gzip}`);
  t.is(large.headers['content-encoding'], 'gzip');
  t.is(JSON.parse(gunzipSync(large.bytes).toString()).data.x.length, 130 * 1024);
  t.is((await ask(`GET ${configs}/a`)).headers['content-encoding'], undefined);
  t.is(
    (await ask(`GET ${configs}/a accept-encoding=gzip;q=0`)).headers['content-encoding'],
    undefined,
  );
  for (const name of ['b', 'c', 'd', 'e', 'f']) {
    await ask(`POST ${configs}`, config(name, { x: 'y'.repeat(130 * 1024) }));
  }
  const list = await ask(`GET ${configs} ${gzip}`);
  t.is(JSON.parse(gunzipSync(list.bytes).toString()).items.length, 6);
  await ask(`POST ${configs}`, config('small'));
  t.is((await ask(`GET ${configs}/small ${gzip}`)).headers['content-encoding'], undefined);
});

const json = 'application/json';
const accepts: readonly [accept: string, want: string | number][] = [
  [json, json],
  ['*/*', json],
  ['application/*', json],
  ['application/yaml', 'application/yaml'],
  [`application/vnd.nobody.knows,${json}`, json],
  ['application/yaml;q=0.5,application/json;q=0.9', json],
  ['application/json;q=0,application/yaml', 'application/yaml'],
  ['application/json;q=0', 406],
  ['text/html', 406],
  [`${json};as=Nothing;v=v1;g=meta.k8s.io`, 406],
  [`${json};as=Nothing;v=v1;g=meta.k8s.io,${json}`, json],
];

test('apiserver A16: the first form of the Accept list that there is, else 406', async (t) => {
  const { ask } = await startServer(t);
  await ask(`POST ${configs}`, config('a'));
  for (const [accept, want] of accepts) {
    const { code, headers } = await ask(`GET ${configs}/a accept=${accept}`);
    t.is(typeof want === 'number' ? code : headers['content-type'], want, accept);
  }
});

const table = `accept=${json};as=Table;v=v1;g=meta.k8s.io`;
const partial = (form: string) => `accept=${json};as=${form};v=v1;g=meta.k8s.io`;

test('apiserver A17: tables and metadata, of one object and of a list', async (t) => {
  const { ask } = await startServer(t);
  await ask(`POST ${configs}`, config('a', { x: '1' }));
  const list = await ask(`GET ${configs} ${table}`);
  t.is(list.body.kind, 'Table');
  t.truthy(list.body.metadata.resourceVersion);
  t.is(list.body.columnDefinitions[0].name, 'Name');
  t.is(list.body.rows[0].cells[0], 'a');
  t.is(list.body.rows[0].object.kind, 'PartialObjectMetadata');
  const one = await ask(`GET ${configs}/a?includeObject=Object ${table}`);
  t.is(one.body.rows[0].object.data.x, '1');
  const none = await ask(`GET ${configs}/a?includeObject=None ${table}`);
  t.is(none.body.rows[0].object, undefined);
  t.is((await ask(`GET ${configs}?includeObject=Some ${table}`)).code, 400);
  const metadata = await ask(`GET ${configs}/a ${partial('PartialObjectMetadata')}`);
  t.is(metadata.body.kind, 'PartialObjectMetadata');
  t.is(metadata.body.data, undefined);
  const all = await ask(`GET ${configs} ${partial('PartialObjectMetadataList')}`);
  t.is(all.body.kind, 'PartialObjectMetadataList');
  t.is(all.body.items[0].metadata.name, 'a');
  t.is(all.body.items[0].data, undefined);
});

const odd = '{"metadata":{"name":"a"},"x":1,"data":{"k":"1","k":"2"},"y":{}}';
const strict = 'cannot be handled as a ConfigMap: strict decoding error: ';

test('apiserver A18: unknown and duplicate fields are passed over, told or refused', async (t) => {
  const { ask } = await startServer(t);
  const refused = await ask(`POST ${configs}?fieldValidation=Strict`, odd);
  t.is(refused.code, 400);
  t.is(
    refused.body.message,
    `ConfigMap in version "v1" ${strict}unknown field "x", duplicate field "data.k", ` +
      'unknown field "y"',
  );
  const told = await ask(`POST ${configs}`, odd);
  t.is(told.code, 201, 'Warn is what is meant');
  t.deepEqual(told.body.data, { k: '2' });
  t.is(told.body.x, undefined);
  t.is(
    told.headers.warning,
    '299 - "unknown field \\"x\\"", 299 - "duplicate field \\"data.k\\"", 299 - "unknown field \\"y\\""',
  );
  const silent = await ask(`PUT ${configs}/a?fieldValidation=Ignore`, odd);
  t.is(silent.code, 200);
  t.is(silent.headers.warning, undefined);
  const patched = await ask(`PATCH ${configs}/a?fieldValidation=Strict ${merge}`, '{"x":1}');
  t.is(patched.code, 422);
  t.regex(patched.body.message, /strict decoding error: unknown field "x"/);
  const mode = await ask(`POST ${configs}?fieldValidation=Loose`, odd);
  t.is(mode.code, 422);
});

test('apiserver A18: YAML tells duplicates by line', async (t) => {
  const { ask } = await startServer(t);
  const text = 'metadata:\n  name: a\ndata:\n  k: "1"\n  k: "2"\nx: 1\n';
  const line = `POST ${configs}?fieldValidation=Strict content-type=application/yaml`;
  t.is(
    (await ask(line, text)).body.message,
    `ConfigMap in version "v1" ${strict}yaml: unmarshal errors:\n` +
      '  line 5: key "k" already set in map, unknown field "x"',
  );
  const told = await ask(`POST ${configs} content-type=application/yaml`, text);
  t.is(told.body.data.k, '2');
  t.regex(String(told.headers.warning), /299 - "line 5: key \\"k\\" already set in map"/);
});

test('apiserver A19: a dry run of every verb answers, and leaves nothing behind', async (t) => {
  const { ask } = await startServer(t);
  await ask(`POST ${configs}`, config('a', { x: '1' }));
  const before = (await ask(`GET ${configs}`)).body;
  const dry = '?dryRun=All';
  t.is((await ask(`POST ${configs}${dry}`, config('b'))).code, 201);
  t.is((await ask(`PUT ${configs}/a${dry}`, config('a', { x: '2' }))).body.data.x, '2');
  t.is((await ask(`PATCH ${configs}/a${dry} ${merge}`, { data: { x: '3' } })).body.data.x, '3');
  t.is((await ask(`DELETE ${configs}/a${dry}`)).code, 200);
  t.is((await ask(`DELETE ${configs}/a`, { dryRun: ['All'] })).code, 200);
  t.is((await ask(`DELETE ${configs}${dry}`)).body.items.length, 1);
  const after = (await ask(`GET ${configs}`)).body;
  t.deepEqual(after, before, 'not even the revision has moved');
  t.is((await ask(`POST ${configs}?dryRun=Some`, config('b'))).code, 400);
});

test('apiserver A20: warnings of admission are headers that nobody can break out of', async (t) => {
  const admission = chainPlugins([
    {
      name: 'Talkative',
      mutate: ({ resource, warnings }) => {
        if (resource.plural === 'configmaps')
          warnings.push('say "this"', 'a\r\nset-cookie: b', 'ä');
        return undefined;
      },
    },
  ]);
  const { ask } = await startServer(t, { gates: { admission } });
  const { headers } = await ask(`POST ${configs}`, config('a'));
  t.is(headers.warning, '299 - "say \\"this\\"", 299 - "a  set-cookie: b", 299 - " "');
  t.is(headers['set-cookie'], undefined);
});

test('apiserver A21: bodies up to 3 MB, objects up to 1.5 MB', async (t) => {
  const { ask } = await startServer(t);
  const template = (kilobytes: number) => {
    const env = [{ name: 'X', value: 'y'.repeat(kilobytes * 1024) }];
    const containers = [{ name: 'c', image: 'x', env }];
    return { metadata: { name: 'a' }, template: { spec: { containers } } };
  };
  const path = '/api/v1/namespaces/default/podtemplates';
  t.is((await ask(`POST ${path}`, template(1400))).code, 201);
  const large = await ask(`PUT ${path}/a`, template(2 * 1024));
  t.is(large.code, 413);
  t.is(large.body.reason, 'RequestEntityTooLarge');
  const huge = await ask(`PUT ${path}/a`, template(3 * 1024));
  t.is(huge.code, 413);
  t.regex(huge.body.message, /limit is 3145728/);
  t.is((await ask(`GET ${path}/a`)).code, 200);
});

test('apiserver A22: ?timeout= bounds an answer, a watch it does not', async (t) => {
  const { ask, watch } = await startServer(t);
  const late = await ask(`GET ${configs}?resourceVersion=99999999&timeout=30ms`);
  t.is(late.code, 504);
  t.regex(late.body.message, /did not complete within the requested timeout/);
  for (const timeout of ['32s', '1m30s', '0', '1h', '0.5s']) {
    t.is((await ask(`GET ${configs}?timeout=${timeout}`)).code, 200, timeout);
  }
  const wrong = await ask(`GET ${configs}?timeout=soon`);
  t.is(wrong.code, 400);
  t.regex(wrong.body.message, /invalid timeout specified in the request URL/);
  const events = watch(`${configs}?watch=1&timeout=1ms`);
  await ask(`POST ${configs}`, config('a'));
  t.deepEqual(await events.show(1), ['ADDED a']);
});

test('apiserver A23: generateName tries again when a name is taken', async (t) => {
  const { ask } = await startServer(t);
  const metadata = { generateName: 'gen-' };
  const make = () => ask(`POST ${configs}`, { ...config(''), metadata });
  const made = await Promise.all(Array.from({ length: 20 }, make));
  const names = new Set(made.map(({ body }) => body.metadata.name));
  t.is(names.size, 20);
  for (const name of names) t.regex(name, /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

test('apiserver A24: what the server alone says of an object', async (t) => {
  const { ask } = await startServer(t);
  const theirs = {
    uid: 'theirs',
    creationTimestamp: '2000-01-01T00:00:00Z',
    deletionTimestamp: '2000-01-01T00:00:00Z',
    generation: 7,
    selfLink: '/mine',
  };
  const given = { ...config('a', { x: '1' }), metadata: { name: 'a', ...theirs } };
  const { body } = await ask(`POST ${configs}?fieldManager=me`, given);
  const { metadata } = body;
  t.regex(metadata.uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  t.true(Math.abs(Date.parse(metadata.creationTimestamp) - Date.now()) < 60_000);
  t.is(metadata.deletionTimestamp, undefined);
  t.is(metadata.selfLink, undefined);
  t.like(metadata.managedFields[0], { manager: 'me', operation: 'Update', apiVersion: 'v1' });
  const again = await ask(`PUT ${configs}/a`, {
    ...given,
    metadata: { ...given.metadata, uid: '' },
  });
  t.is(again.body.metadata.uid, metadata.uid);
  t.is(again.body.metadata.creationTimestamp, metadata.creationTimestamp);
  const other = await ask(`PUT ${configs}/a`, given);
  t.is(other.code, 409, 'another object of the same name');
});

test('apiserver A44: a list of 10,000 comes in parts', async (t) => {
  const { ask, store } = await startServer(t);
  const metadata = { namespace: 'default', uid: 'u' };
  const data = { x: 'y'.repeat(500) };
  for (let start = 0; start < 10_000; start += 100) {
    const changes = Array.from({ length: 100 }, (_, index) => {
      const name = `a${String(start + index).padStart(5, '0')}`;
      const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { ...metadata, name }, data };
      const key = `/registry/configmaps/default/${name}`;
      return { key, value: Buffer.from(JSON.stringify(object)) };
    });
    await store.transact({ conditions: [], changes });
  }
  for (const form of ['', `${table}`, `${partial('PartialObjectMetadataList')}`]) {
    const { body, headers } = await ask(`GET ${configs} ${form}`.trim());
    t.is((body.items ?? body.rows).length, 10_000, form);
    t.is(headers['content-length'], undefined, 'nobody knew the whole');
  }
});
