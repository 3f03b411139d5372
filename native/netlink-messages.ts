/**
 * rtnetlink messages as small typed functions: links, addresses, routes. Pure: a message is a
 * value; `NetlinkSocket` sends it, and many in one batch.
 */

import * as ifla from 'netlink/dist/rt/ifla.js';
import * as rt from 'netlink/dist/rt/structs.js';
import { AttrStream, putU32 } from 'netlink/dist/structs.js';
import { networkOf, parseCidr, parseIp } from '../base/ip-address.ts';
import { type Message, netlinkFlags } from './netlink-socket.ts';

export const netlinkRoute = 0; // NETLINK_ROUTE

export type LinkName = { readonly name: string } | { readonly index: number };

export interface BridgeSpec {
  readonly name: string;
  /** Without one the bridge takes that of a port, and changes it as ports come and go. */
  readonly mac?: string;
  readonly mtu?: number;
}

export interface VethSpec {
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  /** Index of the bridge that it becomes a port of. */
  readonly master?: number;
  /**
   * Born in the namespace: moving a link costs 17 to 28 ms. It cannot be up yet. Its index is the
   * other side's `peerIndex`: send createVeth and getLink in one batch.
   */
  readonly peer: {
    readonly name: string;
    readonly mac?: string;
    /** Absent: here. */
    readonly netnsFd?: number;
  };
}

/** A device below another one of the host, born in the pod's namespace. It cannot be up yet. */
export interface MacvlanSpec {
  readonly name: string;
  readonly parent: number; // Index.
  readonly mode: number; // MACVLAN_MODE_*
  readonly mac?: string;
  readonly mtu?: number;
  readonly netnsFd: number;
  readonly broadcastQueueLength?: number;
}

export interface LinkChange {
  readonly isUp?: boolean;
  readonly isPromiscuous?: boolean;
  readonly isAllMulticast?: boolean;
  readonly txQueueLength?: number;
  readonly master?: number; // 0 lets go.
  readonly mtu?: number;
  readonly mac?: string;
  readonly alias?: string;
}

export interface AddressSpec {
  readonly index: number;
  readonly address: string; // 10.0.0.5/24
  /** Skip duplicate address detection, for which an IPv6 address is unusable up to a second. */
  readonly noDad?: boolean;
}

export interface RouteSpec {
  readonly destination: string; // 0.0.0.0/0
  readonly gateway?: string;
  readonly index?: number; // Of the link.
  readonly mtu?: number;
  readonly advmss?: number;
  readonly priority?: number;
  readonly table?: number; // Absent: main.
  /** Who made it: a number that lets its maker find it again. */
  readonly protocol?: number;
  readonly scope?: number; // Absent: universe with a gateway, else link.
}

const { create, exclusive, dump } = netlinkFlags;

export function createBridge({ name, mac, mtu }: BridgeSpec): Message {
  return newLink({
    data: { flags: { up: true }, change: { up: true } },
    attrs: { ifname: name, ...common({ mac, mtu }), linkinfo: linkInfo('bridge') },
  });
}

export function createVeth({ name, mac, mtu, master, peer }: VethSpec): Message {
  const peerBody = encode((out) =>
    rt.formatLinkMessage(
      {
        kind: 'link',
        data: {},
        attrs: {
          ifname: peer.name,
          ...common({ mac: peer.mac, mtu }),
          ...(peer.netnsFd !== undefined && { netNsFd: peer.netnsFd }),
        },
      },
      out,
    ),
  );
  const data = encode((out) => out.emit(ifla.formatVethInfo({ peer: peerBody })));
  return newLink({
    data: { flags: { up: true }, change: { up: true } },
    attrs: {
      ifname: name,
      ...common({ mac, mtu }),
      ...(master !== undefined && { master }),
      linkinfo: linkInfo('veth', data),
    },
  });
}

