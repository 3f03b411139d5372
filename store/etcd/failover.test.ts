/** etcd that is down, slow, split, behind TLS, or not what was asked for. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { hasReason, type Reason } from '../../base/errors.ts';
import { type EtcdOptions, startEtcd } from '../../test/helpers/etcd.ts';
import type { StoreEvent } from '../store.ts';
import { put, show } from '../suite-tools.ts';
import { parseServers } from './endpoints.ts';
import { openEtcdStore } from './open.ts';

async function start(t: ExecutionContext, options?: EtcdOptions) {
  const etcd = await startEtcd(options);
  t.teardown(() => etcd.remove());
  return etcd;
}

async function open(t: ExecutionContext, options: Parameters<typeof openEtcdStore>[0]) {
  const store = await openEtcdStore(options);
  t.teardown(() => store.close());
  return store;
}

/** Tries until it works: how a client of the API would. */
async function insist<T>(work: () => Promise<T>, reasons: readonly Reason[]): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!reasons.some((reason) => hasReason(error, reason))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const passing = ['ServiceUnavailable', 'Timeout'] as const;

test('while etcd is down all is refused at once and says why; then it goes on by itself', async (t) => {
  const etcd = await start(t);
  const store = await open(t, { servers: etcd.urls });
  const seen: StoreEvent[] = [];
  const problems: Error[] = [];
  const from = await store.currentRevision();
  store.watch({
    prefix: '',
    after: from,
    onEvents: (events) => seen.push(...events),
    onError: (error) => problems.push(error),
  });
  await put(store, 'a', '1');
  await etcd.kill();
  const refused = [
    () => store.get('a'),
    () => store.list({ prefix: '' }),
    () => put(store, 'a', '2'),
    () => store.currentRevision(),
    () => store.size(),
  ];
  for (const ask of refused) {
    const error = await t.throwsAsync(ask());
    t.true(
      passing.some((reason) => hasReason(error, reason)),
      error!.message,
    );
    t.regex(error!.message, /^etcd: /);
  }
  await etcd.restart();
  await insist(() => put(store, 'b', '1'), passing);
  const last = await insist(() => put(store, 'c', '1'), passing);
  while ((seen.at(-1)?.revision ?? 0) < last) await new Promise((r) => setTimeout(r, 20));
  const revisions = seen.map(({ revision }) => revision);
  t.deepEqual(
    revisions,
    [...new Set(revisions)].sort((a, b) => a - b),
  );
  t.regex(show(seen), /^a=1.* b=1.* c=1/);
  t.deepEqual(problems, []);
});

test('of three members any one may go, and one that hangs holds nobody up for long', async (t) => {
  const etcd = await start(t, { members: 3 });
  const store = await open(t, { servers: etcd.urls });
  const seen: StoreEvent[] = [];
  const problems: Error[] = [];
  const onEvents = (events: readonly StoreEvent[]) => seen.push(...events);
  const after = await store.currentRevision();
  const onError = (error: Error) => problems.push(error);
  store.watch({ prefix: 'k', after, onEvents, onError });
  const done: string[] = [];
  const write = async (key: string) => {
    await insist(() => put(store, key, 'x'), passing);
    done.push(key);
    t.truthy((await insist(() => store.get(key), passing)).entry, key);
  };
  await write('k0');
  for (const member of [0, 1, 2]) {
    await etcd.kill(member);
    await write(`k${member}-dead`);
    await etcd.restart(member);
    await write(`k${member}-back`);
  }
  etcd.pause(0);
  await write('k-paused');
  etcd.resume(0);
  const arrived = () => new Set(seen.map(({ key }) => key));
  while (done.some((key) => !arrived().has(key))) await new Promise((r) => setTimeout(r, 50));
  const revisions = seen.map(({ revision }) => revision);
  t.deepEqual(
    revisions,
    [...new Set(revisions)].sort((a, b) => a - b),
    'once, in order',
  );
});

test('a watch that missed what was compacted meanwhile is Expired', async (t) => {
  const etcd = await start(t);
  const store = await open(t, { servers: etcd.urls });
  await put(store, 'a', '1');
  await put(store, 'a', '2');
  await store.compact(await store.currentRevision());
  const error = await new Promise<Error>((resolve) => {
    store.watch({ prefix: '', after: 2, onEvents: () => t.fail('saw a gap'), onError: resolve });
  });
  t.true(hasReason(error, 'Expired'));
});

