/**
 * Pods that wait for a place. Those that found none wait until the cluster changes, each for a
 * growing time: nothing is tried again just because time has passed (but for a rare safety net).
 */
import type { Clock } from '../base/clock.ts';

const backoffMsMin = 1000;
const backoffMsMax = 10_000;

interface Waiting {
  readonly key: string;
  readonly priority: number;
  readonly sinceMs: number;
}

interface Failed extends Waiting {
  readonly untilMs: number;
  hasReason: boolean; // The cluster has changed since it failed.
}

export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #wake: () => void;
  readonly #active: Waiting[] = []; // Best last.
  readonly #activeKeys = new Set<string>();
  readonly #failed = new Map<string, Failed>();
  readonly #attempts = new Map<string, number>();
  readonly #sinceMs = new Map<string, number>(); // Of those tried before: they keep their turn.
  #wakeAtMs = Number.POSITIVE_INFINITY;

  /** `wake` is called when there is something to pop again. */
  constructor(options: { clock: Clock; signal: AbortSignal; wake: () => void }) {
    this.#clock = options.clock;
    this.#signal = options.signal;
    this.#wake = options.wake;
  }

  /** A new pod, or one that was changed by its user: worth a try at once. */
  add(key: string, priority: number): void {
    if (this.#activeKeys.has(key)) return;
    const sinceMs = this.#sinceMs.get(key) ?? this.#clock.now();
    this.#failed.delete(key);
    this.#activate({ key, priority, sinceMs });
  }

  remove(key: string): void {
    this.#failed.delete(key);
    this.#attempts.delete(key);
    this.#sinceMs.delete(key);
    if (!this.#activeKeys.delete(key)) return;
    const i = this.#active.findIndex((waiting) => waiting.key === key);
    if (i >= 0) this.#active.splice(i, 1);
  }

  /** The one with the highest priority; among equals the one that has waited longest. */
  pop(): string | undefined {
    const next = this.#active.pop();
    if (!next) return undefined;
    this.#activeKeys.delete(next.key);
    this.#sinceMs.set(next.key, next.sinceMs);
    return next.key;
  }

  /** The pod found no place. `isTransient`: by no fault of the cluster, so try again soon. */
  fail(key: string, priority: number, isTransient = false): void {
    const attempts = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempts);
    const nowMs = this.#clock.now();
    const untilMs = nowMs + Math.min(backoffMsMin * 2 ** (attempts - 1), backoffMsMax);
    const sinceMs = this.#sinceMs.get(key) ?? nowMs;
    this.#failed.set(key, { key, priority, sinceMs, untilMs, hasReason: isTransient });
    if (isTransient) this.#schedule(untilMs);
  }

  /** The cluster has changed so that what failed before may fit now. */
  retryFailed(): void {
    let firstMs = Number.POSITIVE_INFINITY;
    for (const failed of this.#failed.values()) {
      failed.hasReason = true;
      firstMs = Math.min(firstMs, failed.untilMs);
    }
    if (firstMs < Number.POSITIVE_INFINITY) this.#schedule(firstMs);
  }

  /** Active pods and pods without a place, for the metrics. */
  sizes(): { active: number; unschedulable: number } {
    return { active: this.#active.length, unschedulable: this.#failed.size };
  }

  #activate(waiting: Waiting): void {
    let low = 0;
    let high = this.#active.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.#active[middle]!, waiting)) high = middle;
      else low = middle + 1;
    }
    this.#active.splice(low, 0, waiting);
    this.#activeKeys.add(waiting.key);
    this.#wake();
  }

  #schedule(atMs: number): void {
    if (atMs >= this.#wakeAtMs) return;
    this.#wakeAtMs = atMs;
    void this.#clock.sleep(Math.max(0, atMs - this.#clock.now()), this.#signal).then(() => {
      if (this.#wakeAtMs === atMs) this.#wakeAtMs = Number.POSITIVE_INFINITY;
      if (!this.#signal.aborted) this.#release();
    });
  }

  #release(): void {
    const nowMs = this.#clock.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const failed of [...this.#failed.values()]) {
      if (!failed.hasReason) continue;
      if (failed.untilMs > nowMs) nextMs = Math.min(nextMs, failed.untilMs);
      else {
        this.#failed.delete(failed.key);
        this.#activate(failed);
      }
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#schedule(nextMs);
  }
}

/** Whether a is to be popped before b. */
const isBefore = (a: Waiting, b: Waiting) =>
  a.priority === b.priority ? a.sinceMs <= b.sinceMs : a.priority > b.priority;