/** Its frames are told by their MAC address; the parent's other name is `link` in the kernel. */
export function createMacvlan(spec: MacvlanSpec): Message {
  const { name, parent, mode, mac, mtu, netnsFd, broadcastQueueLength } = spec;
  const data = encode((out) => {
    out.push(1, putU32(mode)); // IFLA_MACVLAN_MODE
    if (broadcastQueueLength) out.push(7, putU32(broadcastQueueLength)); // …_BC_QUEUE_LEN
  });
  return newLink({
    data: {},
    attrs: {
      ifname: name,
      ...common({ mac, mtu }),
      link: putU32(parent),
      netNsFd: netnsFd,
      linkinfo: linkInfo('macvlan', data),
    },
  });
}

/** What is sent into it comes out again as if received: traffic to be shaped is led through. */
export function createIfb({ name, mtu }: { readonly name: string; readonly mtu: number }): Message {
  return newLink({
    data: { flags: { up: true }, change: { up: true } },
    attrs: { ifname: name, mtu, linkinfo: linkInfo('ifb') },
  });
}

export function setLink(link: LinkName, change: LinkChange): Message {
  const { isUp, isPromiscuous, isAllMulticast, master, mac, mtu, alias, txQueueLength } = change;
  return linkMessage('RTM_NEWLINK', 0, {
    data: {
      ...indexOf(link),
      flags: {
        ...(isUp && { up: true }),
        ...(isPromiscuous && { promisc: true }),
        ...(isAllMulticast && { allmulti: true }),
      },
      change: {
        ...(isUp !== undefined && { up: true }),
        ...(isPromiscuous !== undefined && { promisc: true }),
        ...(isAllMulticast !== undefined && { allmulti: true }),
      },
    },
    attrs: {
      ...nameOf(link),
      ...common({ mac, mtu }),
      ...(master !== undefined && { master }),
      ...(alias !== undefined && { ifalias: alias }),
      ...(txQueueLength !== undefined && { txqlen: txQueueLength }),
    },
  });
}

export function deleteLink(link: LinkName): Message {
  return linkMessage('RTM_DELLINK', 0, { data: indexOf(link), attrs: nameOf(link) });
}

/** One link; the error is ENODEV when there is none. */
export function getLink(link: LinkName): Message {
  return linkMessage('RTM_GETLINK', 0, { data: indexOf(link), attrs: nameOf(link) });
}

export const getLinks = (): Message => linkMessage('RTM_GETLINK', dump, { data: {}, attrs: {} });

export const addAddress = (spec: AddressSpec): Message =>
  addressMessage('RTM_NEWADDR', create | exclusive, spec);

export const deleteAddress = (spec: AddressSpec): Message => addressMessage('RTM_DELADDR', 0, spec);

/** Of one link, or of all. */
export const getAddresses = (index?: number): Message => ({
  ...kinds.RTM_GETADDR,
  flags: dump,
  body: encode((out) =>
    rt.formatAddressMessage({ kind: 'address', data: index ? { index } : {}, attrs: {} }, out),
  ),
});

export const addRoute = (spec: RouteSpec): Message =>
  routeMessage('RTM_NEWROUTE', create | exclusive, spec);

/** Of the same destination, gateway and link, whoever made it. */
export const deleteRoute = (spec: RouteSpec): Message =>
  routeMessage('RTM_DELROUTE', 0, { protocol: 0, scope: anyScope, ...spec });

const anyScope = 255; // RT_SCOPE_NOWHERE

export const getRoutes = (): Message => ({
  ...kinds.RTM_GETROUTE,
  flags: dump,
  body: encode((out) => rt.formatRouteMessage({ kind: 'route', data: {}, attrs: {} }, out)),
});

const kinds = {
  RTM_NEWLINK: { type: 16, name: 'RTM_NEWLINK' },
  RTM_DELLINK: { type: 17, name: 'RTM_DELLINK' },
  RTM_GETLINK: { type: 18, name: 'RTM_GETLINK' },
  RTM_NEWADDR: { type: 20, name: 'RTM_NEWADDR' },
  RTM_DELADDR: { type: 21, name: 'RTM_DELADDR' },
  RTM_GETADDR: { type: 22, name: 'RTM_GETADDR' },
  RTM_NEWROUTE: { type: 24, name: 'RTM_NEWROUTE' },
  RTM_DELROUTE: { type: 25, name: 'RTM_DELROUTE' },
  RTM_GETROUTE: { type: 26, name: 'RTM_GETROUTE' },
} as const;

