import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseFlags } from '../../base/config.ts';
import { encryptStore } from '../../store/encryption/encrypt.ts';
import { readVault } from '../../store/encryption/read.ts';
import { openEtcdStore } from '../../store/etcd/open.ts';
import { openSqliteStore } from '../../store/sqlite/open.ts';
import { listAll, put } from '../../store/suite-tools.ts';
import { startEtcd, type TestEtcd } from '../../test/helpers/etcd.ts';
import type { Command } from '../command.ts';
import { backup } from '../commands/backup.ts';
import { etcd } from '../commands/etcd.ts';
import { restore } from '../commands/restore.ts';

let real: TestEtcd;
test.before(async () => {
  real = await startEtcd();
});
test.after.always(() => real?.remove());

function makeFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), `wherry-backup-${process.pid}-`));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Runs a command as `main` does; resolves with what it printed. */
async function run(command: Command, ...words: string[]): Promise<string> {
  const { config, positionals } = parseFlags(command.flags, words);
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const surroundings = { print, env: {}, self: ['', ''], isTerminal: false } as never;
  await command.run(config as never, positionals, surroundings);
  return lines.join('\n');
}

const secret = '/registry/secrets/default/s';
const config = {
  apiVersion: 'apiserver.config.k8s.io/v1',
  kind: 'EncryptionConfiguration',
  resources: [
    {
      resources: ['secrets'],
      providers: [
        { aesgcm: { keys: [{ name: 'k', secret: Buffer.alloc(32, 7).toString('base64') }] } },
      ],
    },
  ],
};

/** An instance's root with a live server's store in it: a ConfigMap, a Secret, and a key file. */
async function makeRoot(t: ExecutionContext) {
  const root = join(makeFolder(t), 'root');
  mkdirSync(join(root, 'pki'), { recursive: true });
  const keyFile = join(root, 'pki', 'encryption.yaml');
  writeFileSync(keyFile, JSON.stringify(config), { mode: 0o600 });
  writeFileSync(join(root, 'pki', 'ca.key'), 'the key of the CA', { mode: 0o600 });
  const file = join(root, 'state.db');
  const raw = await openSqliteStore({ file, onFatal: (error) => t.fail(error.message) });
  t.teardown(() => raw.close());
  const store = encryptStore(raw, await readVault(keyFile));
  await put(store, '/registry/configmaps/default/a', '{"data":{"x":"1"}}');
  await put(store, secret, '{"data":{"p":"canary"}}');
  await put(store, '/registry/configmaps/default/a', '{"data":{"x":"2"}}');
  await put(store, '/registry/configmaps/default/gone', '{}');
  await put(store, '/registry/configmaps/default/gone');
  return { root, store, keyFile };
}

async function readRoot(t: ExecutionContext, root: string): Promise<string> {
  const file = join(root, 'state.db');
  const raw = await openSqliteStore({ file, onFatal: (error) => t.fail(error.message) });
  const store = encryptStore(raw, await readVault(join(root, 'pki', 'encryption.yaml')));
  const text = `${await listAll(store)} at ${await store.currentRevision()}`;
  await store.close();
  return text;
}

const whole =
  '/registry/configmaps/default/a={"data":{"x":"2"}}@3 ' +
  '/registry/secrets/default/s={"data":{"p":"canary"}}@2 at 5';

test('etcd ls and get show the state of a running instance, Secrets only with their key', async (t) => {
  const { root, keyFile } = await makeRoot(t);
  t.is(await run(etcd, 'ls', `--root=${root}`), `/registry/configmaps/default/a\n${secret}`);
  t.is(await run(etcd, 'ls', '/registry/secrets', `--root=${root}`), secret);
  const shown = await run(etcd, 'get', '/registry/configmaps/default/a', `--root=${root}`);
  t.deepEqual(JSON.parse(shown), { data: { x: '2' } });
  const sealed = run(etcd, 'get', secret, `--root=${root}`);
  await t.throwsAsync(sealed, { message: /is encrypted by aesgcm key "k".*FILE shows it/ });
  const words = ['get', secret, `--root=${root}`, `--encryption-provider-config=${keyFile}`];
  t.deepEqual(JSON.parse(await run(etcd, ...words)), { data: { p: 'canary' } });
  await t.throwsAsync(run(etcd, 'get', '/registry/x', `--root=${root}`), {
    message: /no such key/,
  });
  await t.throwsAsync(run(etcd, 'ls', `--root=${root}-not`), { message: /open/ });
});

test('etcd ls and get show the same of a real etcd', async (t) => {
  const flags = [`--etcd-servers=${real.urls.join()}`, '--etcd-prefix=/looked-at'];
  const prefix = { ours: '/registry', theirs: '/looked-at' };
  const store = await openEtcdStore({ servers: real.urls, prefix });
  t.teardown(() => store.close());
  await put(store, '/registry/pods/default/a', '{"x":1}');
  t.is(await run(etcd, 'ls', ...flags), '/registry/pods/default/a');
  t.is(await run(etcd, 'get', '/registry/pods/default/a', ...flags), '{\n  "x": 1\n}');
});

