/** Which Service has a front, where several want the same one: the first that came keeps it. */

export class Claims {
  readonly #owners = new Map<string, string>();
  readonly #waiting = new Map<string, Set<string>>();

  /** Whether the front is the claimer's now; if not, it waits for it. */
  take(front: string, claimer: string): boolean {
    const owner = this.#owners.get(front);
    if (owner === undefined) this.#owners.set(front, claimer);
    if (owner === undefined || owner === claimer) return true;
    const waiting = this.#waiting.get(front);
    if (waiting) waiting.add(claimer);
    else this.#waiting.set(front, new Set([claimer]));
    return false;
  }

  /** Gives up the front, or waiting for it. Those who may try again now, if it was the claimer's. */
  release(front: string, claimer: string): Iterable<string> {
    const waiting = this.#waiting.get(front);
    waiting?.delete(claimer);
    if (this.#owners.get(front) !== claimer) return [];
    this.#owners.delete(front);
    this.#waiting.delete(front);
    return waiting ?? [];
  }
}
