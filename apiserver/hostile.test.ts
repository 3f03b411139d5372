/** What strangers send: too much, too deep, too slow, twice, or in JavaScript's own words. */
import { connect } from 'node:tls';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { config, configs, startServer } from './testing.ts';

const head = (line: string, ...headers: string[]) =>
  `${[line, 'Host: 127.0.0.1', ...headers].join('\r\n')}\r\n\r\n`;
const codeOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);

test('security A8: a body over 3 MiB is refused before it comes, and while it comes', async (t) => {
  const { ask, raw } = await startServer(t);
  const size = 3 * 1024 * 1024 + 1;
  const declared = head(`POST ${configs} HTTP/1.1`, `Content-Length: ${size}`, 'Connection: close');
  t.is(codeOf(await raw(declared)), 413, 'nothing of the body was sent');
  const answer = await ask(`POST ${configs}`, Buffer.alloc(size, ' '));
  t.is(answer.code, 413);
  t.is(answer.body.reason, 'RequestEntityTooLarge');
  t.is((await ask(`GET ${configs}`)).code, 200, 'the same connection goes on');
});

test('security A8: compressed requests are not unpacked', async (t) => {
  const { ask } = await startServer(t);
  const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024, ' '));
  const { code } = await ask(`POST ${configs} content-encoding=gzip`, bomb);
  t.is(code, 415);
});

test('security A8: endless headers end the connection, not the server', async (t) => {
  const { ask, raw, session } = await startServer(t);
  const many = Array.from({ length: 100_000 }, (_, index) => `X-${index}: y`);
  t.is(codeOf(await raw(head('GET /version HTTP/1.1', ...many))), 431);
  const pairs = Object.fromEntries(many.slice(0, 1000).map((_, index) => [`x-${index}`, 'y']));
  const request = session.request({ ':path': '/version', ...pairs });
  const refused = await new Promise((resolve) => {
    request.on('error', () => resolve(true));
    request.on('response', ({ ':status': status }) => resolve((status ?? 0) >= 400));
    request.on('close', () => resolve(true));
  });
  t.true(refused);
  const other = await ask('GET /version').catch(() => undefined);
  t.true(other === undefined || other.code === 200);
  t.is(codeOf(await raw(head('GET /version HTTP/1.1', 'Connection: close'))), 200);
});

