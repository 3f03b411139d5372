/** One after the other, by key: who has a turn gives it back by the function it gets. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  async take(key: string): Promise<() => void> {
    const before = this.#last.get(key);
    let end = () => {};
    const turn = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#last.set(key, turn);
    await before;
    return () => {
      if (this.#last.get(key) === turn) this.#last.delete(key);
      end();
    };
  }
}
