/** What the kernel answers to getLinks, getAddresses and getRoutes, as plain objects. */
import * as ifla from 'netlink/dist/rt/ifla.js';
import * as rt from 'netlink/dist/rt/structs.js';
import { formatIp } from '../base/ip-address.ts';
import type { Reply } from './netlink-socket.ts';

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly mac?: string;
  readonly mtu: number;
  readonly isUp: boolean;
  readonly isPromiscuous: boolean;
  readonly isAllMulticast: boolean;
  readonly txQueueLength: number;
  readonly kind?: string; // veth, bridge, …; absent for a physical one and for lo.
  readonly alias?: string;
  readonly master?: number;
  /** A veth's peer: its index, in the namespace that `peerNetnsId` stands for (absent: this one). */
  readonly peerIndex?: number;
  readonly peerNetnsId?: number;
}

export interface Address {
  readonly index: number; // Of the link.
  readonly address: string; // 10.0.0.5/24
  /** Duplicate address detection is under way, or has found a duplicate. */
  readonly isTentative: boolean;
}

export interface Route {
  readonly destination: string; // 0.0.0.0/0
  readonly gateway?: string;
  readonly index?: number;
  readonly priority?: number;
  readonly table: number;
  readonly protocol: number;
  readonly type: number; // 1: unicast; 2: local; 3: broadcast; …
}

const newLink = 16;
const newAddress = 20;
const newRoute = 24;

export const parseLinks = (replies: readonly Reply[]): Link[] =>
  replies.filter(({ type }) => type === newLink).map(({ body }) => toLink(body));

export const parseAddresses = (replies: readonly Reply[]): Address[] =>
  replies.filter(({ type }) => type === newAddress).map(({ body }) => toAddress(body));

export const parseRoutes = (replies: readonly Reply[]): Route[] =>
  replies.filter(({ type }) => type === newRoute).map(({ body }) => toRoute(body));

function toLink(body: Buffer): Link {
  const { data, attrs } = rt.parseLinkMessage(body);
  const info = attrs.linkinfo && ifla.parseInfo(attrs.linkinfo);
  return {
    index: data.index ?? 0,
    name: attrs.ifname ?? '',
    mtu: attrs.mtu ?? 0,
    isUp: data.flags?.up === true,
    isPromiscuous: data.flags?.promisc === true,
    isAllMulticast: data.flags?.allmulti === true,
    txQueueLength: attrs.txqlen ?? 0,
    ...(attrs.address?.length === 6 && { mac: formatMac(attrs.address) }),
    ...(info?.kind !== undefined && { kind: info.kind }),
    ...(attrs.ifalias !== undefined && { alias: attrs.ifalias }),
    ...(attrs.master !== undefined && { master: attrs.master }),
    ...(attrs.link?.length === 4 && { peerIndex: attrs.link.readUInt32LE(0) }),
    ...(attrs.linkNetnsid !== undefined && { peerNetnsId: attrs.linkNetnsid }),
  };
}

function toAddress(body: Buffer): Address {
  const { data, attrs } = rt.parseAddressMessage(body);
  const bytes = attrs.local ?? attrs.address;
  if (!bytes) throw new Error('the kernel told an address without its bytes');
  return {
    index: data.index ?? 0,
    address: `${formatIp(bytes)}/${data.prefixlen ?? 0}`,
    isTentative: data.flags?.tentative === true || data.flags?.dadfailed === true,
  };
}

function toRoute(body: Buffer): Route {
  const { data, attrs } = rt.parseRouteMessage(body);
  const any = Buffer.alloc(data.family === 2 ? 4 : 16);
  const { gateway, oif, priority } = attrs;
  return {
    destination: `${formatIp(attrs.dst ?? any)}/${data.dstLen ?? 0}`,
    table: attrs.table ?? data.table ?? 0,
    type: numberOf(data.type, rt.RouteType),
    protocol: numberOf(data.protocol, rt.RouteProtocol),
    ...(gateway && { gateway: formatIp(gateway) }),
    ...(oif !== undefined && { index: oif }),
    ...(priority !== undefined && { priority }),
  };
}

/** The codec turns numbers that it knows into names. */
const numberOf = (value: string | number | undefined, names: object): number =>
  typeof value === 'string' ? Number(Reflect.get(names, value)) : (value ?? 0);

const formatMac = (bytes: Buffer) => bytes.toString('hex').replace(/..(?!$)/g, '$&:');
