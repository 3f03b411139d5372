/**
 * The smallest clients that speak HTTP/1.1 and HTTP/2 over TLS: what a client costs is lost to the
 * server on the same two cores. One request at a time over HTTP/1.1; no Huffman, no tables over HTTP/2.
 */
import { once } from 'node:events';
import { connect as connectTls, type TLSSocket } from 'node:tls';

export interface Target {
  readonly port: number;
  readonly ca: string; // PEM, as the others.
  readonly cert: string;
  readonly key: string;
}

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PATCH'; // The last as a merge patch.
  readonly path: string;
  readonly body?: string;
}

export interface Answered {
  readonly code: number;
  readonly bytes: number; // Of the body.
}

export interface Wire {
  ask(asked: Asked): Promise<Answered>;
  /** Of every piece of any body, in the order in which they come. */
  onData: ((piece: Buffer) => void) | undefined;
  /** The client stops to read. */
  pause(): void;
  close(): void;
}

export async function openWire(target: Target, version: 1 | 2): Promise<Wire> {
  const { port, ca, cert, key } = target;
  const protocol = version === 1 ? 'http/1.1' : 'h2';
  const socket = connectTls({ port, host: '127.0.0.1', ca, cert, key, ALPNProtocols: [protocol] });
  await once(socket, 'secureConnect');
  socket.setNoDelay(true);
  return version === 1 ? new Http1(socket) : new Http2(socket);
}

interface Waiting {
  readonly resolve: (answered: Answered) => void;
  readonly reject: (error: Error) => void;
  code: number;
  bytes: number;
}

class Http1 implements Wire {
  onData: ((piece: Buffer) => void) | undefined;
  readonly #socket: TLSSocket;
  #waiting: Waiting | undefined;
  #left = -1; // Bytes of the body that are still to come; -1: the head is not there yet.
  #isChunked = false;
  #tail = '';

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('data', (data: Buffer) => this.#receive(data));
    socket.on('close', () => this.#waiting?.reject(new Error('the server hung up')));
    socket.on('error', () => {}); // Closing tells of it.
  }

  ask({ method, path, body }: Asked): Promise<Answered> {
    const length = body === undefined ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`;
    const type = body === undefined ? '' : `content-type: ${typeOf(method)}\r\n`;
    this.#socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: bench\r\n${type}${length}\r\n${body ?? ''}`,
    );
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, code: 0, bytes: 0 };
      this.#left = -1;
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(data: Buffer): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    const body = this.#left < 0 ? this.#afterHead(data, waiting) : data;
    if (!body) return;
    waiting.bytes += body.length;
    this.onData?.(body);
    if (this.#isChunked) {
      this.#tail = (this.#tail + body.subarray(-5).toString('latin1')).slice(-5);
      if (this.#tail === '0\r\n\r\n') this.#end(waiting);
    } else {
      this.#left -= body.length;
      if (this.#left <= 0) this.#end(waiting);
    }
  }

  /** Heads come in one piece: they are small, and the server writes them at once. */
  #afterHead(data: Buffer, waiting: Waiting): Buffer | undefined {
    const end = data.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = data.toString('latin1', 0, end).toLowerCase();
    waiting.code = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: (\d+)/.exec(head);
    this.#isChunked = length === null;
    this.#tail = '';
    this.#left = length ? Number(length[1]) : 0;
    return data.subarray(end + 4);
  }

  #end({ resolve, code, bytes }: Waiting): void {
    this.#waiting = undefined;
    resolve({ code, bytes });
  }
}

const frame = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, window: 8 };
const flag = { endStream: 1, ack: 1, endHeaders: 4 };
/** So often the window is opened again. */
const windowStep = 16 * 1024 * 1024;

