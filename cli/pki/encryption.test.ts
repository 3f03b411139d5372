import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readVault } from '../../store/encryption/read.ts';
import { encryptionFile, ensureEncryptionConfig } from './encryption.ts';

test('an instance gets a key of its own, once, that nobody else can read', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), `wherry-encryption-${process.pid}-`));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [first, second] = [join(folder, 'a'), join(folder, 'b')];
  for (const pki of [first, first, second]) await ensureEncryptionConfig(pki);
  const textOf = (pki: string) => readFileSync(encryptionFile(pki), 'utf8');
  const before = textOf(first);
  await ensureEncryptionConfig(first);
  t.is(textOf(first), before);
  t.not(textOf(second), before);
  t.is(statSync(encryptionFile(first)).mode & 0o777, 0o600);
  t.is(statSync(first).mode & 0o777, 0o700);
  const vault = await readVault(encryptionFile(first));
  const key = '/registry/secrets/default/a';
  const sealed = Buffer.from(vault.seal(key, Buffer.from('canary')));
  t.true(sealed.toString('latin1').startsWith('k8s:enc:secretbox:v1:key1:'));
  t.false(vault.open(key, Buffer.from('plain')).value.length === 0, 'reads what was plain before');
});
