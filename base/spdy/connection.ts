/**
 * A SPDY/3.1 connection over any socket: streams come in, and may be opened.
 *
 * Back-pressure is the socket's own. Windows are given to the other side but its own are not
 * waited for: Kubernetes' clients, which are all that still speak SPDY, never widen them.
 */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import {
  type ControlFrame,
  controlTypes,
  type DataPiece,
  encodeControl,
  encodeDataHead,
  encodeSynStream,
  type Frame,
  FrameDecoder,
  flagFin,
  headerBlockOf,
  resetReasons,
  streamIdOf,
} from './frames.ts';
import { HeaderReader, type Headers, HeaderWriter } from './header-block.ts';
import { SpdyStream, type StreamCarrier } from './stream.ts';

export interface SpdyOptions {
  readonly role: 'server' | 'client';
  /** A stream that the other side has opened; it is answered already. */
  readonly onStream?: (stream: SpdyStream) => void;
}

/** At once; more are refused. */
const streamsMax = 1024;
/** A peer that asks for answers and does not read them is cut off here. */
const unreadBytesMax = 8 * 2 ** 20;
const windowBytesMin = 32 * 1024;
/** For a peer that does not hang up in answer to our end. */
const farewellMs = 5_000;

export class SpdyConnection {
  /** Resolves when the socket is closed, by whomever; streams are, once what they got is read. */
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #options: SpdyOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #reader = new HeaderReader();
  readonly #writer = new HeaderWriter();
  readonly #taken = new Map<number, number>(); // Bytes not yet given back, by stream; 0 = all.
  #lastTheirs = 0;
  #nextOurs: number;
  #isEnding = false;

  constructor(socket: Duplex, options: SpdyOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#nextOurs = options.role === 'client' ? 1 : 2;
    socket.on('error', () => {}); // 'close' follows.
    this.closed = this.#run();
  }

  /** What came behind the handshake with it goes to the socket by `unshift` before. */
  open(headers: Headers): SpdyStream {
    const id = this.#nextOurs;
    this.#nextOurs += 2;
    this.#write(encodeSynStream(id, this.#writer.write(headers)));
    return this.#add(id, headers);
  }

  /** Says goodbye and hangs up once all that was written is sent. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#write(encodeControl(controlTypes.goAway, [this.#lastTheirs, 0]));
    this.#socket.end();
    const timer = setTimeout(() => this.destroy(), farewellMs);
    void this.closed.then(() => clearTimeout(timer));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #run(): Promise<void> {
    const isClosed = this.#socket.destroyed ? Promise.resolve() : onceClosed(this.#socket);
    try {
      const decoder = new FrameDecoder();
      for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
        for (const frame of decoder.push(chunk)) await this.#take(frame);
      }
    } catch {
      // Not SPDY, or the socket broke: either way nothing more can come.
    } finally {
      this.#socket.destroy();
      this.#reader.close();
      for (const stream of [...this.#streams.values()]) stream.cut();
    }
    await isClosed;
  }

  async #take(frame: Frame): Promise<void> {
    if (frame.kind === 'data') return this.#takeData(frame);
    switch (frame.type) {
      case controlTypes.synStream:
        return this.#takeStream(frame);
      case controlTypes.synReply:
      case controlTypes.headers:
        return this.#takeHeaders(frame);
      case controlTypes.rstStream:
        this.#streams.get(streamIdOf(frame))?.cut();
        return;
      case controlTypes.ping:
        return this.#takePing(frame);
      default: // SETTINGS, GOAWAY, WINDOW_UPDATE: there is nothing to do for us.
        return;
    }
  }

  async #takeData({ streamId, bytes, isLast }: DataPiece): Promise<void> {
    const stream = this.#streams.get(streamId);
    if (bytes.length > 0) await stream?.receive(Buffer.from(bytes));
    this.#giveBack(streamId, bytes.length);
    if (isLast) stream?.receiveEnd();
  }

  /** Widens the windows of the stream and of the connection by what was taken. */
  #giveBack(streamId: number, bytes: number): void {
    for (const id of [streamId, 0]) {
      const taken = (this.#taken.get(id) ?? 0) + bytes;
      const isDue = taken >= windowBytesMin;
      if (isDue) this.#write(encodeControl(controlTypes.windowUpdate, [id, taken]));
      if (isDue || (id !== 0 && !this.#streams.has(id))) this.#taken.delete(id);
      else this.#taken.set(id, taken);
    }
  }

  async #takeStream(frame: ControlFrame): Promise<void> {
    // Read in any case: the next block is compressed against this one.
    const headers = await this.#reader.read(headerBlockOf(frame));
    const id = streamIdOf(frame);
    const isTheirs = id % 2 === (this.#options.role === 'server' ? 1 : 0);
    if (!isTheirs || id <= this.#lastTheirs) return this.#reset(id, resetReasons.protocolError);
    this.#lastTheirs = id;
    const { onStream } = this.#options;
    if (!onStream || this.#isEnding || this.#streams.size >= streamsMax) {
      return this.#reset(id, resetReasons.refusedStream);
    }
    const stream = this.#add(id, headers);
    const reply = this.#writer.write(new Map());
    this.#write(encodeControl(controlTypes.synReply, [id], reply));
    if (frame.flags & flagFin) stream.receiveEnd();
    onStream(stream);
  }

  async #takeHeaders(frame: ControlFrame): Promise<void> {
    await this.#reader.read(headerBlockOf(frame));
    if (frame.flags & flagFin) this.#streams.get(streamIdOf(frame))?.receiveEnd();
  }

  #takePing(frame: ControlFrame): void {
    const id = streamIdOf(frame);
    const isTheirs = id % 2 === (this.#options.role === 'server' ? 1 : 0);
    if (isTheirs) this.#write(encodeControl(controlTypes.ping, [id]));
  }

  #reset(id: number, reason: number): void {
    this.#write(encodeControl(controlTypes.rstStream, [id, reason]));
  }

  #add(id: number, headers: Headers): SpdyStream {
    const stream = new SpdyStream(this.#carrier, id, headers);
    this.#streams.set(id, stream);
    return stream;
  }

  readonly #carrier: StreamCarrier = {
    send: (id, chunks, done) => {
      const length = chunks.reduce((sum, { length }) => sum + length, 0);
      this.#socket.cork();
      this.#socket.write(encodeDataHead(id, length, false));
      for (const chunk of chunks.slice(0, -1)) this.#socket.write(chunk);
      this.#socket.write(chunks.at(-1)!, done);
      this.#socket.uncork();
    },
    finish: (id, done) => {
      if (this.#socket.writable) this.#socket.write(encodeDataHead(id, 0, true), done);
      else done();
    },
    reset: (id) => this.#reset(id, resetReasons.cancel),
    forget: (id) => {
      this.#streams.delete(id);
      this.#taken.delete(id);
    },
  };

  #write(frame: Buffer): void {
    if (!this.#socket.writable) return;
    this.#socket.write(frame);
    if (this.#socket.writableLength > unreadBytesMax) this.#socket.destroy();
  }
}

const onceClosed = (socket: Duplex): Promise<void> => once(socket, 'close').then(() => {});
