/** One stream of a SPDY connection, as a Node stream with two halves that end on their own. */
import { Duplex } from 'node:stream';
import type { Headers } from './header-block.ts';

/** What a stream asks of its connection. */
export interface StreamCarrier {
  /** Resolves once the bytes are on their way. */
  send(streamId: number, chunks: readonly Buffer[], done: (error?: Error | null) => void): void;
  finish(streamId: number, done: (error?: Error | null) => void): void;
  reset(streamId: number): void;
  forget(streamId: number): void;
}

export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: Headers;
  readonly #carrier: StreamCarrier;
  #isCut = false;
  #hasFinished = false;
  #hasAllInput = false;
  #onRoom: (() => void) | undefined;

  constructor(carrier: StreamCarrier, id: number, headers: Headers) {
    super({ readableHighWaterMark: 64 * 1024, writableHighWaterMark: 64 * 1024 });
    this.#carrier = carrier;
    this.id = id;
    this.headers = headers;
    this.on('error', () => {}); // Told by 'close': a stream that breaks must not end the process.
  }

  /** For the connection: bytes that came. Resolves when there is room for more. */
  async receive(bytes: Buffer): Promise<void> {
    if (this.#hasAllInput || this.destroyed || this.push(bytes)) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  }

  /** For the connection: the other side says no more. */
  receiveEnd(): void {
    if (this.#hasAllInput) return;
    this.#hasAllInput = true;
    this.push(null);
  }

  /**
   * For the connection: the other side has cut the stream, or is gone. What it said to its end
   * before that can still be read.
   */
  cut(): void {
    this.#isCut = true;
    if (!this.#hasAllInput || this.readableEnded) this.destroy();
    else this.once('end', () => this.destroy());
    this.#carrier.forget(this.id);
  }

  override _read(): void {
    this.#onRoom?.();
    this.#onRoom = undefined;
  }

  override _write(chunk: Buffer, _: string, done: (error?: Error | null) => void): void {
    this.#carrier.send(this.id, [chunk], done);
  }

  override _writev(
    chunks: { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    const buffers = chunks.map(({ chunk }) => chunk);
    this.#carrier.send(this.id, buffers, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#hasFinished = true;
    this.#carrier.finish(this.id, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const isOver = this.#hasFinished && this.#hasAllInput;
    if (!isOver && !this.#isCut) this.#carrier.reset(this.id);
    this.#carrier.forget(this.id);
    this._read();
    done(error);
  }
}
