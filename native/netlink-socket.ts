/**
 * A netlink socket: batches of messages out in one sendmsg, replies back by sequence number.
 *
 * Framing and extended errors are ours; the bodies are made by the `netlink` package's codecs
 * (docs/decisions/0002-netlink-codecs.md).
 */
import { getSystemErrorMap } from 'node:util';
import type { SyscallError } from '../base/errors.ts';
import { kernel } from './addon.ts';

export interface Message {
  readonly type: number;
  readonly flags: number;
  /** What the request is called in errors: RTM_NEWLINK. */
  readonly name: string;
  readonly body: Uint8Array;
  /** The kernel says nothing to it: the marks around a transaction. */
  readonly isUnanswered?: boolean;
}

export interface Reply {
  readonly type: number;
  readonly body: Buffer;
}

/** What the kernel said to one message of a batch. */
export interface Outcome {
  readonly replies: readonly Reply[];
  readonly error?: SyscallError;
}

export interface NetlinkSocket {
  /** Rejects when it cannot be opened. */
  readonly opened: Promise<void>;
  /** One outcome for each message. A failed message does not stop those after it. */
  transact(messages: readonly Message[]): Promise<Outcome[]>;
  /** As transact, but throws the first error. Gives the replies to all messages. */
  send(...messages: readonly Message[]): Promise<Reply[]>;
  close(): void;
}

export const netlinkFlags = {
  request: 0x01,
  ack: 0x04,
  echo: 0x08,
  dump: 0x300,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
} as const;

const headerBytes = 16;
const errorType = 2;
const doneType = 3;
const timeoutMs = 10_000; // The kernel answers in milliseconds; rtnl may be held by others.

/** Opens a socket in the namespace pinned at `netnsPath` (absent: our own). */
export async function openNetlink(protocol: number, netnsPath?: string): Promise<NetlinkSocket> {
  const socket = createSocket(kernel.openNetlink(protocol, netnsPath));
  await socket.opened;
  return socket;
}

/** As openNetlink, but without waiting: what is sent waits, and fails if opening failed. */
export function startNetlink(protocol: number, netnsPath?: string): NetlinkSocket {
  return createSocket(kernel.openNetlink(protocol, netnsPath));
}

function createSocket(opening: Promise<number>): NetlinkSocket {
  let sequence = 0;
  let isOpen = true;
  let pending = 1; // Opening, and calls that wait or are under way.
  const settled = () => {
    pending--;
  };
  let last: Promise<unknown> = opening.then(settled, settled);
  let fd = -1;
  const opened = opening.then((number) => {
    fd = number;
  });
  opened.catch(() => {}); // Whatever is sent tells it.
  const call = async (request: Uint8Array) => {
    if (!isOpen) throw new Error('the netlink socket is closed');
    if (fd < 0) await opened;
    return kernel.netlinkTransact(fd, request, timeoutMs);
  };
  const transact = (messages: readonly Message[]) => {
    if (messages.length === 0) return Promise.resolve([]);
    const first = sequence + 1;
    sequence = (sequence + messages.length) % 0x4000_0000;
    const request = encodeBatch(messages, first);
    // Two calls at once on one socket would take each other's replies. An idle one starts at once.
    const answer = pending === 0 ? call(request) : last.then(() => call(request));
    pending++;
    last = answer.then(settled, settled);
    return answer.then((bytes) => decodeReplies(bytes, messages, first));
  };
  return {
    opened,
    transact,
    send: async (...messages) => {
      const outcomes = await transact(messages);
      for (const { error } of outcomes) if (error) throw error;
      return outcomes.flatMap(({ replies }) => replies);
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      // Not before a call on its thread is done with the descriptor: its number may be used anew.
      void last.then(() => opening).then(kernel.close, () => {});
    },
  };
}

