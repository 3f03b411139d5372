import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { hasReason } from '../../base/errors.ts';
import { createFakeReader } from '../admission/fake-reader.ts';
import type { HttpRequest, User } from '../request.ts';
import { type AnonymousMode, createAuthenticator, anonymous as nobody } from './authenticate.ts';
import { createAuthority, type TestPair } from './testing.ts';
import { createTokenAuthenticators } from './tokens.ts';

const ca = await createAuthority('CN=cluster-ca');
const stranger = await createAuthority('CN=cluster-ca');
const between = await ca.issue({ subject: 'CN=between', use: 'ca' });
const notACa = await ca.issue({ subject: 'CN=plain', use: 'any' });
const server = await ca.issue({
  subject: 'CN=apiserver',
  use: 'server',
  names: [{ type: 'ip', value: '127.0.0.1' }],
});

const uidAttribute = '1.3.6.1.4.1.57683.2';
const ann = await ca.issue({ subject: 'O=dev, O=ops, CN=ann' });
const chained = await between.issue({ subject: 'CN=deep' });
const certificates = {
  ann,
  chained,
  any: await ca.issue({ subject: 'CN=any', use: 'any' }),
  withUid: await ca.issue({ subject: `${uidAttribute}=u-7, O=dev, CN=eve` }),
  withUids: await ca.issue({ subject: `${uidAttribute}=a, ${uidAttribute}=b, CN=eve` }),
  expired: await ca.issue({ subject: 'O=system:masters, CN=old', notAfter: Date.now() - 60_000 }),
  foreign: await stranger.issue({ subject: 'O=system:masters, CN=root' }),
  serving: await ca.issue({ subject: 'O=system:nodes, CN=system:node:one', use: 'server' }),
  authority: ca,
  nameless: await ca.issue({ subject: 'O=system:masters' }),
  underPlain: await notACa.issue({ subject: 'O=system:masters, CN=x' }),
} satisfies Record<string, TestPair>;

type Protocol = 'HTTP/1.1' | 'HTTP/2';

/** A server that answers each request with whom it takes the client for. */
async function setUp(t: ExecutionContext, now = Date.now, anonymous: AnonymousMode = 'true') {
  const dir = mkdtempSync(join(tmpdir(), `wherry-auth-${process.pid}-`));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const [clientCaFile, tokenAuthFile] = [join(dir, 'ca.crt'), join(dir, 'tokens.csv')];
  writeFileSync(clientCaFile, ca.cert + between.cert + notACa.cert);
  writeFileSync(tokenAuthFile, 'secret-1,bob,42,"dev,ops"\nsecret-2,carl,43\n');
  const options = { serviceAccountKeys: [], issuer: 'https://issuer', reader: createFakeReader() };
  const authenticate = createAuthenticator({
    clientCaFile,
    tokens: createTokenAuthenticators({ ...options, tokenAuthFile, now }),
    apiAudiences: ['https://issuer'],
    anonymous,
    now,
  });
  const answer = async (request: HttpRequest, response: { end: (text: string) => unknown }) => {
    const user = await authenticate(request).catch((error: unknown) => error);
    response.end(JSON.stringify(user));
  };
  const listener = http2.createSecureServer(
    {
      cert: server.cert,
      key: server.key,
      ca: ca.cert,
      requestCert: true,
      rejectUnauthorized: false,
      allowHTTP1: true,
    },
    (request, response) => void answer(request, response),
  );
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.teardown(() => listener.close());
  const { port } = listener.address() as AddressInfo;
  return (
    protocol: Protocol,
    pair?: TestPair,
    headers: http.OutgoingHttpHeaders = {},
    path = '/',
  ) => (protocol === 'HTTP/2' ? overHttp2 : overHttp1)({ port, pair, headers, path });
}

interface Shot {
  readonly port: number;
  readonly pair: TestPair | undefined;
  readonly headers: http.OutgoingHttpHeaders;
  readonly path: string;
}

const identityOf = (pair: TestPair | undefined) => pair && { cert: pair.cert, key: pair.key };

async function overHttp1({ port, pair, headers, path }: Shot): Promise<Answer> {
  const options = { port, host: '127.0.0.1', ca: ca.cert, headers, path, agent: false as const };
  const [response] = await once(https.get({ ...options, ...identityOf(pair) }), 'response');
  return parse(await response.setEncoding('utf8').toArray());
}

async function overHttp2({ port, pair, headers, path }: Shot): Promise<Answer> {
  const session = http2.connect(`https://127.0.0.1:${port}`, { ca: ca.cert, ...identityOf(pair) });
  try {
    const stream = session.request({ ...headers, ':path': path } as http2.OutgoingHttpHeaders);
    return parse(await stream.setEncoding('utf8').toArray());
  } finally {
    session.close();
  }
}

type Answer = User & { readonly reason?: string };
const parse = (chunks: unknown[]) => JSON.parse(chunks.join('')) as Answer;

const summary = ({ name, groups, reason }: Answer): string => reason ?? [name, ...groups].join(' ');

