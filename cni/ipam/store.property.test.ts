/** The allocator against a dumb twin: a Map of what is held. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { parseNetworkConf } from '../config.ts';
import { hasCniCode } from '../error.ts';
import { createHost } from '../plugin.ts';
import { hostLocal } from '../plugins/host-local/apply.ts';
import { toRequest } from '../request.ts';
import { openAddressStore } from './store.ts';

const host = createHost(); // Never opened: addresses need no kernel.
const sizes = { '10.7.0.0/29': 5 } as const;

const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), id: fc.nat(7) }),
  fc.record({ kind: fc.constant('del' as const), id: fc.nat(7) }),
  fc.record({ kind: fc.constant('gc' as const), keep: fc.uniqueArray(fc.nat(7)) }),
);

function requestOf(dataDir: string, id: number, valid: readonly number[] = []) {
  const conf = {
    cniVersion: '1.1.0',
    name: 'net',
    type: 'host-local',
    ipam: { type: 'host-local', dataDir, ranges: [[{ subnet: '10.7.0.0/29' }]] },
    'cni.dev/valid-attachments': valid.map((each) => ({ containerID: `c${each}`, ifname: 'eth0' })),
  };
  const env = { CNI_CONTAINERID: `c${id}`, CNI_IFNAME: 'eth0', CNI_NETNS: '/x' };
  return (command: 'ADD' | 'DEL' | 'GC') =>
    toRequest(command, env, parseNetworkConf(JSON.stringify(conf)));
}

const indexOf = (dir: string) =>
  join(dir, readdirSync(dir).find((name) => name.startsWith('.boot-')) ?? '');

test('no address is held twice, and all are allocatable once they are released', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const dataDir = mkdtempSync(join(tmpdir(), `wherry-ipam-${process.pid}-`));
      try {
        const held = new Map<number, string>();
        for (const each of steps) {
          if (each.kind === 'add') await addOne(dataDir, each.id, held);
          else if (each.kind === 'del') {
            await hostLocal.del(requestOf(dataDir, each.id)('DEL'), host);
            held.delete(each.id);
          } else {
            await hostLocal.gc(requestOf(dataDir, 0, each.keep)('GC'), host);
            for (const id of held.keys()) if (!each.keep.includes(id)) held.delete(id);
          }
          const files = readdirSync(join(dataDir, 'net')).filter((name) => name.startsWith('10.'));
          t.deepEqual(files.sort(), [...held.values()].sort());
          t.is(readdirSync(indexOf(join(dataDir, 'net'))).length, held.size);
        }
        for (const id of held.keys()) await hostLocal.del(requestOf(dataDir, id)('DEL'), host);
        held.clear();
        for (let id = 10; id < 15; id++) await addOne(dataDir, id, held);
        t.is(held.size, sizes['10.7.0.0/29']);
        // Each twice: the second time it is also the last that was given.
        for (const id of [10, 10, 11, 11, 12, 12, 13, 13, 14, 14]) {
          await hostLocal.del(requestOf(dataDir, id)('DEL'), host);
          held.delete(id);
          await addOne(dataDir, id, held); // The only one that is free, wherever the round stands.
          t.true(held.has(id));
        }
      } finally {
        rmSync(dataDir, { recursive: true });
      }
    }),
    { numRuns: 60 },
  );
});

async function addOne(dataDir: string, id: number, held: Map<number, string>): Promise<void> {
  try {
    const { ips } = await hostLocal.add(requestOf(dataDir, id)('ADD'), host);
    const address = ips[0]?.address.split('/')[0] ?? '';
    if (held.has(id)) throw new Error(`c${id} has an address already`);
    if ([...held.values()].includes(address)) throw new Error(`${address} was given out twice`);
    held.set(id, address);
  } catch (error) {
    const isRight = held.has(id)
      ? hasCniCode(error, 'addressTaken')
      : hasCniCode(error, 'tryAgainLater') && held.size === 5;
    if (!isRight) throw error;
  }
}

test('keepOnly frees what a crash left: empty and half files, attempts, other owners', (t) => {
  const dir = mkdtempSync(join(tmpdir(), `wherry-ipam-${process.pid}-`));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const store = openAddressStore(dir);
  const alive = { containerId: 'alive', ifName: 'eth0' };
  t.true(store.reserve('10.0.0.2', alive, 0));
  t.true(store.reserve('10.0.0.3', { containerId: 'dead', ifName: 'eth0' }, 0));
  writeFileSync(join(dir, '10.0.0.4'), '');
  writeFileSync(join(dir, '10.0.0.5'), 'ali');
  writeFileSync(join(dir, '10.0.0.6'), 'alive'); // As the oldest upstream version wrote it.
  writeFileSync(join(indexOf(dir), 'dead@eth0@1=10.0.0.7'), '');
  writeFileSync(join(dir, 'lock'), '');
  t.deepEqual(store.keepOnly([alive]).sort(), ['10.0.0.3', '10.0.0.4', '10.0.0.5']);
  t.deepEqual(readdirSync(dir).sort(), [
    indexOf(dir).slice(dir.length + 1),
    '10.0.0.2',
    '10.0.0.6',
    'last_reserved_ip.0',
    'lock',
  ]);
  t.deepEqual(readdirSync(indexOf(dir)), ['alive@eth0@0=10.0.0.2']);
});

test('of two who want one address, the second is refused and can have another', (t) => {
  const dir = mkdtempSync(join(tmpdir(), `wherry-ipam-${process.pid}-`));
  t.teardown(() => rmSync(dir, { recursive: true }));
  // Two stores, as two processes have them, that both saw the address free.
  const [one, two] = [openAddressStore(dir), openAddressStore(dir)];
  const first = { containerId: 'first', ifName: 'eth0' };
  const second = { containerId: 'second', ifName: 'eth0' };
  t.true(one.reserve('10.0.0.2', first, 0));
  t.false(two.reserve('10.0.0.2', second, 0));
  t.deepEqual(two.find(second, true), []);
  t.true(two.reserve('10.0.0.3', second, 0));
  t.deepEqual(two.find(second, false), ['10.0.0.3']);
  two.release(second);
  t.deepEqual(one.find(first, false), ['10.0.0.2']);
});

test('an address of upstream, without an entry in the index, is found and released', (t) => {
  const dir = mkdtempSync(join(tmpdir(), `wherry-ipam-${process.pid}-`));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const store = openAddressStore(dir);
  writeFileSync(join(dir, '10.0.0.9'), 'pod\r\neth0');
  const owner = { containerId: 'pod', ifName: 'eth0' };
  t.deepEqual(store.find(owner, true), ['10.0.0.9']);
  store.release(owner);
  t.false(store.isTaken('10.0.0.9'));
  store.release(owner); // Twice does no harm.
});

test('a long container id keeps within the length of a file name', (t) => {
  const dir = mkdtempSync(join(tmpdir(), `wherry-ipam-${process.pid}-`));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const store = openAddressStore(dir);
  const owner = { containerId: 'x'.repeat(1000), ifName: 'eth0' };
  t.true(store.reserve('10.0.0.9', owner, 0));
  t.deepEqual(store.find(owner, false), ['10.0.0.9']);
});
