/** Neighbours by rtnetlink: which MAC address an IP address of a link has. Pure. */
import { parseIp } from '../base/ip-address.ts';
import { parseMac } from './netlink-messages.ts';
import { type Message, netlinkFlags } from './netlink-socket.ts';
import { Attributes } from './nftables/attributes.ts';

export interface NeighbourSpec {
  readonly index: number; // Of the link.
  readonly address: string;
  readonly mac: string;
  /** Kept whatever is heard; otherwise used at once, and asked for when it is some time old. */
  readonly isPermanent?: boolean;
}

const stale = 0x04; // NUD_STALE
const permanent = 0x80; // NUD_PERMANENT

/** In place of one that is there. */
export function putNeighbour({ index, address, mac, isPermanent }: NeighbourSpec): Message {
  const bytes = parseIp(address);
  const header = Buffer.alloc(12); // ndmsg
  header.writeUInt8(bytes.length === 4 ? 2 : 10, 0);
  header.writeInt32LE(index, 4);
  header.writeUInt16LE(isPermanent ? permanent : stale, 8);
  return {
    type: 28,
    name: 'RTM_NEWNEIGH',
    flags: netlinkFlags.create | netlinkFlags.replace,
    body: new Attributes().bytes(1, bytes).bytes(2, parseMac(mac)).finish(header),
  };
}
