/** Traffic control by rtnetlink (linux/pkt_sched.h, tc(8)): how fast a link may send. Pure. */
import { AttrStream, putU32 } from 'netlink/dist/structs.js';
import { type Message, netlinkFlags, type Reply } from './netlink-socket.ts';
import { readAttributes } from './nftables/attributes.ts';

export interface TokenBucketSpec {
  readonly index: number; // Of the link.
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
  /** How much may wait; what is more is dropped. */
  readonly queueBytes: number;
}

export interface Qdisc {
  readonly index: number;
  readonly kind: string; // tbf, ingress, noqueue, …
  readonly isRoot: boolean;
  /** Of a tbf. */
  readonly bytesPerSecond?: number;
}

const root = 0xffff_ffff; // TC_H_ROOT
const ingress = 0xffff_fff1; // TC_H_INGRESS
const ingressHandle = 0xffff_0000;
const ethernet = 1; // TC_LINKLAYER_ETHERNET

/** The link's only queue: sends no faster than the tokens come. */
export function addTokenBucket(spec: TokenBucketSpec): Message {
  const { index, bytesPerSecond, burstBytes, queueBytes } = spec;
  const parameters = Buffer.alloc(36); // tc_tbf_qopt
  parameters.writeUInt8(ethernet, 1);
  parameters.writeUInt32LE(Math.min(bytesPerSecond, 0xffff_ffff), 8);
  parameters.writeUInt32LE(Math.min(queueBytes, 0xffff_ffff), 24);
  const rate64 = Buffer.alloc(8);
  rate64.writeBigUInt64LE(BigInt(bytesPerSecond));
  const options = encode((out) => {
    out.push(1, parameters); // TCA_TBF_PARMS
    out.push(4, rate64);
    out.push(6, putU32(Math.min(burstBytes, 0xffff_ffff)));
  });
  return qdiscMessage('RTM_NEWQDISC', { index, parent: root, handle: 0x1_0000 }, 'tbf', options);
}

/** Where filters can look at what a link receives. */
export const addIngress = (index: number): Message =>
  qdiscMessage('RTM_NEWQDISC', { index, parent: ingress, handle: ingressHandle }, 'ingress');

export const deleteRootQdisc = (index: number): Message =>
  qdiscMessage('RTM_DELQDISC', { index, parent: root, handle: 0 });

export const deleteIngress = (index: number): Message =>
  qdiscMessage('RTM_DELQDISC', { index, parent: ingress, handle: ingressHandle });

/** All that the link receives is sent out by another one instead. Wants `addIngress` before. */
export function redirectIngress(index: number, target: number): Message {
  const mirred = Buffer.alloc(28); // tc_mirred
  mirred.writeInt32LE(4, 8); // TC_ACT_STOLEN
  mirred.writeInt32LE(1, 20); // TCA_EGRESS_REDIR
  mirred.writeUInt32LE(target, 24);
  const selector = Buffer.alloc(32); // tc_u32_sel with one key, which everything matches.
  selector.writeUInt8(1, 0); // TC_U32_TERMINAL
  selector.writeUInt8(1, 2);
  const actionOptions = encode((out) => out.push(2, mirred)); // TCA_MIRRED_PARMS
  const action = encode((out) => {
    out.push(1, Buffer.from('mirred\0'));
    out.push(2, actionOptions);
  });
  const actions = encode((out) => out.push(1, action));
  const options = encode((out) => {
    out.push(5, selector); // TCA_U32_SEL
    out.push(7, actions); // TCA_U32_ACT
  });
  const everything = (1 << 16) | 0x0300; // Priority 1; ETH_P_ALL in network order.
  const header = tcHeader({ index, parent: ingressHandle, handle: 0 }, everything);
  return message('RTM_NEWTFILTER', header, 'u32', options);
}

export const getQdiscs = (): Message => ({
  ...kinds.RTM_GETQDISC,
  flags: netlinkFlags.dump,
  body: tcHeader({ index: 0, parent: 0, handle: 0 }),
});

export const parseQdiscs = (replies: readonly Reply[]): Qdisc[] =>
  replies.filter(({ type }) => type === kinds.RTM_NEWQDISC.type).map(({ body }) => toQdisc(body));

function toQdisc(body: Buffer): Qdisc {
  const found = readAttributes(body.subarray(headerBytes));
  const kind = found.get(1)?.toString('utf8').replace(/\0$/, '') ?? '';
  const options = kind === 'tbf' ? found.get(2) : undefined;
  const inside = options && readAttributes(options);
  const parameters = inside?.get(1);
  const rate = inside?.get(4)?.readBigUInt64LE() ?? parameters?.readUInt32LE(8);
  return {
    index: body.readInt32LE(4),
    kind,
    isRoot: body.readUInt32LE(12) === root,
    ...(rate !== undefined && { bytesPerSecond: Number(rate) }),
  };
}

const kinds = {
  RTM_NEWQDISC: { type: 36, name: 'RTM_NEWQDISC' },
  RTM_DELQDISC: { type: 37, name: 'RTM_DELQDISC' },
  RTM_GETQDISC: { type: 38, name: 'RTM_GETQDISC' },
  RTM_NEWTFILTER: { type: 44, name: 'RTM_NEWTFILTER' },
} as const;

const headerBytes = 20; // tcmsg

interface Place {
  readonly index: number;
  readonly parent: number;
  readonly handle: number;
}

function tcHeader({ index, parent, handle }: Place, info = 0): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(handle >>> 0, 8);
  header.writeUInt32LE(parent >>> 0, 12);
  header.writeUInt32LE(info >>> 0, 16);
  return header;
}

function qdiscMessage(
  kind: keyof typeof kinds,
  place: Place,
  name?: string,
  options?: Buffer,
): Message {
  return message(kind, tcHeader(place), name, options);
}

function message(
  kind: keyof typeof kinds,
  header: Buffer,
  name?: string,
  options?: Buffer,
): Message {
  const isNew = kind === 'RTM_NEWQDISC' || kind === 'RTM_NEWTFILTER';
  const attributes = encode((out) => {
    if (name !== undefined) out.push(1, Buffer.from(`${name}\0`)); // TCA_KIND
    if (options) out.push(2, options); // TCA_OPTIONS
  });
  const { create, exclusive } = netlinkFlags;
  return {
    ...kinds[kind],
    flags: isNew ? create | exclusive : 0,
    body: Buffer.concat([header, attributes]),
  };
}

function encode(write: (out: AttrStream) => void): Buffer {
  const out = new AttrStream();
  write(out);
  return Buffer.concat(out.bufs);
}
