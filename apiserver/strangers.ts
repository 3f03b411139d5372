/**
 * Connections on which nobody has yet been let in. Each costs memory and asks for nothing, so there
 * are only so many: the oldest make way. Whoever has shown who they are is never among them.
 */
export interface Connection {
  destroy(): void;
  on(event: 'close', listener: () => void): unknown;
}

/** 70 KB each. */
const strangersMax = 1500;

export class Strangers {
  readonly #max: number;
  readonly #all = new Set<Connection>();

  constructor(max = strangersMax) {
    this.#max = max;
  }

  add(connection: Connection): void {
    this.#all.add(connection);
    connection.on('close', () => this.#all.delete(connection));
    if (this.#all.size <= this.#max) return;
    const [oldest] = this.#all;
    this.welcome(oldest!);
    oldest!.destroy();
  }

  welcome(connection: Connection): void {
    this.#all.delete(connection);
  }
}
