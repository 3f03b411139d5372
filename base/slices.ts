/** Long work in slices, so that nobody else waits for all of it. */
const sliceMs = 5;

/** `for (…) { if (slices.isOver) await slices.next(); … }` */
export class Slices {
  #begun = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#begun > sliceMs;
  }

  /** Lets everybody else have a turn. */
  async next(): Promise<void> {
    await new Promise(setImmediate);
    this.#begun = performance.now();
  }
}
