/**
 * The kernel's table of connections, by netlink (linux/netfilter/nfnetlink_conntrack.h). The
 * kernel filters while it lists (5.8 and newer), so that asking for one address costs one walk.
 */
import { hasCode } from '../base/errors.ts';
import { type Message, netlinkFlags, openNetlink } from './netlink-socket.ts';
import { Attributes, readAttributes } from './nftables/attributes.ts';

export interface Tuple {
  readonly source: Buffer; // 4 or 16 bytes, as the next.
  readonly destination: Buffer;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface Connection {
  /** What its first packet said, before any rewriting. */
  readonly original: Tuple;
  /** What answers say: with a rewritten destination, their source is where it went. */
  readonly reply: Tuple;
  /** How the kernel tells it from a later one between the same two. */
  readonly key: Buffer;
}

export interface ConnectionFilter {
  readonly family: 'ipv4' | 'ipv6';
  readonly protocol: number;
  /** Of the original destination; absent: any. */
  readonly destination?: Uint8Array;
  readonly port?: number;
}

export interface Conntrack {
  list(filter: ConnectionFilter): Promise<Connection[]>;
  /** All that began at this address or went to it, also by another one that was rewritten. */
  listOf(family: 'ipv4' | 'ipv6', address: Uint8Array): Promise<Connection[]>;
  /** Of one family. Those that have ended by themselves are passed over. Gives how many went. */
  remove(family: 'ipv4' | 'ipv6', connections: readonly Connection[]): Promise<number>;
  close(): void;
}

const netlinkNetfilter = 12;
const families = { ipv4: 2, ipv6: 10 } as const;
const headerBytes = 4; // nfgenmsg
const messageTypes = { GET: 0x101, DELETE: 0x102 } as const;
const filterBits = { source: 1 << 0, destination: 1 << 1, protocol: 1 << 3, port: 1 << 5 } as const;

/** Opens a socket in the namespace pinned at `netnsPath` (absent: our own) and keeps it. */
export async function openConntrack(netnsPath?: string): Promise<Conntrack> {
  const socket = await openNetlink(netlinkNetfilter, netnsPath);
  return {
    list: async (filter) => {
      const found = (await socket.send(listMessage(filter))).flatMap(connectionOf);
      const { destination } = filter;
      if (!destination) return found;
      return found.filter(({ original }) => original.destination.equals(destination));
    },
    listOf: async (family, address) => {
      const found: Connection[] = [];
      // One after the other: a socket lists one thing at a time.
      for (const tuple of family === 'ipv4' ? tuples : (['original'] as const)) {
        const replies = await socket.send(sourceMessage(family, tuple, address));
        found.push(...replies.flatMap(connectionOf));
      }
      return found.filter(({ original, reply }) =>
        [original.source, reply.source].some((each) => each.equals(address)),
      );
    },
    remove: async (family, connections) => {
      const messages = connections.map(({ key }) => message('DELETE', family, 0, key));
      const outcomes = await socket.transact(messages);
      for (const { error } of outcomes) if (error && !hasCode(error, 'ENOENT')) throw error;
      return outcomes.filter(({ error }) => !error).length;
    },
    close: () => socket.close(),
  };
}

function listMessage({ family, protocol, port, ...rest }: ConnectionFilter): Message {
  // Of IPv6 addresses the kernel lists all but the one asked for (6.18 still does).
  const destination = family === 'ipv4' ? rest.destination : undefined;
  const bits =
    filterBits.protocol |
    (destination ? filterBits.destination : 0) |
    (port === undefined ? 0 : filterBits.port);
  const attributes = new Attributes().nested(1, (tuple) => {
    if (destination) {
      tuple.nested(1, (ip) => ip.bytes(2, destination));
    }
    tuple.nested(2, (proto) => {
      proto.bytes(1, Uint8Array.of(protocol));
      if (port !== undefined) proto.bytes(3, Uint8Array.of(port >> 8, port & 0xff));
    });
  });
  // Bits in the host's order, unlike all else.
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(bits);
  attributes.nested(25, (filter) => filter.bytes(1, flags));
  return message('GET', family, netlinkFlags.dump, attributes.finish(new Uint8Array()));
}

const tuples = ['original', 'reply'] as const;

/** Lists what has the address as the source of this tuple; of IPv6, everything: see above. */
function sourceMessage(
  family: 'ipv4' | 'ipv6',
  tuple: (typeof tuples)[number],
  address: Uint8Array,
): Message {
  const attributes = new Attributes();
  if (family === 'ipv4') {
    const type = tuple === 'original' ? 1 : 2;
    const flags = Buffer.alloc(4);
    flags.writeUInt32LE(filterBits.source);
    attributes.nested(type, (inside) => inside.nested(1, (ip) => ip.bytes(1, address)));
    attributes.nested(25, (filter) => filter.bytes(type, flags));
  }
  return message('GET', family, netlinkFlags.dump, attributes.finish(new Uint8Array()));
}

function message(
  kind: keyof typeof messageTypes,
  family: 'ipv4' | 'ipv6',
  flags: number,
  body: Uint8Array,
): Message {
  return {
    type: messageTypes[kind],
    flags,
    name: `IPCTNL_MSG_CT_${kind}`,
    body: Buffer.concat([Buffer.of(families[family], 0, 0, 0), body]),
  };
}

function connectionOf({ body }: { readonly body: Buffer }): Connection[] {
  const attributes = readAttributes(body.subarray(headerBytes));
  const [first, second] = [attributes.get(1), attributes.get(2)];
  const original = first && tupleOf(first);
  const reply = second && tupleOf(second);
  if (!original || !reply) return [];
  const key = new Attributes().nested(1, (tuple) => tuple.raw(first));
  const id = attributes.get(12);
  if (id) key.bytes(12, id);
  return [{ original, reply, key: key.finish(new Uint8Array()) }];
}

/** Undefined for protocols without ports. */
function tupleOf(bytes: Buffer): Tuple | undefined {
  const parts = readAttributes(bytes);
  const [ip, proto] = [parts.get(1), parts.get(2)];
  if (!ip || !proto) return undefined;
  const [addresses, numbers] = [readAttributes(ip), readAttributes(proto)];
  const source = addresses.get(1) ?? addresses.get(3);
  const destination = addresses.get(2) ?? addresses.get(4);
  const [sourcePort, destinationPort] = [numbers.get(2), numbers.get(3)];
  if (!source || !destination || !sourcePort || !destinationPort) return undefined;
  return {
    source,
    destination,
    protocol: numbers.get(1)?.[0] ?? 0,
    sourcePort: sourcePort.readUInt16BE(),
    destinationPort: destinationPort.readUInt16BE(),
  };
}
