import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { type EnsurePkiOptions, ensurePki, pkiPaths } from './apply.ts';

const start = Date.UTC(2030, 0, 1);
const day = 86_400_000;

function setUp(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), `wherry-pki-${process.pid}-`));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const issued: string[] = [];
  const ensure = (changes: Partial<EnsurePkiOptions> = {}) => {
    issued.length = 0;
    return ensurePki({
      dir,
      nodeName: 'node-1',
      nodeAddresses: ['10.0.0.5', 'fd00::5', '127.0.0.1'],
      serviceCidrFirstAddress: '10.43.0.1',
      domain: 'cluster.local',
      now: () => start,
      onIssue: (name) => issued.push(name),
      ...changes,
    });
  };
  return { dir, issued, ensure };
}

const read = (path: string) => readFileSync(path, 'utf8');
const certificate = (path: string) => new X509Certificate(read(path));

test('ensurePki makes all there is to make, once', async (t) => {
  const { dir, issued, ensure } = setUp(t);
  await ensure();
  t.is(issued.length, 11);
  const before = readdirSync(dir).map((name) => [name, read(join(dir, name))]);
  await ensure({ now: () => start + 300 * day });
  t.deepEqual(issued, []);
  t.deepEqual(
    readdirSync(dir).map((name) => [name, read(join(dir, name))]),
    before,
  );
});

test('ensurePki keeps keys and directory to their owner', async (t) => {
  const { dir, ensure } = setUp(t);
  await ensure();
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  t.is(mode(dir), '700');
  const keys = readdirSync(dir).filter((name) => name.endsWith('.key'));
  t.is(keys.length, 12);
  for (const key of keys) t.is(mode(join(dir, key)), '600', key);
});

test('every certificate is signed by the CA and ends after a year', async (t) => {
  const { dir, ensure } = setUp(t);
  const { ca } = await ensure();
  const authority = certificate(ca.cert);
  t.true(authority.ca);
  for (const name of readdirSync(dir).filter((each) => each.endsWith('.crt'))) {
    const each = certificate(join(dir, name));
    t.true(each.checkIssued(authority) && each.verify(authority.publicKey), name);
    if (name !== 'ca.crt') t.is(each.validToDate.getTime(), start + 365 * day);
  }
});

test('ensurePki renews leaves in their last 30 days, and keeps the CA', async (t) => {
  const { issued, ensure } = setUp(t);
  const { ca } = await ensure();
  const before = read(ca.cert);
  await ensure({ now: () => start + 336 * day });
  t.is(issued.length, 10);
  t.is(read(ca.cert), before);
});

test('a CA near its end is renewed on its own key, so that what it signed stays valid', async (t) => {
  const { issued, ensure } = setUp(t);
  const { ca } = await ensure();
  const [before, key] = [read(ca.cert), read(ca.key)];
  await ensure({ now: () => start + 3_630 * day });
  t.is(read(ca.key), key);
  t.not(read(ca.cert), before);
  t.true(issued.includes('ca'));
});

test('ensurePki follows a new address with the two serving certificates alone', async (t) => {
  const { issued, ensure } = setUp(t);
  await ensure();
  await ensure({ nodeAddresses: ['10.0.0.6'] });
  t.deepEqual(issued, ['apiserver', 'kubelet']);
  await ensure({ nodeAddresses: ['10.0.0.6'] });
  t.deepEqual(issued, []);
});

test('a key that does not fit its certificate, or is lost, is made anew with it', async (t) => {
  const { issued, ensure } = setUp(t);
  const paths = await ensure();
  writeFileSync(paths.admin.key, read(paths.proxy.key));
  rmSync(paths.dns.key);
  writeFileSync(paths.scheduler.key, 'not a key');
  await ensure();
  t.deepEqual(issued, ['admin', 'scheduler', 'dns']);
});

test('ensurePki refuses to replace a CA whose key is lost', async (t) => {
  const { ensure } = setUp(t);
  const { ca } = await ensure();
  rmSync(ca.key);
  await t.throwsAsync(() => ensure(), { message: /ca\.key is missing/ });
});

test('ensurePki says which file is no certificate', async (t) => {
  const { ensure } = setUp(t);
  const { ca } = await ensure();
  writeFileSync(ca.cert, 'rubbish');
  await t.throwsAsync(() => ensure(), { message: /ca\.crt is no certificate/ });
});

test('the service-account key survives, and its public half can be had again', async (t) => {
  const { ensure } = setUp(t);
  const { serviceAccount } = await ensure();
  const { publicKey, privateKey } = serviceAccount;
  const [before, secret] = [read(publicKey), read(privateKey)];
  rmSync(publicKey);
  await ensure();
  t.is(read(publicKey), before);
  t.is(read(privateKey), secret);
});

test('TLS accepts the certificates at both ends', async (t) => {
  const { dir, ensure } = setUp(t);
  await ensure({ now: Date.now });
  const { ca, apiserver, agent } = pkiPaths(dir);
  const server = createServer({
    cert: read(apiserver.cert),
    key: read(apiserver.key),
    ca: read(ca.cert),
    requestCert: true,
  });
  t.teardown(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({
    port,
    host: '127.0.0.1',
    servername: 'kubernetes.default.svc.cluster.local',
    ca: read(ca.cert),
    cert: read(agent.cert),
    key: read(agent.key),
  });
  const [socket] = (await once(server, 'secureConnection')) as [TLSSocket];
  t.true(socket.authorized);
  t.is(socket.getPeerCertificate().subject.CN, 'system:node:node-1');
  client.destroy();
});
