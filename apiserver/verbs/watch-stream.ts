/** One client's end of a watch: lines go out together once a turn; who cannot keep up is closed. */

/** Where the lines go: an HTTP answer or a WebSocket. */
export interface Sink {
  /** False: no more until `onDrain`. */
  write(lines: readonly Buffer[]): boolean;
  end(): void;
  /** At once, whatever was not sent. */
  destroy(): void;
}

export interface SinkEvents {
  readonly onDrain: () => void;
  readonly onClose: () => void;
}

export type OpenSink = (events: SinkEvents) => Sink;

export interface StreamOptions {
  readonly open: OpenSink;
  readonly onClose: () => void;
  /** Told of each line that is sent. */
  readonly count: (bytes: number) => void;
}

/** Of changes; who is behind by more comes back and goes on from the history. */
const waitingBytesMax = 4 * 1024 * 1024;

export class WatchStream {
  readonly #sink: Sink;
  readonly #count: (bytes: number) => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isScheduled = false;
  #isBlocked = false;
  #isOpen = true;
  #onRoom: (() => void) | undefined;

  constructor({ open, onClose, count }: StreamOptions) {
    this.#count = count;
    this.#sink = open({
      onClose: () => {
        this.#isOpen = false;
        this.#waiting = [];
        this.#onRoom?.();
        onClose();
      },
      onDrain: () => {
        this.#isBlocked = false;
        this.#flush();
        this.#onRoom?.();
      },
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(line: Buffer): void {
    if (!this.#isOpen) return;
    this.#count(line.length);
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    if (this.#isBlocked) {
      if (this.#waitingBytes > waitingBytesMax) this.#sink.destroy();
    } else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => this.#flush());
    }
  }

  /** Resolves when what was sent is on its way, in a later turn; or the client is gone. */
  async room(): Promise<void> {
    await new Promise(setImmediate);
    if (!this.#isBlocked || !this.#isOpen) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  }

  /** After what was sent before. */
  end(): void {
    if (!this.#isOpen) return;
    this.#flush();
    this.#isOpen = false;
    this.#sink.end();
  }

  #flush(): void {
    this.#isScheduled = false;
    if (!this.#isOpen || this.#waiting.length === 0) return;
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#isBlocked = !this.#sink.write(lines);
  }
}
