/** Asks others about names outside the cluster. The bytes pass through as they are. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { readFrame, writeFrame } from './frame.ts';

export interface Upstream {
  readonly address: string;
  readonly port: number;
}

export type Transport = 'udp' | 'tcp';

export interface ForwarderOptions {
  readonly upstreams: readonly Upstream[];
  /** For one upstream; then the next one is asked. */
  readonly timeoutMs?: number;
  /** More questions at one time than this are refused, so that memory stays bounded. */
  readonly pendingMax?: number;
}

export class Forwarder {
  readonly #options: Required<ForwarderOptions>;
  readonly #pending = new Set<string>();

  constructor(options: ForwarderOptions) {
    this.#options = { timeoutMs: 2000, pendingMax: 1000, ...options };
  }

  /** Whether this query is one of ours on its way back: an upstream is an address of our own. */
  isLoop(query: Buffer): boolean {
    return this.#pending.has(query.toString('latin1'));
  }

  /**
   * The first upstream's answer with the query's own ID; undefined when none answers. A new port
   * and a random ID for each question make answers hard to forge.
   */
  async ask(query: Buffer, transport: Transport): Promise<Buffer | undefined> {
    const { upstreams, timeoutMs, pendingMax } = this.#options;
    if (this.#pending.size >= pendingMax) return undefined;
    const sent = Buffer.from(query);
    sent.writeUInt16BE(randomInt(65_536), 0);
    const key = sent.toString('latin1');
    this.#pending.add(key);
    try {
      for (const upstream of upstreams) {
        const exchange = transport === 'udp' ? askUdp : askTcp;
        const answer = await exchange(sent, upstream, timeoutMs);
        if (!answer) continue;
        query.copy(answer, 0, 0, 2);
        return answer;
      }
      return undefined;
    } finally {
      this.#pending.delete(key);
    }
  }
}

/** `192.0.2.1`, `192.0.2.1:5353`, `[fd00::1]:53`, `fd00::1`; port 53 where none is given. */
export function parseUpstream(text: string): Upstream | undefined {
  const bracketed = /^\[([0-9a-fA-F:.]+)\](?::(\d{1,5}))?$/.exec(text);
  const plain = /^(\d+\.\d+\.\d+\.\d+)(?::(\d{1,5}))?$/.exec(text);
  const [, address = text, port = '53'] = bracketed ?? plain ?? [];
  const isValid = /^[0-9a-fA-F.:]+$/.test(address) && Number(port) > 0 && Number(port) < 65_536;
  return isValid ? { address, port: Number(port) } : undefined;
}

/** The name servers of an /etc/resolv.conf. */
export const parseResolvConf = (text: string): Upstream[] =>
  [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].flatMap(
    ([, address]) => parseUpstream(address!.replace(/%.*/, '')) ?? [],
  );

function askUdp(query: Buffer, { address, port }: Upstream, timeoutMs: number) {
  return new Promise<Buffer | undefined>((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    let isDone = false;
    const finish = (answer: Buffer | undefined) => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => finish(undefined), timeoutMs);
    socket.on('error', () => finish(undefined));
    socket.on('message', (message) => {
      if (isAnswerTo(query, message)) finish(message);
    });
    // Connected: the kernel drops what comes from anybody else, and tells when nobody is there.
    socket.connect(port, address, () => {
      if (!isDone) socket.send(query, () => {});
    });
  });
}

function askTcp(query: Buffer, { address, port }: Upstream, timeoutMs: number) {
  return new Promise<Buffer | undefined>((resolve) => {
    const socket = connect(port, address);
    let received = Buffer.alloc(0);
    const finish = (answer: Buffer | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => finish(undefined));
    socket.on('error', () => finish(undefined));
    socket.on('close', () => resolve(undefined));
    socket.on('connect', () => writeFrame(socket, query));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const frame = readFrame(received);
      if (frame) finish(isAnswerTo(query, frame.message) ? Buffer.from(frame.message) : undefined);
    });
  });
}

/** The socket is connected to the upstream alone; what is left to guess is its port and the ID. */
function isAnswerTo(query: Buffer, message: Buffer): boolean {
  if (message.length < 12 || (message[2]! & 0x80) === 0) return false;
  return message.readUInt16BE(0) === query.readUInt16BE(0);
}
