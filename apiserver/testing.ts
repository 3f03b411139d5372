/** A whole server over real TLS for tests, on a store that forgets, and ways to talk to it. */
import * as http2 from 'node:http2';
import { connect } from 'node:tls';
import type { ExecutionContext } from 'ava';
import { allResources } from '../api/resources.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { hardenIntrinsics } from '../base/intrinsics.ts';
import { silentLogger } from '../base/log.ts';
import { createMemoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { chainPlugins } from './admission/chain.ts';
import { type Assembly, assemble } from './assemble.ts';
import { createAuthority } from './authentication/testing.ts';
import type { User } from './request.ts';

export const admin: User = { name: 'admin', groups: ['system:masters'] };

type Gates = Awaited<ReturnType<Assembly['gates']>>;

export interface TestOptions extends Partial<Omit<Assembly, 'gates'>> {
  readonly gates?: Partial<Gates>;
}

let authority: ReturnType<typeof makeTls> | undefined;

async function makeTls() {
  const made = await createAuthority();
  const names = [{ type: 'ip', value: '127.0.0.1' }] as const;
  const { cert, key } = await made.issue({ subject: 'CN=test', use: 'server', names });
  return { cert, key, ca: made.cert };
}

/** Everybody is admin and nothing is refused, unless `options` say otherwise. */
export async function startServer(t: ExecutionContext, options: TestOptions = {}) {
  hardenIntrinsics();
  authority ??= makeTls();
  const { cert, key, ca } = await authority;
  const store: Store = options.store ?? createMemoryStore();
  const clock: Clock = options.clock ?? systemClock;
  const server = await assemble({
    resources: allResources,
    listen: {
      addresses: ['127.0.0.1'],
      port: 0,
      certificate: Buffer.from(cert),
      key: Buffer.from(key),
      clientCa: undefined,
    },
    advertiseAddress: '192.0.2.1',
    serviceAddress: '10.43.0.1',
    log: silentLogger,
    onFatal: (error) => t.fail(error.message),
    ...options,
    store,
    clock,
    gates: async () => ({
      authenticate: async () => admin,
      authorize: () => ({ allowed: true, reason: '' }),
      refuse: () => new Error() as never,
      admission: chainPlugins([]),
      connectors: new Map(),
      makers: new Map(),
      ...options.gates,
    }),
  });
  const session = http2.connect(`https://127.0.0.1:${server.port}`, { ca });
  session.on('error', () => {});
  const stop = async () => {
    session.close();
    await server.stop();
  };
  t.teardown(stop);
  return {
    port: server.port,
    ca,
    store,
    session,
    stop,
    ask: (line: string, body?: unknown) => ask(session, line, body),
    watch: (path: string, headers?: object) => openWatch(t, session, { ':path': path, ...headers }),
    raw: (text: string | Buffer) => sendRaw(text, { port: server.port, ca }),
  };
}

export interface Answer {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
  readonly body: any;
  readonly bytes: Buffer;
  readonly headers: http2.IncomingHttpHeaders;
}

/** `ask(session, 'GET /api/v1/pods accept=text/plain')`; objects are sent as JSON. */
export async function ask(
  session: http2.ClientHttp2Session,
  line: string,
  body?: unknown,
): Promise<Answer> {
  const [method, path, ...extra] = line.split(' ');
  const pairs = extra.map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]);
  const head = {
    ':method': method,
    ':path': path,
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...Object.fromEntries(pairs),
  };
  const request = session.request(head, { endStream: body === undefined });
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  if (body !== undefined) request.end(isRaw ? body : JSON.stringify(body));
  const chunks: Buffer[] = [];
  let headers: Answer['headers'] & { ':status'?: number } = {};
  request.on('response', (received) => {
    headers = received;
  });
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('end', resolve);
    request.on('close', resolve);
  });
  const bytes = Buffer.concat(chunks);
  const isJson = String(headers['content-type']).includes('json') && bytes.length > 0;
  const isPlain = headers['content-encoding'] === undefined;
  const text = bytes.toString();
  const code = headers[':status'] ?? 0;
  return { code, headers, bytes, body: isJson && isPlain ? JSON.parse(text) : text };
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
export type Event = { readonly type: string; readonly object: any };

/** A watch whose events are waited for one by one, as `ADDED a`. */
function openWatch(t: ExecutionContext, session: http2.ClientHttp2Session, head: object) {
  const request = session.request({ ...head });
  t.teardown(() => request.close());
  request.setEncoding('utf8');
  const lines = readLines(request);
  const next = async () => JSON.parse((await lines.next()).value ?? 'null') as Event | null;
  const show = async (count: number) => {
    const shown: string[] = [];
    for (let index = 0; index < count; index++) {
      const event = await next();
      shown.push(event ? `${event.type} ${event.object.metadata.name ?? ''}`.trim() : 'end');
    }
    return shown;
  };
  return { next, show, lines, close: () => request.close() };
}

async function* readLines(stream: AsyncIterable<string>): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of stream) {
    const lines = (text + chunk).split('\n');
    text = lines.pop()!;
    yield* lines;
  }
}

/** Sends bytes over TLS as they are, and gives what came back until the server hung up. */
export function sendRaw(
  text: string | Buffer,
  { port, ca }: { readonly port: number; readonly ca: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, ALPNProtocols: ['http/1.1'] });
    let answer = '';
    socket.on('secureConnect', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    // Hanging up on a hostile client in the middle of its words is an answer too.
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
    socket.on('close', () => resolve(answer));
  });
}

export const config = (name: string, data: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

export const configs = '/api/v1/namespaces/default/configmaps';

/** For a second server: the store is closed by the first one only. */
export const shareStore = (store: Store): Store => ({
  get: (key) => store.get(key),
  list: (request) => store.list(request),
  transact: (transaction) => store.transact(transaction),
  watch: (request) => store.watch({ ...request, onError: () => {} }),
  compact: (revision) => store.compact(revision),
  currentRevision: () => store.currentRevision(),
  size: () => store.size(),
  close: async () => {},
});

/** Passes a thousand times faster, and notes what was waited for. */
export function createFastClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => Date.now(),
    sleep: (ms, signal) => {
      slept.push(ms);
      return systemClock.sleep(ms / 1000, signal);
    },
  };
}