const nested = (levels: number) =>
  `{"metadata":{"name":"a"},"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;

test('security A8: what nests too deep is refused, in every form', async (t) => {
  const { ask } = await startServer(t);
  await ask(`POST ${configs}`, config('p'));
  const merge = 'content-type=application/merge-patch+json';
  const yaml = 'content-type=application/yaml';
  for (const levels of [1_001, 100_000, 1_000_000]) {
    t.is((await ask(`POST ${configs}`, nested(levels))).code, 400, String(levels));
    t.is((await ask(`POST ${configs} ${yaml}`, nested(levels))).code, 400, String(levels));
    t.is((await ask(`PATCH ${configs}/p ${merge}`, nested(levels))).code, 400, String(levels));
    t.is((await ask(`DELETE ${configs}/p`, nested(levels))).code, 400, String(levels));
  }
  t.is((await ask(`POST ${configs} ${yaml}`, `x: ${'- '.repeat(1000)}y`)).code, 400);
});

/** Each of them has killed or stopped a YAML parser somewhere. */
const hostileYaml: readonly (readonly [name: string, text: string])[] = [
  ['flow sequences', '['.repeat(3_000)],
  ['flow mappings', '{'.repeat(10_000)],
  ['block sequences', '- '.repeat(50_000)],
  ['complex keys', '? '.repeat(50_000)],
  ['nested keys', 'a: '.repeat(50_000)],
  ['an alias bomb', 'a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n'],
  ['an alias of itself', 'a: &a [*a]\n'],
  ['a merge of itself', 'a: &a {<<: *a}\n'],
  ['many anchors', '- &a 1\n'.repeat(50_000)],
  ['many documents', '---\n'.repeat(90_000)],
  ['many values', `[${'1,'.repeat(1_000_000)}]`],
  ['many lines', '-\n'.repeat(1_000_000)],
  ['a long number', `a: ${'1'.repeat(2_000_000)}`],
  ['a long quoted string', `a: "${'\\x41'.repeat(500_000)}"`],
  ['a long tag', `!${'a'.repeat(2_000_000)} b`],
  ['code', 'a: !!js/function "function () { process.exit() }"'],
  ['nothing', ''],
];

test('security A8: hostile YAML is an answer of 400 or 422, thirty times over', async (t) => {
  const { ask } = await startServer(t);
  for (const [name, text] of hostileYaml) {
    const times = text.length < 200_000 ? 30 : 1;
    for (let count = 0; count < times; count++) {
      const { code } = await ask(`POST ${configs} content-type=application/yaml`, text);
      t.true(code === 400 || code === 422, `${name}: ${code}`);
    }
  }
});

test('security A8: many small values are refused, however few bytes they have', async (t) => {
  const { ask } = await startServer(t);
  const keys = Array.from({ length: 200_000 }, (_, index) => `"k${index}":""`);
  const text = `{"metadata":{"name":"a"},"data":{${keys.join(',')}}}`;
  t.true(text.length < 3 * 1024 * 1024);
  const { code, body } = await ask(`POST ${configs}`, text);
  t.is(code, 400);
  t.regex(body.message, /more than 12000 entries/);
});

test('security A8: JSON patches are bounded in operations and in what they copy', async (t) => {
  const { ask } = await startServer(t);
  await ask(`POST ${configs}`, config('a', { x: 'y'.repeat(1000) }));
  const patch = `PATCH ${configs}/a content-type=application/json-patch+json`;
  const test = { op: 'test', path: '/metadata/name', value: 'a' };
  t.is((await ask(patch, Array(10_000).fill(test))).code, 200);
  const many = await ask(patch, Array(10_001).fill(test));
  t.is(many.code, 413);
  t.regex(many.body.message, /allowed maximum operations in a JSON patch is 10000, got 10001/);
  const copies = Array.from({ length: 40 }, (_, index) => {
    return { op: 'copy', from: '/data', path: `/data/k${index}` };
  });
  t.is((await ask(patch, copies)).code, 413, 'each copy doubles what is there');
});

test('security A8: long selectors are read in one pass or refused', async (t) => {
  const { ask } = await startServer(t);
  await ask(`POST ${configs}`, config('a'));
  for (const part of ['(', ',', 'a,', '!', 'a%3D', 'x%20in%20(', '%20']) {
    const selector = part.repeat(Math.floor(50_000 / part.length));
    const { code } = await ask(`GET ${configs}?labelSelector=${selector}(`);
    t.is(code, 400, part);
    const field = await ask(`GET ${configs}?fieldSelector=${selector}(`);
    t.true(field.code === 400 || field.code === 200, part);
  }
});

test('security A8: who says half a request is hung up on, and costs nobody else anything', async (t) => {
  const { ask, port, ca } = await startServer(t);
  const sockets = Array.from({ length: 50 }, () => {
    const socket = connect({ host: '127.0.0.1', port, ca, ALPNProtocols: ['http/1.1'] });
    socket.on('error', () => {});
    socket.resume();
    socket.write(`POST ${configs} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`);
    return socket;
  });
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  t.is((await ask(`POST ${configs}`, config('a'))).code, 201);
  for (const socket of sockets) socket.end(); // Cut off: nothing may come of it.
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve))));
  t.is((await ask(`GET ${configs}`)).body.items.length, 1);
});

const traps = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'];

test('security A9: keys that JavaScript knows round-trip in every map', async (t) => {
  const { ask } = await startServer(t);
  const text = (value: string) => `{${traps.map((key) => `"${key}":${value}`).join(',')}}`;
  const labels = `{${traps
    .slice(1)
    .map((key) => `"${key}":"v"`)
    .join(',')}}`;
  const body = `{"metadata":{"name":"constructor","labels":${labels},"annotations":${labels}},
    "data":${text('"v"')}}`;
  const made = await ask(`POST ${configs}`, body);
  t.is(made.code, 201, JSON.stringify(made.body));
  const { bytes } = await ask(`GET ${configs}/constructor`);
  t.true(bytes.toString().includes(`"data":${text('"v"')}`), 'byte for byte');
  t.true(bytes.toString().includes(`"labels":${labels}`));
  const patches: readonly [type: string, body: string][] = [
    ['merge-patch', `{"data":${text('"w"')}}`],
    ['strategic-merge-patch', `{"data":${text('"x"')}}`],
    ['json-patch', `[{"op":"replace","path":"/data/__proto__","value":"y"}]`],
  ];
  for (const [type, patch] of patches) {
    const line = `PATCH ${configs}/constructor content-type=application/${type}+json`;
    const answer = await ask(line, patch);
    t.is(answer.code, 200, JSON.stringify(answer.body));
    t.deepEqual(Object.keys(answer.body.data).sort(), [...traps].sort(), type);
  }
  const path = '[{"op":"add","path":"/metadata/constructor/prototype/x","value":1}]';
  const json = 'content-type=application/json-patch+json';
  t.is((await ask(`PATCH ${configs}/constructor ${json}`, path)).code, 422);
  t.is(({} as Record<string, unknown>).x, undefined);
});

test('security A9: names that JavaScript knows are names', async (t) => {
  const { ask } = await startServer(t);
  for (const name of ['constructor', 'valueof', 'tostring', 'prototype']) {
    t.is((await ask(`GET ${configs}/${name}`)).code, 404);
    t.is((await ask('POST /api/v1/namespaces', { metadata: { name } })).code, 201);
    const inside = `/api/v1/namespaces/${name}/configmaps`;
    t.is((await ask(`POST ${inside}`, config(name))).code, 201);
    t.is((await ask(`GET ${inside}/${name}`)).code, 200);
  }
  const names = ['__proto__', 'constructor', 'toString'];
  for (const name of names) {
    t.is((await ask(`GET /api/v1/${name}`)).code, 404);
    t.is((await ask(`GET /apis/${name}/v1/${name}`)).code, 404);
    t.is((await ask(`GET /${name}`)).code, 404);
    t.is((await ask(`GET /healthz/${name}`)).code, 404);
    t.is((await ask(`GET ${configs}?${name}=1&labelSelector=${name}`)).code < 500, true);
    t.is((await ask(`GET ${configs}?fieldSelector=${name}%3D1`)).code, 400);
  }
});

test('security A9: whole numbers keep every digit, through every verb and form', async (t) => {
  const { ask, watch } = await startServer(t);
  const pods = '/api/v1/namespaces/default/pods';
  const most = '9223372036854775807';
  const body = `{"metadata":{"name":"a"},"spec":{"terminationGracePeriodSeconds":${most},
    "containers":[{"name":"c","image":"x"}],
    "tolerations":[{"key":"k","operator":"Exists","effect":"NoExecute","tolerationSeconds":-${most}}]}}`;
  const events = watch(`${pods}?watch=1`);
  const made = await ask(`POST ${pods}`, body);
  t.is(made.code, 201, JSON.stringify(made.body));
  const line = 'content-type=application/merge-patch+json';
  const patched = await ask(`PATCH ${pods}/a ${line}`, '{"metadata":{"labels":{"x":"y"}}}');
  const read = await ask(`GET ${pods}/a`);
  const list = await ask(`GET ${pods}`);
  const yaml = await ask(`GET ${pods}/a accept=application/yaml`);
  for (const { bytes } of [made, patched, read, list]) {
    t.true(bytes.toString().includes(`"terminationGracePeriodSeconds":${most},`));
    t.true(bytes.toString().includes(`"tolerationSeconds":-${most}}`));
  }
  t.true(yaml.body.includes(`terminationGracePeriodSeconds: ${most}\n`));
  const put = await ask(`PUT ${pods}/a`, read.bytes);
  t.is(put.body.metadata.resourceVersion, patched.body.metadata.resourceVersion, 'nothing changed');
  t.true((await events.lines.next()).value!.includes(`:${most},`));
  const more = body.replace(most, '9223372036854775808').replace('"a"', '"b"');
  const refused = await ask(`POST ${pods}`, more);
  t.is(refused.code, 400);
  t.regex(refused.body.message, /cannot unmarshal number 9223372036854775808 .* of type int64/);
});

const one = 'Connection: close';
const framed: readonly (readonly [name: string, text: string, code: number])[] = [
  ['a plain request', head('GET /version HTTP/1.1', one), 200],
  ['two Hosts', head('GET /version HTTP/1.1', 'Host: elsewhere', one), 400],
  [
    'two Authorizations',
    head('GET /version HTTP/1.1', 'Authorization: a', 'authorization: b', one),
    400,
  ],
  [
    'two Content-Types',
    head(`POST ${configs} HTTP/1.1`, 'Content-Type: a', 'Content-Type: b', one),
    400,
  ],
  ['absolute form', head('GET https://127.0.0.1/version HTTP/1.1', one), 400],
  ['absolute form without an authority', head('GET http:/version HTTP/1.1', one), 400],
  ['a GET with a body', `${head('GET /version HTTP/1.1', 'Content-Length: 2', one)}{}`, 400],
  [
    'a chunked GET',
    `${head('GET /version HTTP/1.1', 'Transfer-Encoding: chunked', one)}0\r\n\r\n`,
    400,
  ],
  [
    'both lengths',
    head(`POST ${configs} HTTP/1.1`, 'Content-Length: 2', 'Transfer-Encoding: chunked'),
    400,
  ],
  ['two lengths', head(`POST ${configs} HTTP/1.1`, 'Content-Length: 2', 'Content-Length: 3'), 400],
  ['a length that is none', head(`POST ${configs} HTTP/1.1`, 'Content-Length: 2x'), 400],
  ['a negative length', head(`POST ${configs} HTTP/1.1`, 'Content-Length: -2'), 400],
  ['an odd encoding', head(`POST ${configs} HTTP/1.1`, 'Transfer-Encoding: xchunked'), 400],
  ['chunked twice', head(`POST ${configs} HTTP/1.1`, 'Transfer-Encoding: chunked, chunked'), 400],
  ['a folded header', 'GET /version HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n', 400],
  ['space before a colon', 'GET /version HTTP/1.1\r\nHost : a\r\n\r\n', 400],
  ['bare line feeds', 'GET /version HTTP/1.1\nHost: a\n\n', 400],
  ['no Host', 'GET /version HTTP/1.1\r\n\r\n', 400],
  ['a NUL in a header', 'GET /version HTTP/1.1\r\nHost: a\r\nX: \u0000\r\n\r\n', 400],
  ['a NUL in the target', 'GET /ver\u0000sion HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['an asterisk', head('OPTIONS * HTTP/1.1', one), 400],
  ['no HTTP', 'hello\r\n\r\n', 400],
];

for (const [name, text, code] of framed) {
  test(`security A10: ${name} is answered with ${code}`, async (t) => {
    const { raw } = await startServer(t);
    t.is(codeOf(await raw(text)), code);
  });
}

const chunks: readonly (readonly [name: string, body: string])[] = [
  ['a size that is none', 'zz\r\n{}\r\n0\r\n\r\n'],
  ['a size that is too large', `ffffffffffffffffff\r\n{}\r\n0\r\n\r\n`],
  ['a chunk that is longer than it says', '2\r\n{}{}\r\n0\r\n\r\n'],
  ['a good chunk and then a bad one', '2\r\n{ \r\nxx\r\n'],
];

test('security A10: nothing is done before a body has ended as it should', async (t) => {
  const { ask, raw } = await startServer(t);
  await ask(`POST ${configs}`, config('a'));
  for (const [name, body] of chunks) {
    const chunked = 'Transfer-Encoding: chunked';
    const answer = await raw(`${head(`DELETE ${configs}/a HTTP/1.1`, chunked)}${body}`);
    t.is(codeOf(answer), 400, name);
  }
  t.is((await ask(`GET ${configs}/a`)).code, 200);
});

test('security A11: one reading of the path, for authorization and for storage alike', async (t) => {
  const seen: string[] = [];
  const { raw } = await startServer(t, {
    gates: {
      authorize: (_, info) => {
        seen.push(`${info.namespace}/${info.resource}/${info.name}`);
        return { allowed: true, reason: '' };
      },
    },
  });
  seen.length = 0;
  const base = '/api/v1/namespaces/default/configmaps';
  const bad = ['%2f', '%2e%2e', '..', '.', '', '%5c', '\\', '%00', '%c0%af', '%c0%ae', '%', '%25'];
  const segments = ['api', 'v1', 'namespaces', 'default', 'configmaps', 'a', 'status'];
  for (const text of bad) {
    for (let index = 0; index < segments.length; index++) {
      const path = `/${segments.with(index, text).join('/')}`;
      if (text === '' && index === segments.length - 1) continue; // A slash at the end is nothing.
      const code = codeOf(await raw(head(`GET ${path} HTTP/1.1`, one)));
      t.is(code, 400, path);
    }
  }
  t.deepEqual(seen, [], 'nobody was even asked');
  t.is(codeOf(await raw(head(`GET ${base}/a%2Eb HTTP/1.1`, one))), 404);
  t.deepEqual(seen, ['default/configmaps/a.b']);
});
