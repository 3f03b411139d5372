/** The work queue of every control loop. */
import type { Clock } from '../base/clock.ts';
import { hasReason } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';

const retryMsMin = 10;
const retryMsMax = 30_000;
// A key that changes while it is backing off is looked at again this soon: its cause may be gone.
const changedMsMax = 1000;

export interface ReconcilerOptions {
  /** Moves one object towards its desired state. Must be safe to repeat. */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Keys at work at one time. */
  readonly concurrency?: number;
}

/**
 * Runs `reconcile(key)` for every enqueued key until it succeeds.
 *
 * - Level-triggered: a key says "look again", not what happened, so a lost event costs nothing.
 * - One run per key at a time. A key enqueued during its run gets exactly one more run.
 * - A failed key backs off without holding a place; it never spins, however often it is enqueued.
 * - The one place that logs reconcile errors; the code below it only throws.
 */
export class Reconciler {
  readonly #options: Required<ReconcilerOptions>;
  readonly #ready = new Set<string>(); // In order of arrival.
  readonly #running = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { atMs: number; cancel: AbortController; isRetry: boolean }>();
  readonly #idlers: (() => void)[] = [];

  constructor(options: ReconcilerOptions) {
    this.#options = { concurrency: 8, ...options };
    options.signal.addEventListener('abort', () => {
      for (const { cancel } of this.#timers.values()) cancel.abort();
    });
  }

  enqueue(key: string): void {
    if (this.#options.signal.aborted) return;
    if (this.#running.has(key)) {
      this.#again.add(key);
      return;
    }
    if (this.#timers.get(key)?.isRetry) {
      this.#schedule(key, changedMsMax, true);
      return;
    }
    this.#ready.add(key);
    this.#pump();
  }

  /** Enqueues after `ms`. Of several waits for one key, the shortest counts. */
  enqueueAfter(key: string, ms: number): void {
    this.#schedule(key, ms, this.#timers.get(key)?.isRetry ?? false);
  }

  /** Resolves once nothing runs: after the signal aborted, that is the end. */
  idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push(resolve));
  }

  #pump(): void {
    const { concurrency, signal } = this.#options;
    for (const key of this.#ready) {
      if (signal.aborted || this.#running.size >= concurrency) return;
      this.#ready.delete(key);
      this.#running.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    const { reconcile, signal } = this.#options;
    try {
      await reconcile(key, signal);
      this.#failures.delete(key);
    } catch (error) {
      if (!signal.aborted) this.#retry(key, error);
    }
    // In the same tick as the last look at #again: no wake-up is lost.
    this.#running.delete(key);
    if (this.#again.delete(key)) this.enqueue(key);
    this.#pump();
    if (this.#running.size > 0) return;
    for (const resolve of this.#idlers.splice(0)) resolve();
  }

  #retry(key: string, error: unknown): void {
    const failures = this.#failures.get(key) ?? 0;
    const retryMs = Math.min(retryMsMin * 2 ** failures, retryMsMax);
    this.#failures.set(key, failures + 1);
    // A conflict says that the cache was behind, which is nobody's mistake.
    if (hasReason(error, 'Conflict') && failures < 5) {
      this.#options.log.debug('Conflicted, trying again', { key, retryMs });
    } else {
      this.#options.log.error('Could not reconcile', error, { key, retryMs });
    }
    this.#schedule(key, retryMs, true);
  }

  #schedule(key: string, ms: number, isRetry: boolean): void {
    const { clock, signal } = this.#options;
    if (signal.aborted) return;
    const atMs = clock.now() + ms;
    const waiting = this.#timers.get(key);
    if (waiting && waiting.atMs <= atMs) {
      waiting.isRetry ||= isRetry;
      return;
    }
    waiting?.cancel.abort();
    const cancel = new AbortController();
    this.#timers.set(key, { atMs, cancel, isRetry });
    void clock.sleep(ms, cancel.signal).then(() => {
      if (cancel.signal.aborted) return;
      this.#timers.delete(key);
      this.enqueue(key);
    });
  }
}
