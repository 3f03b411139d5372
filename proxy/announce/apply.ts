/** Puts addresses on this node and takes them away, by rtnetlink; tells the neighbours. */
import { readFileSync } from 'node:fs';
import { kernel } from '../../native/index.ts';
import type { Message, NetlinkSocket } from '../../native/netlink.ts';
import { announceLinkOf, announcement, type Uplink, uplinkFor } from './plan.ts';

export interface AnnounceOptions {
  readonly instance: string;
  /** Absent: our own network namespace. */
  readonly netnsPath?: string | undefined;
}

const packetFamily = 17; // AF_PACKET
const rawType = 3; // SOCK_RAW

/** Makes the addresses of this instance exactly these, and gives those that are new. */
export async function setAddresses(
  options: AnnounceOptions,
  wanted: readonly string[],
): Promise<readonly string[]> {
  if (wanted.length === 0 && isBare(options)) return [];
  return withSocket(options, async (socket, netlink) => {
    const name = announceLinkOf(options.instance);
    let { links, own, addresses } = await look(socket, netlink, name);
    if (!own && wanted.length === 0) return [];
    if (!own) {
      await socket.send(netlink.createBridge({ name }));
      ({ links, own, addresses } = await look(socket, netlink, name));
    }
    const uplinks = await uplinksOf(socket, netlink, { links, addresses, own: own! });
    const ours = addresses.filter(({ index }) => index === own!.index);
    const there = new Set(ours.map(({ address }) => bare(address)).filter(isGlobal));
    const added = wanted.filter((ip) => !there.has(ip));
    const gone = [...there].filter((ip) => !wanted.includes(ip));
    for (const ip of gone) {
      for (const { index, address } of addresses) {
        // IPv6 neighbours are answered on the link that has the address: it is there as well.
        if (bare(address) === ip) await socket.send(netlink.deleteAddress({ index, address }));
      }
    }
    for (const ip of added) {
      const uplink = ip.includes(':') ? uplinkFor(ip, uplinks) : undefined;
      for (const index of [own!.index, ...(uplink ? [uplink.index] : [])]) {
        await add(socket, netlink.addAddress({ index, address: hostCidr(ip), noDad: true }));
      }
    }
    if (wanted.length === 0) await socket.send(netlink.deleteLink({ name }));
    return added;
  });
}

/** Takes all of them away, and the link that held them. Safe to repeat. */
export async function removeAddresses(options: AnnounceOptions): Promise<void> {
  await setAddresses(options, []);
}

/** Tells the neighbours that these addresses are here: they may know them elsewhere. */
export function announce(options: AnnounceOptions, ips: readonly string[]): Promise<void> {
  return withSocket(options, async (socket, netlink) => {
    const name = announceLinkOf(options.instance);
    const { links, own, addresses } = await look(socket, netlink, name);
    if (!own) return;
    const uplinks = await uplinksOf(socket, netlink, { links, addresses, own });
    const fd = await kernel.openSocket(packetFamily, rawType, 0, options.netnsPath);
    try {
      for (const ip of ips) {
        const uplink = uplinkFor(ip, uplinks);
        if (uplink) kernel.sendFrame(fd, uplink.index, announcement(ip, uplink.mac));
      }
    } finally {
      kernel.close(fd);
    }
  });
}

/** Seen quickly: nothing of ours is there, as on almost every node. */
function isBare({ instance, netnsPath }: AnnounceOptions): boolean {
  if (netnsPath !== undefined) return false;
  const names = readFileSync('/proc/self/net/dev', 'utf8').match(/^ *[^:\s]+(?=:)/gm) ?? [];
  return !names.some((name) => name.trim() === announceLinkOf(instance));
}

type Netlink = typeof import('../../native/netlink.ts');

async function withSocket<T>(
  { netnsPath }: AnnounceOptions,
  body: (socket: NetlinkSocket, netlink: Netlink) => Promise<T>,
): Promise<T> {
  // Most proxies never need it, and it takes a while to load.
  const netlink = await import('../../native/netlink.ts');
  const socket = await netlink.openNetlink(netlink.netlinkRoute, netnsPath);
  try {
    return await body(socket, netlink);
  } finally {
    socket.close();
  }
}

async function look(socket: NetlinkSocket, netlink: Netlink, name: string) {
  const links = netlink.parseLinks(await socket.send(netlink.getLinks()));
  const addresses = netlink.parseAddresses(await socket.send(netlink.getAddresses()));
  return { links, addresses, own: links.find((link) => link.name === name) };
}

type Look = Awaited<ReturnType<typeof look>>;

async function uplinksOf(
  socket: NetlinkSocket,
  netlink: Netlink,
  { links, addresses, own }: Look & { readonly own: NonNullable<Look['own']> },
): Promise<Uplink[]> {
  const routes = netlink.parseRoutes(await socket.send(netlink.getRoutes()));
  const ways = new Set(
    routes.filter(({ destination }) => destination.endsWith('/0')).map(({ index }) => index),
  );
  return links.flatMap(({ index, mac, isUp }) => {
    if (!mac || !isUp || index === own.index || /^(00:)+00$/.test(mac)) return [];
    const mine = addresses.filter((each) => each.index === index).map(({ address }) => address);
    return [{ index, mac, addresses: mine, isDefault: ways.has(index) }];
  });
}

/** It may be there already: from a run that was killed in between. */
async function add(socket: NetlinkSocket, message: Message) {
  const [outcome] = await socket.transact([message]);
  if (outcome?.error && outcome.error.code !== 'EEXIST') throw outcome.error;
}

const bare = (address: string): string => address.replace(/\/.*$/, '');
const hostCidr = (ip: string): string => `${ip}/${ip.includes(':') ? 128 : 32}`;
/** Every link gets one of its own of the other kind. */
const isGlobal = (ip: string): boolean => !ip.startsWith('fe80:');
