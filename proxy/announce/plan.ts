/** Which load balancer addresses this node answers for, and the frames that say so. Pure. */
import type { Service } from '../../api/types/core-v1.generated.ts';
import { contains, networkOf, parseCidr, parseIp } from '../../base/ip-address.ts';
import { isUsableEndpoint } from '../plan-address.ts';

/** Set by the controller service-lb: the name of the one node that answers. */
const announcerAnnotation = 'wherry.dev/announced-by';

/** The link that holds them; it has no ports, and names whose they are. At most 15 letters. */
export const announceLinkOf = (instance: string): string => `${instance.slice(0, 13)}lb`;

export function announcedIps(service: Service | undefined, nodeName: string): readonly string[] {
  const { metadata, spec, status } = service ?? {};
  if (spec?.type !== 'LoadBalancer') return [];
  if (metadata?.annotations?.[announcerAnnotation] !== nodeName) return [];
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) => {
    if (!ip || ipMode === 'Proxy') return [];
    return isUsableEndpoint(ip, ip.includes(':') ? 'ipv6' : 'ipv4') ? [ip] : [];
  });
}

export interface Uplink {
  readonly index: number;
  readonly mac: string;
  /** Its own addresses, with their prefix. */
  readonly addresses: readonly string[];
  readonly isDefault: boolean;
}

/** Where the neighbours are who may ask for the address: its own network's link, or the way out. */
export function uplinkFor(ip: string, links: readonly Uplink[]): Uplink | undefined {
  const bytes = parseIp(ip);
  const isNear = ({ addresses }: Uplink) =>
    addresses.some((each) => {
      const own = parseCidr(each);
      const isHost = own.prefixLength === own.address.length * 8;
      return own.address.length === bytes.length && !isHost && contains(networkOf(own), bytes);
    });
  return links.find(isNear) ?? links.find(({ isDefault }) => isDefault);
}

/** An Ethernet frame to all neighbours: this address is here now (RFC 5227, RFC 4861 7.2.6). */
export function announcement(ip: string, mac: string): Buffer {
  const address = parseIp(ip);
  const from = Buffer.from(mac.replaceAll(':', ''), 'hex');
  return address.length === 4 ? gratuitousArp(address, from) : unsolicitedNeighbour(address, from);
}

function gratuitousArp(address: Buffer, mac: Buffer): Buffer {
  const everybody = Buffer.alloc(6, 0xff);
  const fixed = Buffer.from('0001080006040001', 'hex'); // Ethernet, IPv4, request.
  return Buffer.concat([
    everybody,
    mac,
    Buffer.from('0806', 'hex'),
    fixed,
    mac,
    address,
    Buffer.alloc(6),
    address,
  ]);
}

const icmpv6 = 58;
const overrides = 0x2000_0000; // Neighbours replace what they know.

function unsolicitedNeighbour(address: Buffer, mac: Buffer): Buffer {
  const allNodes = parseIp('ff02::1');
  const body = Buffer.concat([
    Buffer.from([136, 0, 0, 0]), // Neighbour advertisement; the checksum comes below.
    Buffer.alloc(4),
    address,
    Buffer.from([2, 1]), // Target link-layer address, of eight bytes.
    mac,
  ]);
  body.writeUInt32BE(overrides, 4);
  const pseudo = Buffer.concat([address, allNodes, Buffer.from([0, 0, 0, body.length]), next]);
  body.writeUInt16BE(checksum(Buffer.concat([pseudo, body])), 2);
  const header = Buffer.from([0x60, 0, 0, 0, 0, body.length, icmpv6, 255]);
  return Buffer.concat([
    Buffer.from('333300000001', 'hex'), // The multicast address of all nodes.
    mac,
    Buffer.from('86dd', 'hex'),
    header,
    address,
    allNodes,
    body,
  ]);
}

const next = Buffer.from([0, 0, 0, icmpv6]);

/** RFC 1071, over an even number of bytes. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