const inet = 2;
const inet6 = 10;
const familyOf = (address: Uint8Array) => (address.length === 4 ? inet : inet6);

type LinkParts = Omit<rt.LinkMessage, 'kind'>;

const newLink = (parts: LinkParts) => linkMessage('RTM_NEWLINK', create | exclusive, parts);

function linkMessage(kind: keyof typeof kinds, flags: number, parts: LinkParts): Message {
  const body = encode((out) => rt.formatLinkMessage({ kind: 'link', ...parts }, out));
  return { ...kinds[kind], flags, body };
}

function addressMessage(kind: keyof typeof kinds, flags: number, spec: AddressSpec): Message {
  const { address, prefixLength } = parseCidr(spec.address);
  const isV4 = address.length === 4;
  const hasBroadcast = isV4 && prefixLength < 31 && kind === 'RTM_NEWADDR';
  const body = encode((out) =>
    rt.formatAddressMessage(
      {
        kind: 'address',
        data: {
          family: familyOf(address),
          prefixlen: prefixLength,
          index: spec.index,
          ...(spec.noDad && !isV4 && { flags: { nodad: true } }),
        },
        attrs: {
          local: address,
          address,
          ...(hasBroadcast && { broadcast: broadcastOf(address, prefixLength) }),
        },
      },
      out,
    ),
  );
  return { ...kinds[kind], flags, body };
}

function routeMessage(kind: keyof typeof kinds, flags: number, spec: RouteSpec): Message {
  const { address, prefixLength } = networkOf(parseCidr(spec.destination));
  const { gateway, index, mtu, advmss, priority, table = 254, scope, protocol } = spec;
  const metrics = {
    ...(mtu && { mtu: putU32(mtu) }),
    ...(advmss && { advmss: putU32(advmss) }),
  };
  const body = encode((out) =>
    rt.formatRouteMessage(
      {
        kind: 'route',
        data: {
          family: familyOf(address),
          dstLen: prefixLength,
          table: table < 256 ? table : 0,
          protocol: protocol ?? 3, // RTPROT_BOOT, as ip(8) has it.
          scope: scope ?? (gateway || address.length === 16 ? 0 : 253), // RT_SCOPE_LINK
          type: 'UNICAST',
        },
        attrs: {
          ...(prefixLength > 0 && { dst: address }),
          ...(gateway && { gateway: parseIp(gateway) }),
          ...(index && { oif: index }),
          ...(priority && { priority }),
          ...(table >= 256 && { table }),
          ...(Object.keys(metrics).length > 0 && { metrics }),
        },
      },
      out,
    ),
  );
  return { ...kinds[kind], flags, body };
}

function common({ mac, mtu }: { mac: string | undefined; mtu: number | undefined }) {
  return { ...(mac && { address: parseMac(mac) }), ...(mtu && { mtu }) };
}

const indexOf = (link: LinkName) => ('index' in link ? { index: link.index } : {});
const nameOf = (link: LinkName) => ('name' in link ? { ifname: link.name } : {});

const linkInfo = (kind: string, data?: Buffer) =>
  encode((out) => out.emit(ifla.formatInfo({ kind, ...(data && { data }) })));

function broadcastOf(address: Buffer, prefixLength: number): Buffer {
  const bytes = Buffer.alloc(4);
  const host = prefixLength === 0 ? 0xffff_ffff : 2 ** (32 - prefixLength) - 1;
  bytes.writeUInt32BE((address.readUInt32BE(0) | host) >>> 0);
  return bytes;
}

/** `0a:58:0a:2a:00:05`. @throws RangeError */
export function parseMac(text: string): Buffer {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) {
    throw new RangeError(`${JSON.stringify(text)} is not a MAC address`);
  }
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

function encode(write: (out: AttrStream) => void): Buffer {
  const out = new AttrStream();
  write(out);
  return Buffer.concat(out.bufs);
}
