/** The netlink layer against the kernel, between two network namespaces of the test's own. */
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { hasCode } from '../../base/errors.ts';
import { kernel } from '../../native/index.ts';
import * as netlink from '../../native/netlink.ts';
import {
  type NetlinkSocket,
  openNetlink,
  parseAddresses,
  parseLinks,
  parseRoutes,
} from '../../native/netlink.ts';
import { run } from '../../native/run.ts';

interface Netns {
  readonly path: string;
  readonly fd: number;
  readonly socket: NetlinkSocket;
}

async function createTwo(t: ExecutionContext): Promise<[Netns, Netns]> {
  const dir = mkdtempSync(join(tmpdir(), `wherry-native-${process.pid}-`));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const make = async (name: string): Promise<Netns> => {
    const path = join(dir, name);
    await kernel.createNetns(path);
    t.teardown(() => kernel.umount(path, 2));
    const fd = openSync(path, 'r');
    t.teardown(() => closeSync(fd));
    const socket = await openNetlink(netlink.netlinkRoute, path);
    t.teardown(() => socket.close());
    return { path, fd, socket };
  };
  return [await make('host'), await make('pod')];
}

test('createNetns makes a namespace with lo up and nothing else', async (t) => {
  const [host] = await createTwo(t);
  const links = parseLinks(await host.socket.send(netlink.getLinks()));
  t.deepEqual(
    links.map(({ name, isUp, index }) => ({ name, isUp, index })),
    [{ name: 'lo', isUp: true, index: 1 }],
  );
  const again = await t.throwsAsync(kernel.createNetns(host.path));
  t.true(hasCode(again, 'EEXIST'));
});

test('a bridge, a veth whose peer is born in the pod, addresses and routes', async (t) => {
  const [host, pod] = await createTwo(t);
  const mac = '0a:58:0a:09:00:05';
  await host.socket.send(netlink.createBridge({ name: 'br0', mac: '0a:58:0a:09:00:01' }));
  const [bridge] = parseLinks(await host.socket.send(netlink.getLink({ name: 'br0' })));
  t.like(bridge, { name: 'br0', isUp: true, kind: 'bridge', mac: '0a:58:0a:09:00:01' });
  const peer = { name: 'eth0', mac, netnsFd: pod.fd };
  const replies = await host.socket.send(
    netlink.addAddress({ index: bridge!.index, address: '10.9.0.1/24' }),
    netlink.createVeth({ name: 'veth1', mtu: 1400, master: bridge!.index, peer }),
    netlink.setPort({ name: 'veth1' }, { isHairpin: true }),
    netlink.getLink({ name: 'veth1' }),
  );
  const index = parseLinks(replies)[0]!.peerIndex!;
  await pod.socket.send(
    netlink.setLink({ index }, { isUp: true }),
    netlink.addAddress({ index, address: '10.9.0.5/24' }),
    netlink.addAddress({ index, address: 'fd09::5/64', noDad: true }),
    netlink.addRoute({ destination: '0.0.0.0/0', gateway: '10.9.0.1', index, mtu: 1300 }),
    netlink.addRoute({ destination: '::/0', gateway: 'fd09::1', index }),
  );
  const [eth0] = parseLinks(await pod.socket.send(netlink.getLink({ name: 'eth0' })));
  t.like(eth0, { index, mac, mtu: 1400, isUp: true, kind: 'veth' });
  const addresses = parseAddresses(await pod.socket.send(netlink.getAddresses(index)));
  t.true(addresses.some(({ address, isTentative }) => address === 'fd09::5/64' && !isTentative));
  t.true(addresses.some(({ address }) => address === '10.9.0.5/24'));
  const routes = parseRoutes(await pod.socket.send(netlink.getRoutes()));
  t.like(
    routes.find(({ destination }) => destination === '0.0.0.0/0'),
    { gateway: '10.9.0.1', index, table: 254, type: 1 },
  );
  t.like(
    routes.find(({ destination }) => destination === '::/0'),
    { gateway: 'fd09::1', index },
  );
  const { code } = await run('nsenter', [
    `--net=${pod.path}`,
    ...['busybox', 'ping', '-c', '1', '-W', '2', '10.9.0.1'],
  ]);
  t.is(code, 0, 'packets flow');
});

test('a failed message of a batch says why, and does not stop those after it', async (t) => {
  const [host] = await createTwo(t);
  const outcomes = await host.socket.transact([
    netlink.createBridge({ name: 'br0' }),
    netlink.createBridge({ name: 'br0' }),
    netlink.setLink({ name: 'no-such' }, { isUp: true }),
    netlink.addRoute({ destination: '10.0.0.0/8', gateway: '10.1.1.1' }),
    netlink.createBridge({ name: 'br1' }),
  ]);
  t.deepEqual(
    outcomes.map(({ error }) => error?.code),
    [undefined, 'EEXIST', 'ENODEV', 'ENETUNREACH', undefined],
  );
  t.regex(outcomes[3]?.error?.message ?? '', /Nexthop has invalid gateway/);
});

test('calls at once on one socket get their own replies', async (t) => {
  const [host] = await createTwo(t);
  const names = Array.from({ length: 20 }, (_, index) => `br${index}`);
  await host.socket.send(...names.map((name) => netlink.createBridge({ name })));
  const answers = await Promise.all(
    names.map(async (name) => parseLinks(await host.socket.send(netlink.getLink({ name })))),
  );
  t.deepEqual(
    answers.map((links) => links.map(({ name }) => name)),
    names.map((name) => [name]),
  );
  const all = parseLinks(await host.socket.send(netlink.getLinks()));
  t.is(all.length, 21);
});

test('writeSysctl writes in the namespace that it is given, and nowhere else', async (t) => {
  const [host, pod] = await createTwo(t);
  const name = 'net/ipv4/conf/lo/arp_announce';
  await kernel.writeSysctl(name, '2', pod.path);
  const read = async ({ path }: Netns) =>
    (await run('nsenter', [`--net=${path}`, 'cat', `/proc/sys/${name}`])).stdout.trim();
  t.is(await read(pod), '2');
  t.not(await read(host), '2');
  const missing = await t.throwsAsync(kernel.writeSysctl('net/no/such', '1', pod.path));
  t.true(hasCode(missing, 'ENOENT'));
});
