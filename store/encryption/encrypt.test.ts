import { createDecipheriv } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { startEtcd, type TestEtcd } from '../../test/helpers/etcd.ts';
import { openEtcdStore } from '../etcd/open.ts';
import { createMemoryStore } from '../memory.ts';
import { openSqliteStore } from '../sqlite/open.ts';
import type { Store } from '../store.ts';
import { collect, put, show } from '../suite-tools.ts';
import { parseEncryptionConfig } from './config.ts';
import { encryptStore, rewriteStale } from './encrypt.ts';
import { readVault } from './read.ts';
import { Vault } from './vault.ts';

const kinds = ['aesgcm', 'aescbc', 'secretbox'] as const;
const secretOf = (letter: string) => Buffer.alloc(32, letter).toString('base64');

/** `configOf('aesgcm', 'new', 'old', 'identity')`: providers of one kind, the first one writes. */
function configOf(kind: (typeof kinds)[number], ...names: string[]): object {
  const providers = names.map((name) => {
    if (name === 'identity') return { identity: {} };
    return { [kind]: { keys: [{ name, secret: secretOf(name[0]!) }] } };
  });
  return {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers }],
  };
}

const vaultOf = (kind: (typeof kinds)[number], ...names: string[]) =>
  Vault.create(parseEncryptionConfig(configOf(kind, ...names)));

const secret = '/registry/secrets/default/a';
const plain = '/registry/configmaps/default/a';
const canary = 'the canary of this test';

let etcd: TestEtcd;
test.before(async () => {
  etcd = await startEtcd();
});
test.after.always(() => etcd?.remove());

const backends: Readonly<Record<string, (t: ExecutionContext) => Promise<Store>>> = {
  memory: async () => createMemoryStore(),
  sqlite: (t) => openSqliteStore({ file: stateFile(t), onFatal: (error) => t.fail(error.message) }),
  etcd: async (t) => {
    const theirs = `/${t.title.replaceAll(' ', '-')}`;
    return openEtcdStore({ servers: etcd.urls, prefix: { ours: '/registry', theirs } });
  },
};

function stateFile(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), `wherry-vault-${process.pid}-`));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return join(folder, 'state.db');
}

for (const [backend, open] of Object.entries(backends)) {
  for (const kind of kinds) {
    test(`apiserver A109: ${kind} keeps Secrets sealed on ${backend}, and shows them whole`, async (t) => {
      const raw = await open(t);
      t.teardown(() => raw.close());
      const store = encryptStore(raw, await vaultOf(kind, 'key1', 'identity'));
      const from = await store.currentRevision();
      const watched = collect(store, 4, from, '/registry/');
      await put(store, secret, canary);
      await put(store, plain, canary);
      await put(store, secret);
      await put(store, secret, canary);
      t.is(Buffer.from((await store.get(secret)).entry!.value).toString(), canary);
      t.regex(show((await store.list({ prefix: '/registry/secrets/' })).entries), /=the canary/);
      const events = await watched;
      t.deepEqual(
        events.map(({ value }) => value && Buffer.from(value).toString()),
        [canary, canary, undefined, canary],
      );
      const stored = Buffer.from((await raw.get(secret)).entry!.value);
      t.true(stored.toString('latin1').startsWith(`k8s:enc:${kind}:v1:key1:`));
      t.false(stored.includes('canary'));
      t.is(Buffer.from((await raw.get(plain)).entry!.value).toString(), canary);
    });
  }
}

test('security A6: no file of the store holds a Secret in plain, its journal neither', async (t) => {
  const file = stateFile(t);
  const raw = await openSqliteStore({ file, onFatal: (error) => t.fail(error.message) });
  t.teardown(() => raw.close());
  const store = encryptStore(raw, await vaultOf('secretbox', 'key1'));
  for (let index = 0; index < 50; index++) await put(store, `${secret}-${index}`, canary);
  const look = () => [file, `${file}-wal`].map((path) => readFileSync(path).includes(canary));
  t.deepEqual(look(), [false, false]);
  await put(store, plain, canary);
  t.true(look().includes(true), 'the search finds what is there');
});

test('security A6: a new key is used at once, the old one can go after the next start', async (t) => {
  const raw = createMemoryStore();
  const start = async (...names: string[]) => {
    const vault = await vaultOf('aesgcm', ...names);
    const count = await rewriteStale(raw, vault);
    return { store: encryptStore(raw, vault), count };
  };
  const show = async (store: Store) =>
    Buffer.from((await store.get(secret)).entry!.value).toString();
  const first = await start('identity');
  await put(first.store, secret, canary);
  const second = await start('old', 'identity');
  t.deepEqual([second.count, await show(second.store)], [1, canary]);
  const third = await start('new', 'old');
  t.deepEqual([third.count, await show(third.store)], [1, canary]);
  const fourth = await start('new');
  t.deepEqual([fourth.count, await show(fourth.store)], [0, canary]);
  const back = await start('identity', 'new');
  t.deepEqual([back.count, await show(back.store)], [1, canary]);
  t.is(Buffer.from((await raw.get(secret)).entry!.value).toString(), canary);
});