test('clients come over TLS with their certificate, and not without', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), `wherry-tls-${process.pid}-`));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const files = makeCertificates(folder);
  const etcd = await start(t, { tls: files });
  const { ca, cert, key } = files;
  const tls = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
  const store = await open(t, { servers: etcd.urls, tls });
  await put(store, '/registry/pods/default/a', '1');
  t.is(
    etcd.etcdctl('get', '--prefix', '--keys-only', '/registry').trim(),
    '/registry/pods/default/a',
  );
  const refused = async (other: typeof tls | object, message: RegExp) => {
    const opening = openEtcdStore({ servers: etcd.urls, tls: other, connectMs: 500 });
    await t.throwsAsync(opening, { message });
  };
  const other = etcd.urls.map((url) => url.replace('127.0.0.1', 'localhost'));
  const opening = openEtcdStore({ servers: other, tls, connectMs: 500 });
  await t.throwsAsync(opening, { message: /altnames: Host: localhost/ });
  await refused({ ca: tls.ca }, /^open etcd at https:/);
  await refused({ cert: tls.cert, key: tls.key }, /^open etcd at https:.*certificate/);
});

test('a store that is not there is told by its address', async (t) => {
  const opening = openEtcdStore({ servers: ['http://127.0.0.1:1'], connectMs: 300 });
  await t.throwsAsync(opening, { message: /open etcd at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/ });
});

test('servers must be URLs of hosts', (t) => {
  t.deepEqual(
    parseServers(['http://a', 'https://[::1]:9999']).map(({ host }) => host),
    ['a:2379', '[::1]:9999'],
  );
  const error = t.throws(() => parseServers(['127.0.0.1:2379', 'ftp://x', 'http://a/b', '']));
  t.is(error!.message.split('\n').length, 4);
  t.throws(() => parseServers([]), { message: /names no server/ });
});

test('plain etcdctl shows the keys, and what it writes is seen', async (t) => {
  const etcd = await start(t);
  const prefix = { ours: '/registry', theirs: '/lab-1' };
  const store = await open(t, { servers: etcd.urls, prefix });
  await put(store, '/registry/pods/default/a', '1');
  t.is(etcd.etcdctl('get', '--prefix', '--keys-only', '/').trim(), '/lab-1/pods/default/a');
  etcd.etcdctl('put', '/lab-1/pods/default/b', '2');
  etcd.etcdctl('put', '/lab-10/pods/default/c', '3');
  const { entries } = await store.list({ prefix: '/registry/' });
  t.deepEqual(
    entries.map(({ key }) => key),
    ['/registry/pods/default/a', '/registry/pods/default/b'],
  );
});

test('an object that is too large for etcd is refused as such, and a full etcd says so', async (t) => {
  const etcd = await start(t, { flags: ['--quota-backend-bytes=4194304'] });
  const store = await open(t, { servers: etcd.urls });
  const tooLarge = await t.throwsAsync(put(store, 'a', 'x'.repeat(2_000_000)));
  t.true(hasReason(tooLarge, 'RequestEntityTooLarge'), tooLarge!.message);
  let full: Error | undefined;
  for (let index = 0; index < 60 && !full; index++) {
    await put(store, `k${index}`, 'x'.repeat(500_000)).catch((error) => {
      full = error;
    });
  }
  t.true(hasReason(full, 'InternalError'), full?.message);
  t.regex(full!.message, /database space exceeded/);
  t.truthy((await store.get('k0')).entry, 'reads go on');
});

/** A CA and one certificate for both sides, of 127.0.0.1. */
function makeCertificates(folder: string) {
  const path = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    ...['req', '-x509', ...key, '-keyout', path('ca.key'), '-out', path('ca.crt')],
    ...['-subj', '/CN=test-ca', '-days', '2'],
  );
  openssl(
    ...['req', '-x509', ...key, '-keyout', path('own.key'), '-out', path('own.crt')],
    ...['-subj', '/CN=test', '-days', '2', '-CA', path('ca.crt'), '-CAkey', path('ca.key')],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE'],
  );
  return { ca: path('ca.crt'), cert: path('own.crt'), key: path('own.key') };
}