class Http2 implements Wire {
  onData: ((piece: Buffer) => void) | undefined;
  readonly #socket: TLSSocket;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #rest: Buffer | undefined; // The beginning of a frame.
  #unsaid = 0; // Bytes received, of which the server has not been told.

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    const settings = Buffer.from([
      ...[0, 1, 0, 0, 0, 0], // No table for headers.
      ...[0, 4, 0x7f, 0xff, 0xff, 0xff], // Streams may send as much as they like.
    ]);
    socket.write(
      Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        frameOf(frame.settings, 0, 0, settings),
        frameOf(frame.window, 0, 0, uint32(0x7fff0000 - 65535)),
      ]),
    );
    socket.on('data', (data: Buffer) => this.#receive(data));
    socket.on('close', () => this.#failAll('the server hung up'));
    socket.on('error', () => {});
  }

  ask({ method, path, body }: Asked): Promise<Answered> {
    const id = this.#nextId;
    this.#nextId += 2;
    const end = body === undefined ? flag.endStream : 0;
    const head = frameOf(frame.headers, flag.endHeaders | end, id, blockOf(method, path, body));
    const frames = [head];
    if (body !== undefined) {
      frames.push(frameOf(frame.data, flag.endStream, id, Buffer.from(body)));
    }
    this.#socket.write(frames.length === 1 ? head : Buffer.concat(frames));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, code: 0, bytes: 0 });
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#waiting.clear();
    this.#socket.destroy();
  }

  #receive(piece: Buffer): void {
    const data = this.#rest ? Buffer.concat([this.#rest, piece]) : piece;
    let at = 0;
    while (data.length - at >= 9) {
      const length = data.readUIntBE(at, 3);
      if (data.length - at < 9 + length) break;
      this.#handle(data.subarray(at, at + 9 + length));
      at += 9 + length;
    }
    this.#rest = at === data.length ? undefined : data.subarray(at);
    if (this.#unsaid < windowStep) return;
    this.#socket.write(frameOf(frame.window, 0, 0, uint32(this.#unsaid)));
    this.#unsaid = 0;
  }

  #handle(bytes: Buffer): void {
    const [type, flags] = [bytes[3]!, bytes[4]!];
    const id = bytes.readUInt32BE(5);
    const payload = bytes.subarray(9);
    const waiting = this.#waiting.get(id);
    if (type === frame.headers && waiting) waiting.code = codeOf(payload);
    else if (type === frame.data && waiting) {
      waiting.bytes += payload.length;
      this.#unsaid += payload.length;
      this.onData?.(payload);
    } else if (type === frame.reset && waiting) {
      this.#waiting.delete(id);
      waiting.reject(new Error(`the stream was reset: ${payload.readUInt32BE(0)}`));
    } else if (type === frame.goaway) this.#failAll('the server says goodbye');
    else if (!(flags & flag.ack)) this.#acknowledge(type, payload);
    const isEnd = type === frame.data || type === frame.headers;
    if (!isEnd || !waiting || !(flags & flag.endStream)) return;
    this.#waiting.delete(id);
    waiting.resolve({ code: waiting.code, bytes: waiting.bytes });
  }

  #acknowledge(type: number, payload: Buffer): void {
    if (type === frame.settings) this.#socket.write(frameOf(type, flag.ack, 0, Buffer.alloc(0)));
    if (type === frame.ping) this.#socket.write(frameOf(type, flag.ack, 0, payload));
  }

  #failAll(why: string): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of all) reject(new Error(why));
  }
}

function frameOf(type: number, flags: number, id: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(id, 5);
  payload.copy(bytes, 9);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** RFC 7541: names of the static table by their numbers, values as they are. */
function blockOf(method: Asked['method'], path: string, body: string | undefined): Buffer {
  const verbs = { GET: [0x82], POST: [0x83], PATCH: [0x02, ...literal('PATCH')] };
  const type = body === undefined ? [] : [0x0f, 0x10, ...literal(typeOf(method))];
  return Buffer.from([
    ...verbs[method],
    0x87,
    ...[0x01, ...literal('bench')],
    ...[0x04, ...literal(path)],
    ...type,
  ]);
}

const typeOf = (method: Asked['method']) =>
  method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';

function literal(text: string): number[] {
  const bytes = [...Buffer.from(text)];
  if (bytes.length < 127) return [bytes.length, ...bytes];
  if (bytes.length < 127 + 128) return [127, bytes.length - 127, ...bytes];
  throw new RangeError('a bench has no such paths');
}

/** The first header of an answer. A change of the table's size, which we asked for, may precede it. */
function codeOf(block: Buffer): number {
  const at = block[0]! >> 5 === 1 ? 1 : 0;
  const first = block[at]!;
  if (first & 0x80) return [200, 204, 206, 304, 400, 404, 500][(first & 0x7f) - 8] ?? 0;
  const value = block.subarray(at + 2, at + 2 + (block[at + 1]! & 0x7f));
  if (!(block[at + 1]! & 0x80)) return Number(value.toString('latin1'));
  // Huffman: of the digits, 0, 1 and 2 have five bits, the rest six.
  let bits = '';
  for (const byte of value) bits += byte.toString(2).padStart(8, '0');
  let code = 0;
  while (bits.length >= 5 && !/^1+$/.test(bits)) {
    const short = Number.parseInt(bits.slice(0, 5), 2);
    const digit = short <= 2 ? short : Number.parseInt(bits.slice(0, 6), 2) - 0x19 + 3;
    code = code * 10 + digit;
    bits = bits.slice(short <= 2 ? 5 : 6);
  }
  return code;
}