test('security A6: a missing or a wrong key refuses the start, and says which it is', async (t) => {
  const raw = createMemoryStore();
  await put(encryptStore(raw, await vaultOf('aesgcm', 'key1')), secret, canary);
  const openWith = async (vault: Vault) => {
    await rewriteStale(raw, vault);
    await encryptStore(raw, vault).list({ prefix: '/registry/' });
  };
  const refused = async (vault: Promise<Vault>, message: RegExp) =>
    t.throwsAsync(openWith(await vault), { message });
  await refused(
    vaultOf('aesgcm', 'other'),
    /secrets\/default\/a.*aesgcm key "key1".*not configured/,
  );
  await refused(vaultOf('secretbox', 'key1'), /aesgcm key "key1", which is not configured/);
  await refused(Vault.create([]), /aesgcm key "key1", which is not configured/);
  const wrong = structuredClone(configOf('aesgcm', 'key1')) as ReturnType<typeof JSON.parse>;
  wrong.resources[0].providers[0].aesgcm.keys[0].secret = secretOf('x');
  await refused(
    Vault.create(parseEncryptionConfig(wrong)),
    /the secret of aesgcm key "key1" is not/,
  );
});

test('a value that was moved, changed or cut is refused', async (t) => {
  for (const kind of ['aesgcm', 'secretbox'] as const) {
    const vault = await vaultOf(kind, 'key1');
    const sealed = vault.seal(secret, Buffer.from(canary));
    t.is(Buffer.from(vault.open(secret, sealed).value).toString(), canary);
    const changed = Buffer.from(sealed);
    changed[changed.length - 1]! ^= 1;
    t.throws(() => vault.open(secret, changed), { message: /Could not decrypt/ });
    for (const length of [30, 40, sealed.length - 1]) {
      t.throws(() => vault.open(secret, sealed.subarray(0, length)), { message: /Could not/ });
    }
  }
  const vault = await vaultOf('aesgcm', 'key1');
  const moved = vault.seal(secret, Buffer.from(canary));
  t.throws(() => vault.open('/registry/secrets/default/b', moved), { message: /Could not/ });
  t.throws(() => vault.open(secret, Buffer.from('{}')), { message: /not encrypted/ });
});

test("aesgcm has upstream's layout: nonce, text, tag, for the key of the store", async (t) => {
  const vault = await vaultOf('aesgcm', 'key1');
  const sealed = Buffer.from(vault.seal(secret, Buffer.from(canary)));
  const body = sealed.subarray('k8s:enc:aesgcm:v1:key1:'.length);
  const decipher = createDecipheriv('aes-256-gcm', Buffer.alloc(32, 'k'), body.subarray(0, 12));
  decipher.setAAD(Buffer.from(secret)).setAuthTag(body.subarray(-16));
  t.is(`${decipher.update(body.subarray(12, -16))}${decipher.final()}`, canary);
});

test('the first rule that has a resource counts, wildcards too', async (t) => {
  const rule = (resource: string, name: string) => ({
    resources: [resource],
    providers: [{ aesgcm: { keys: [{ name, secret: secretOf('k') }] } }, { identity: {} }],
  });
  const config = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [rule('secrets', 'a'), rule('*.apps', 'b'), rule('*.', 'c'), rule('*.*', 'd')],
  };
  const vault = await Vault.create(parseEncryptionConfig(config));
  const keyOf = (resource: string) =>
    Buffer.from(vault.seal(`/registry/${resource}/x`, Buffer.from('')))
      .toString('latin1')
      .split(':')[4];
  const resources = ['secrets', 'deployments.apps', 'pods', 'jobs.batch', 'x.apps.example.com'];
  t.deepEqual(resources.map(keyOf), ['a', 'b', 'c', 'd', 'd']);
});

const wrong: Readonly<Record<string, (config: ReturnType<typeof JSON.parse>) => void>> = {
  'kind: must be EncryptionConfiguration': (config) => {
    config.kind = 'Config';
  },
  'apiVersion: must be apiserver.config.k8s.io/v1': (config) => {
    config.apiVersion = 'v1';
  },
  'resources: must be a list with something in it': (config) => {
    config.resources = [];
  },
  'resources[0].resources: names no resource': (config) => {
    config.resources[0].resources = undefined;
  },
  'resources[0].providers[0]: KMS plugins are not supported': (config) => {
    config.resources[0].providers = [{ kms: { apiVersion: 'v2', name: 'x' } }];
  },
  'resources[0].providers[0]: unknown provider rot13': (config) => {
    config.resources[0].providers = [{ rot13: {} }];
  },
  'resources[0].providers[0].aesgcm.keys[0].secret: must be 16 or 24 or 32 bytes in base64': (
    config,
  ) => {
    config.resources[0].providers[0].aesgcm.keys[0].secret = 'c2hvcnQ=';
  },
  'resources[0].providers[0].aesgcm.keys[0].name: must be a text without a colon': (config) => {
    config.resources[0].providers[0].aesgcm.keys[0].name = 'a:b';
  },
  'resources[0].providers[0].aesgcm.keys: a name comes twice': (config) => {
    const { keys } = config.resources[0].providers[0].aesgcm;
    keys.push(keys[0]);
  },
  'resources[0].providers[0]: must have exactly one of aescbc, aesgcm, secretbox, identity': (
    config,
  ) => {
    config.resources[0].providers = [{ identity: {}, aesgcm: {} }];
  },
};

for (const [message, change] of Object.entries(wrong)) {
  test(`a configuration is refused: ${message}`, (t) => {
    const config = structuredClone(configOf('aesgcm', 'key1'));
    change(config);
    t.throws(() => parseEncryptionConfig(config), { message });
  });
}

test('a file that is not there, or no YAML, is refused by its name', async (t) => {
  const file = `${stateFile(t)}.yaml`;
  await t.throwsAsync(readVault(file), { message: /--encryption-provider-config=.*ENOENT/ });
  writeFileSync(file, 'a: [');
  await t.throwsAsync(readVault(file), { message: /--encryption-provider-config=/ });
  writeFileSync(file, JSON.stringify(configOf('secretbox', 'key1')));
  t.deepEqual((await readVault(file)).prefixes, ['/registry/secrets/']);
});
