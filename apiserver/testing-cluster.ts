/** A whole server for tests: the flags of a real one, over real HTTPS, in a temporary folder. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Clock, systemClock } from '../base/clock.ts';
import { parseFlags } from '../base/config.ts';
import { silentLogger } from '../base/log.ts';
import { createAuthority, type TestPair } from './authentication/testing.ts';
import { flags, start } from './main.ts';

export interface Answer {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
  readonly body: any;
  readonly warnings: readonly string[];
}

/** Shown with a request: a certificate, a token, headers; or nothing. */
export interface Credentials {
  readonly pair?: TestPair;
  readonly token?: string;
  /** As Node takes them; a list is a header said several times. */
  readonly headers?: http2.OutgoingHttpHeaders;
}

const newKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();

/** What servers that share it have in common: their CA, their keys and their state. */
export async function makeGround(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), `wherry-server-${process.pid}-`));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const authority = await createAuthority('CN=cluster-ca');
  const names = [{ type: 'ip', value: '127.0.0.1' }] as const;
  const serving = await authority.issue({ subject: 'CN=apiserver', use: 'server', names });
  const signingKey = newKey();
  const files = { 'ca.crt': authority.cert, 'tls.crt': serving.cert, 'tls.key': serving.key };
  for (const [name, text] of Object.entries({ ...files, 'sa.key': signingKey })) {
    writeFileSync(join(folder, name), text);
  }
  const admin = await authority.issue({ subject: 'O=system:masters, CN=admin' });
  return { folder, authority, signingKey, admin };
}

export type Ground = Awaited<ReturnType<typeof makeGround>>;

export interface ServerChanges {
  readonly clock?: Clock;
  readonly words?: readonly string[]; // More flags.
}

export async function startServer(
  t: ExecutionContext,
  ground: Ground,
  changes: ServerChanges = {},
) {
  const { folder, authority, admin } = ground;
  const at = (name: string) => join(folder, name);
  const { config } = parseFlags(flags, [
    '--secure-port=0',
    `--data-file=${at('state.db')}`,
    `--tls-cert-file=${at('tls.crt')}`,
    `--tls-private-key-file=${at('tls.key')}`,
    `--client-ca-file=${at('ca.crt')}`,
    `--service-account-key-file=${at('sa.key')}`,
    `--service-account-signing-key-file=${at('sa.key')}`,
    ...(changes.words ?? []),
  ]);
  const { clock = systemClock } = changes;
  const server = await start(config, { clock, log: silentLogger });
  const url = `https://127.0.0.1:${server.port}`;
  const sessions = new Map<TestPair | undefined, http2.ClientHttp2Session>();
  const sessionOf = (pair: TestPair | undefined) => {
    const known = sessions.get(pair);
    if (known) return known;
    const identity = pair && { cert: pair.cert, key: pair.key };
    const session = http2.connect(url, { ca: authority.cert, ...identity });
    session.on('error', () => {});
    sessions.set(pair, session);
    return session;
  };
  const stop = async () => {
    for (const session of sessions.values()) session.destroy();
    await server.stop();
  };
  t.teardown(stop);
  /** `ask({ token }, 'GET /api/v1/pods')` */
  const ask = (by: Credentials, line: string, body?: unknown) =>
    send(sessionOf(by.pair), by, { line, body });
  return { url, ask, stop, as: (line: string, body?: unknown) => ask({ pair: admin }, line, body) };
}

interface Sent {
  readonly line: string;
  readonly body: unknown;
}

async function send(
  session: http2.ClientHttp2Session,
  { token, headers = {} }: Credentials,
  { line, body }: Sent,
): Promise<Answer> {
  const [method = 'GET', path = '/'] = line.split(' ');
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const shown = {
    ':method': method,
    ':path': path,
    ...(body !== undefined && { 'content-type': type }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...headers,
  };
  const stream = session.request(shown, { endStream: body === undefined });
  stream.setEncoding('utf8');
  if (body !== undefined) stream.end(JSON.stringify(body));
  let head: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
  stream.on('response', (received) => {
    head = received;
  });
  const text = (await stream.toArray()).join('');
  const isJson = String(head['content-type']).startsWith('application/json');
  const warnings = head.warning === undefined ? [] : [head.warning].flat();
  return { code: head[':status'] ?? 0, body: isJson ? JSON.parse(text) : text, warnings };
}
