/** One client's end of a watch: lines go out together once a turn; who cannot keep up is closed. */
import type { ServerResponse } from 'node:http';
import type { Exchange } from '../http/answer.ts';
import { headersOf, writeHead } from '../http/answer.ts';

const waitingBytesMax = 16 * 1024 * 1024;

export class WatchStream {
  readonly #response: ServerResponse; // Both kinds write alike; only their overloads differ.
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isScheduled = false;
  #isBlocked = false;
  #isOpen = true;

  constructor(exchange: Exchange, onClose: () => void) {
    this.#response = exchange.response as ServerResponse;
    this.#response.on('close', () => {
      this.#isOpen = false;
      this.#waiting = [];
      onClose();
    });
    this.#response.on('drain', () => {
      this.#isBlocked = false;
      this.#flush();
    });
    writeHead(this.#response, 200, headersOf(exchange, 'application/json'));
    // The client waits for the head: it tells that the watch has begun.
    this.#response.flushHeaders();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(line: Buffer): void {
    if (!this.#isOpen) return;
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    if (this.#isBlocked) {
      if (this.#waitingBytes > waitingBytesMax) this.#response.destroy();
    } else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => this.#flush());
    }
  }

  /** After what was sent before. */
  end(): void {
    if (!this.#isOpen) return;
    this.#flush();
    this.#isOpen = false;
    this.#response.end();
  }

  #flush(): void {
    this.#isScheduled = false;
    if (!this.#isOpen || this.#waiting.length === 0) return;
    const bytes = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#isBlocked = !this.#response.write(bytes);
  }
}