test('a backup of a running instance is restored into an empty root, byte for byte', async (t) => {
  const { root, store } = await makeRoot(t);
  const file = join(makeFolder(t), 'backup.tar');
  t.is(await run(backup, file, `--root=${root}`), `wrote revision 5 to ${file}`);
  t.is(statSync(file).mode & 0o777, 0o600);
  t.false(readFileSync(file).includes('canary'), 'Secrets stay encrypted');
  await put(store, '/registry/configmaps/default/later', '{}');
  const again = join(makeFolder(t), 'again');
  t.regex(await run(restore, file, `--root=${again}`), /^restored revision 5 of 20/);
  t.is(await readRoot(t, again), whole);
  t.is(readFileSync(join(again, 'pki', 'ca.key'), 'utf8'), 'the key of the CA');
  t.is(statSync(join(again, 'pki', 'ca.key')).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(again).sort(), ['pki', 'state.db', 'state.db.lock'].sort());
  const listed = execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).trim().split('\n');
  t.deepEqual(listed.sort(), [
    'SHA256SUMS',
    'backup.json',
    'pki/ca.key',
    'pki/encryption.yaml',
    'state.db',
  ]);
});

test('a backup can go from a file to an etcd and back', async (t) => {
  const { root } = await makeRoot(t);
  const folder = makeFolder(t);
  const first = join(folder, 'first.tar');
  await run(backup, first, `--root=${root}`);
  const flags = [`--etcd-servers=${real.urls.join()}`, '--etcd-prefix=/moved'];
  const other = join(folder, 'other');
  t.regex(await run(restore, first, `--root=${other}`, ...flags), /new revisions/);
  t.is(await run(etcd, 'ls', ...flags), `/registry/configmaps/default/a\n${secret}`);
  const occupied = run(restore, first, `--root=${other}-2`, ...flags);
  await t.throwsAsync(occupied, { message: /holds a state already .*--force/ });
  const second = join(folder, 'second.tar');
  await run(backup, second, `--root=${other}`, ...flags);
  const back = join(folder, 'back');
  await run(restore, second, `--root=${back}`);
  const text = await readRoot(t, back);
  t.is(text.replaceAll(/@\d+| at \d+/g, ''), whole.replaceAll(/@\d+| at \d+/g, ''));
  await run(restore, first, `--root=${other}`, '--force', ...flags);
});

test('what is there is neither overwritten nor half replaced', async (t) => {
  const { root, store } = await makeRoot(t);
  const file = join(makeFolder(t), 'backup.tar');
  await run(backup, file, `--root=${root}`);
  await t.throwsAsync(run(backup, file, `--root=${root}`), { message: /there already: --force/ });
  await t.throwsAsync(run(restore, file, `--root=${root}`), {
    message: /a state already.*--force/,
  });
  await put(store, '/registry/configmaps/default/later', '{}');
  await store.close();
  await run(restore, file, `--root=${root}`, '--force');
  t.is(await readRoot(t, root), whole);
});

const spoilt: Readonly<Record<string, (file: string) => void>> = {
  'cut in the middle': (file) => truncateSync(file, statSync(file).size / 2),
  'without its end': (file) => truncateSync(file, statSync(file).size - 3 * 512),
  'with a byte changed': (file) => {
    const bytes = readFileSync(file);
    bytes[bytes.indexOf('the key of the CA')]! ^= 1;
    writeFileSync(file, bytes);
  },
  'that is none': (file) => writeFileSync(file, 'hello'),
  'that is empty': (file) => writeFileSync(file, ''),
};

for (const [what, spoil] of Object.entries(spoilt)) {
  test(`a backup ${what} is refused, and leaves nothing behind`, async (t) => {
    const { root } = await makeRoot(t);
    const file = join(makeFolder(t), 'backup.tar');
    await run(backup, file, `--root=${root}`);
    spoil(file);
    const target = join(makeFolder(t), 'target');
    const restoring = run(restore, file, `--root=${target}`);
    await t.throwsAsync(restoring, { message: /backup.tar is no backup that can be restored: / });
    t.deepEqual(existsSync(target) ? readdirSync(target) : [], []);
  });
}

test('an archive cannot write outside of the root', async (t) => {
  const folder = makeFolder(t);
  mkdirSync(join(folder, 'pki'));
  writeFileSync(join(folder, 'backup.json'), JSON.stringify({ format: 1, kind: 'file' }));
  writeFileSync(join(folder, 'evil'), 'x');
  const file = join(folder, 'evil.tar');
  const words = [
    '-cf',
    file,
    '-C',
    folder,
    'backup.json',
    '--transform=s#evil#pki/../../evil#',
    'evil',
  ];
  execFileSync('tar', words, { stdio: 'pipe' });
  const target = join(folder, 'target');
  await t.throwsAsync(run(restore, file, `--root=${target}`), { message: /it holds "pki\/\.\.\// });
});