for (const protocol of ['HTTP/1.1', 'HTTP/2'] as const) {
  const cases: [string, TestPair | undefined, http.OutgoingHttpHeaders, string][] = [
    ['nothing', undefined, {}, 'system:anonymous system:unauthenticated'],
    ['a certificate', certificates.ann, {}, 'ann dev ops system:authenticated'],
    [
      'a certificate of an intermediate in the bundle',
      certificates.chained,
      {},
      'deep system:authenticated',
    ],
    ['a certificate with a uid', certificates.withUid, {}, 'eve dev system:authenticated'],
    ['a certificate with two uids', certificates.withUids, {}, 'Unauthorized'],
    ['a certificate for any use', certificates.any, {}, 'any system:authenticated'],
    ['an expired certificate', certificates.expired, {}, 'Unauthorized'],
    ['a certificate of another CA', certificates.foreign, {}, 'Unauthorized'],
    ['a serving certificate', certificates.serving, {}, 'Unauthorized'],
    ['the CA itself', certificates.authority, {}, 'Unauthorized'],
    ['a certificate without a name', certificates.nameless, {}, 'Unauthorized'],
    ['a certificate below one that is no CA', certificates.underPlain, {}, 'Unauthorized'],
    [
      'a static token',
      undefined,
      { authorization: 'Bearer secret-1' },
      'bob dev ops system:authenticated',
    ],
    [
      'a token in other letters',
      undefined,
      { authorization: 'bearer secret-2' },
      'carl system:authenticated',
    ],
    ['a wrong token', undefined, { authorization: 'Bearer secret-3' }, 'Unauthorized'],
    ['an empty token', undefined, { authorization: 'Bearer' }, 'Unauthorized'],
    ['a password', undefined, { authorization: 'Basic YTpi' }, 'Unauthorized'],
    [
      'a token that is no JWT of ours',
      undefined,
      { authorization: 'Bearer a.b.c' },
      'Unauthorized',
    ],
    [
      'a token beside a foreign certificate',
      certificates.foreign,
      { authorization: 'Bearer secret-1' },
      'bob dev ops system:authenticated',
    ],
    [
      'a certificate beside a wrong token',
      certificates.ann,
      { authorization: 'Bearer x' },
      'ann dev ops system:authenticated',
    ],
    [
      'a token as a WebSocket protocol',
      undefined,
      {
        'sec-websocket-protocol': `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${Buffer.from('secret-1').toString('base64url')}`,
      },
      'bob dev ops system:authenticated',
    ],
  ];
  for (const [name, pair, headers, want] of cases) {
    test(`security A1: over ${protocol}, ${name} is ${want}`, async (t) => {
      const ask = await setUp(t);
      t.is(summary(await ask(protocol, pair, headers)), want);
    });
  }
}

test('security A10: two Authorization headers are refused', async (t) => {
  const ask = await setUp(t);
  // Only a raw list says the same header twice.
  const twice = [
    'Host',
    'x',
    'Authorization',
    'Bearer secret-1',
    'authorization',
    'Bearer secret-1',
  ];
  const headers = twice as unknown as http.OutgoingHttpHeaders;
  t.is(summary(await ask('HTTP/1.1', undefined, headers)), 'Unauthorized');
});

test('a certificate that ends while its connection lives is refused from then on', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), `wherry-auth-${process.pid}-`));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  let now = Date.now();
  const ask = await setUp(t, () => now);
  t.is((await ask('HTTP/2', certificates.ann)).name, 'ann');
  now += 30 * 86_400_000;
  t.is(summary(await ask('HTTP/2', certificates.ann)), 'Unauthorized');
});

test('the user of one connection is one object, so that others can remember things by it', async (t) => {
  const authenticate = createAuthenticator({
    tokens: [],
    apiAudiences: [],
    anonymous: 'true',
    now: Date.now,
  });
  const request = { rawHeaders: [], socket: {} } as unknown as HttpRequest;
  t.is(await authenticate(request), nobody);
  t.true(
    await authenticate({
      ...request,
      rawHeaders: ['Authorization', 'Bearer x'],
    } as HttpRequest).then(
      () => false,
      (error) => hasReason(error, 'Unauthorized'),
    ),
  );
});

test('apiserver A94: a certificate may name a uid', async (t) => {
  const ask = await setUp(t);
  t.is((await ask('HTTP/2', certificates.withUid)).uid, 'u-7');
});

const openings: [AnonymousMode, string, string][] = [
  ['true', '/api/v1/pods', 'system:anonymous'],
  ['health', '/api/v1/pods', 'Unauthorized'],
  ['health', '/', 'Unauthorized'],
  ['health', '/healthz/', 'Unauthorized'],
  ['health', '/metrics', 'Unauthorized'],
  ['health', '/livez?verbose', 'system:anonymous'],
  ['health', '/readyz', 'system:anonymous'],
  ['health', '/healthz', 'system:anonymous'],
  ['health', '/version', 'system:anonymous'],
  ['false', '/livez', 'Unauthorized'],
];

for (const [mode, path, want] of openings) {
  test(`apiserver A100: with --anonymous-auth=${mode}, nobody asking for ${path} is ${want}`, async (t) => {
    const ask = await setUp(t, Date.now, mode);
    const { name, reason } = await ask('HTTP/2', undefined, {}, path);
    t.is(reason ?? name, want);
  });
}
