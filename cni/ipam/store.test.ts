/** What outlives a crash, and what a boot. */
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openAddressStore } from './store.ts';

function makeDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'wherry-ipam-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

const owner = (containerId: string) => ({ containerId, ifName: 'eth0' });
const held = (dir: string) => readdirSync(dir).filter((name) => name.startsWith('10.'));

test('reliability E8: after a boot all that was reserved before it is free again', (t) => {
  const dir = makeDir(t);
  const before = openAddressStore(dir, 'first');
  for (let host = 2; host < 255; host++) {
    t.true(before.reserve(`10.0.0.${host}`, owner(`pod-${host}`), 0));
  }
  t.is(held(dir).length, 253);
  openAddressStore(dir, 'first');
  t.is(held(dir).length, 253, 'the same boot');
  const after = openAddressStore(dir, 'second');
  t.deepEqual(held(dir), []);
  // The same container id, as podman has it after a boot.
  t.true(after.reserve('10.0.0.7', owner('pod-7'), 0));
  openAddressStore(dir, 'second');
  t.deepEqual(held(dir), ['10.0.0.7']);
  t.deepEqual(
    readdirSync(dir).filter((name) => name.startsWith('.')),
    ['.boot-second'],
  );
});

test('reliability E8: a clean-up that was killed half-way is finished by GC, and frees no others', (t) => {
  const dir = makeDir(t);
  const before = openAddressStore(dir, 'first');
  before.reserve('10.0.0.2', owner('a'), 0);
  before.reserve('10.0.0.3', owner('b'), 0);
  renameSync(join(dir, '.boot-first'), join(dir, '.ended-x'));
  rmSync(join(dir, '10.0.0.3'));
  const after = openAddressStore(dir, 'second');
  t.deepEqual(held(dir), []);
  after.reserve('10.0.0.3', owner('c'), 0);
  after.keepOnly([owner('c')]);
  t.deepEqual(held(dir), ['10.0.0.3']);
});

test('cni R18: what upstream wrote in this boot is left to GC, and an empty file too', (t) => {
  const dir = makeDir(t);
  const store = openAddressStore(dir, 'first');
  writeFileSync(join(dir, '10.0.0.2'), 'theirs\r\neth0');
  writeFileSync(join(dir, '10.0.0.3'), '');
  t.deepEqual(store.find(owner('theirs'), true), ['10.0.0.2']);
  t.deepEqual(store.keepOnly([owner('theirs')]), ['10.0.0.3']);
  store.release(owner('theirs'));
  t.deepEqual(held(dir), []);
});