/** Messages are acknowledged or a dump, so that the kernel answers each for certain. */
export function encodeBatch(messages: readonly Message[], firstSequence: number): Uint8Array {
  const total = messages.reduce((sum, { body }) => sum + align(headerBytes + body.length), 0);
  const bytes = Buffer.alloc(total);
  let offset = 0;
  messages.forEach(({ type, flags, body, isUnanswered }, index) => {
    const isDump = (flags & netlinkFlags.dump) === netlinkFlags.dump;
    const asked = isDump || isUnanswered ? 0 : netlinkFlags.ack;
    const length = headerBytes + body.length;
    bytes.writeUInt32LE(length, offset);
    bytes.writeUInt16LE(type, offset + 4);
    bytes.writeUInt16LE(flags | netlinkFlags.request | asked, offset + 6);
    bytes.writeUInt32LE(firstSequence + index, offset + 8);
    bytes.set(body, offset + headerBytes);
    offset += align(length);
  });
  return bytes;
}

/** @throws Error when the bytes are not whole messages. */
export function decodeReplies(
  bytes: Uint8Array,
  messages: readonly Message[],
  firstSequence: number,
): Outcome[] {
  const outcomes = messages.map(() => ({
    replies: [] as Reply[],
    error: undefined as SyscallError | undefined,
  }));
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 0; offset < buffer.length; ) {
    const length = offset + 4 <= buffer.length ? buffer.readUInt32LE(offset) : 0;
    if (length < headerBytes || offset + length > buffer.length) {
      throw new Error(`a netlink reply of ${buffer.length} bytes is cut at ${offset}`);
    }
    const type = buffer.readUInt16LE(offset + 4);
    const flags = buffer.readUInt16LE(offset + 6);
    const index = buffer.readUInt32LE(offset + 8) - firstSequence;
    const body = buffer.subarray(offset + headerBytes, offset + length);
    const outcome = outcomes[index];
    const message = messages[index];
    if (outcome && message) {
      if (type === errorType || type === doneType) {
        outcome.error ??= toError(body, { flags, isDone: type === doneType, name: message.name });
      } else outcome.replies.push({ type, body });
    }
    offset += align(length);
  }
  return outcomes.map(({ replies, error }) => ({ replies, ...(error && { error }) }));
}

const align = (length: number) => (length + 3) & ~3;

interface ErrorFrame {
  readonly flags: number;
  readonly isDone: boolean;
  readonly name: string;
}

/** Undefined for a plain acknowledgement, or the end of a dump. */
function toError(body: Buffer, { flags, isDone, name }: ErrorFrame): SyscallError | undefined {
  const errno = body.length >= 4 ? body.readInt32LE(0) : 0;
  if (errno >= 0) return undefined;
  const [code, reason] = getSystemErrorMap().get(errno) ?? [`E${-errno}`, 'unknown error'];
  const detail = extendedText(body, { flags, isDone });
  const message = `${name}: ${reason}${detail ? ` (${detail})` : ''}`;
  return Object.assign(new Error(message), { code, syscall: name, errno });
}

const ackTlvs = 0x200;
const capped = 0x100;
const messageAttribute = 1;

/** The kernel's own sentence (NLMSGERR_ATTR_MSG) about what it did not like. */
function extendedText(body: Buffer, { flags, isDone }: Omit<ErrorFrame, 'name'>): string {
  if (!(flags & ackTlvs)) return '';
  let offset = 4;
  if (!isDone) {
    if (body.length < 4 + headerBytes) return '';
    offset += flags & capped ? headerBytes : align(body.readUInt32LE(4));
  }
  while (offset + 4 <= body.length) {
    const length = body.readUInt16LE(offset);
    if (length < 4 || offset + length > body.length) return '';
    if ((body.readUInt16LE(offset + 2) & 0x3fff) === messageAttribute) {
      return body.toString('utf8', offset + 4, offset + length).replace(/\0.*$/s, '');
    }
    offset += align(length);
  }
  return '';
}
