/** Daemons that fail again and again on a node are replaced ever more slowly. */
const delayMsMin = 1000;
const delayMsMax = 15 * 60_000;

interface Failure {
  delayMs: number;
  atMs: number; // Of the last replacement.
}

export class Backoff {
  readonly #failures = new Map<string, Failure>();

  /** Milliseconds to wait; 0 = now, and that counts as done. */
  next(key: string, nowMs: number): number {
    this.#forget(nowMs);
    const known = this.#failures.get(key);
    if (!known) {
      this.#failures.set(key, { delayMs: delayMsMin, atMs: nowMs });
      return 0;
    }
    const dueMs = known.atMs + known.delayMs;
    if (nowMs < dueMs) return dueMs - nowMs;
    this.#failures.set(key, { delayMs: Math.min(known.delayMs * 2, delayMsMax), atMs: nowMs });
    return 0;
  }

  /** What has been well for long starts anew. */
  #forget(nowMs: number): void {
    for (const [key, { atMs, delayMs }] of this.#failures) {
      if (nowMs - atMs > Math.max(2 * delayMs, 2 * delayMsMin)) this.#failures.delete(key);
    }
  }
}
