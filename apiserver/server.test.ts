/** The whole server over real HTTPS, on a store in a temporary folder. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { allResources } from '../api/resources.ts';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { openSqliteStore } from '../store/sqlite/open.ts';
import { assemble } from './assemble.ts';
import type { User } from './request.ts';

const folder = mkdtempSync(join(tmpdir(), `wherry-apiserver-${process.pid}-`));
const files = { key: join(folder, 'tls.key'), cert: join(folder, 'tls.crt') };

test.before(() => {
  const args =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=test';
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1'];
  const out = ['-keyout', files.key, '-out', files.cert];
  execFileSync('openssl', [...args.split(' '), ...names, ...out], { stdio: 'ignore' });
});

test.after.always(() => rmSync(folder, { recursive: true }));

const admin: User = { name: 'admin', groups: ['system:masters'] };
let count = 0;

async function start(t: ExecutionContext, file = join(folder, `state-${count++}.db`)) {
  const store = await openSqliteStore({ file, onFatal: (error) => t.fail(error.message) });
  const server = await assemble({
    store,
    resources: allResources,
    listen: {
      addresses: ['127.0.0.1'],
      port: 0,
      certificate: readFileSync(files.cert),
      key: readFileSync(files.key),
      clientCa: undefined,
    },
    advertiseAddress: '192.0.2.1',
    serviceAddress: '10.43.0.1',
    gates: async () => ({
      authenticate: async () => admin,
      authorize: () => ({ allowed: true, reason: '' }),
      refuse: () => new Error() as never,
      admission: { admit: () => ({ commit() {}, rollback() {} }) },
      connectors: new Map(),
      makers: new Map(),
    }),
    log: silentLogger,
    clock: systemClock,
    onFatal: (error) => t.fail(error.message),
  });
  const session = http2.connect(`https://127.0.0.1:${server.port}`, {
    ca: readFileSync(files.cert),
  });
  session.on('error', () => {});
  const stop = async () => {
    session.close();
    await server.stop();
  };
  t.teardown(stop);
  return { ...server, stop, file, ask: (line: string, body?: unknown) => ask(session, line, body) };
}

interface Answer {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
  readonly body: any;
  readonly headers: http2.IncomingHttpHeaders;
}

/** `ask(session, 'GET /api/v1/pods accept=text/plain')`. */
function ask(
  session: http2.ClientHttp2Session,
  line: string,
  body?: unknown,
  onLine?: (event: unknown) => void,
): Promise<Answer> {
  const [method, path, ...extra] = line.split(' ');
  const pairs = extra.map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]);
  const request = session.request({
    ':method': method,
    ':path': path,
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...Object.fromEntries(pairs),
  });
  if (body !== undefined) request.write(typeof body === 'string' ? body : JSON.stringify(body));
  request.end();
  return new Promise((resolve, reject) => {
    let headers: http2.IncomingHttpHeaders & { ':status'?: number } = {};
    let text = '';
    request.on('response', (received) => {
      headers = received;
    });
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
      if (!onLine) return;
      const lines = text.split('\n');
      text = lines.pop()!;
      for (const each of lines) onLine(JSON.parse(each));
    });
    request.on('error', reject);
    request.on('end', () => {
      const isJson = String(headers['content-type']).includes('json');
      const code = headers[':status'] ?? 0;
      resolve({ code, headers, body: isJson && text ? JSON.parse(text) : text });
    });
  });
}

const config = (name: string, data: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});
const configs = '/api/v1/namespaces/default/configmaps';

test('an object is made, read, listed, changed and deleted', async (t) => {
  const { ask } = await start(t);
  const created = await ask(`POST ${configs}`, config('a', { x: '1' }));
  t.is(created.code, 201);
  t.is(created.body.metadata.namespace, 'default');
  t.truthy(created.body.metadata.uid);
  const again = await ask(`POST ${configs}`, config('a'));
  t.is(again.code, 409);
  t.is(again.body.message, 'configmaps "a" already exists');
  const read = await ask(`GET ${configs}/a`);
  t.deepEqual(read.body, created.body);
  const listed = await ask(`GET ${configs}`);
  t.is(listed.body.kind, 'ConfigMapList');
  t.deepEqual(listed.body.items, [created.body]);
  const changed = { ...created.body, data: { x: '2' } };
  const updated = await ask(`PUT ${configs}/a`, changed);
  t.is(updated.code, 200);
  t.is(updated.body.data.x, '2');
  const stale = await ask(`PUT ${configs}/a`, { ...changed, data: { x: '3' } });
  t.is(stale.code, 409);
  t.is(
    stale.body.message,
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; ' +
      'please apply your changes to the latest version and try again',
  );
  const deleted = await ask(`DELETE ${configs}/a`);
  t.is(deleted.body.status, 'Success');
  t.is((await ask(`GET ${configs}/a`)).code, 404);
});
