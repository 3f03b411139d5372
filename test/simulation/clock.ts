/** Time that passes only when told to: hours of a cluster's life in milliseconds, the same each run. */
import type { Clock } from '../../base/clock.ts';

export interface VirtualClock extends Clock {
  /** Lets everything happen that is due within `ms`, in order, and all that follows from it. */
  advance(ms: number): Promise<void>;
  /** Lets everything happen that needs no time to pass. */
  settle(): Promise<void>;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export function createVirtualClock(startMs = Date.parse('2026-01-01T00:00:00Z')): VirtualClock {
  let nowMs = startMs;
  const sleepers = new Set<Sleeper>();

  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { atMs: nowMs + Math.max(0, ms), wake };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });

  const advance = async (ms: number) => {
    const endMs = nowMs + ms;
    await settle();
    for (;;) {
      // Sets keep the order of insertion, so that equal times wake first come, first served.
      const due = [...sleepers].filter(({ atMs }) => atMs <= endMs);
      const next = due.reduce<Sleeper | undefined>(
        (first, each) => (first && first.atMs <= each.atMs ? first : each),
        undefined,
      );
      if (!next) break;
      nowMs = Math.max(nowMs, next.atMs);
      next.wake();
      await settle();
    }
    nowMs = endMs;
  };

  return { now: () => nowMs, sleep, advance, settle };
}

/** Microtasks all run before an immediate does; a few rounds also let generators hand over. */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
}
