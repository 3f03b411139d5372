/** How long a Job waits after a failure before it makes the next pod. Pure. */
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { endedAtMs } from './pods.ts';

const firstMs = 10_000;
const longestMs = 600_000;

export interface Backoff {
  /** Since the last success. */
  readonly failures: number;
  readonly lastFailureMs: number;
}

export const noBackoff: Backoff = { failures: 0, lastFailureMs: 0 };

/** Adds what ended since, in the order in which it did. */
export function nextBackoff(
  before: Backoff,
  succeeded: readonly Pod[],
  failed: readonly Pod[],
): Backoff {
  if (failed.length === 0) return succeeded.length > 0 ? noBackoff : before;
  const lastSuccessMs = Math.max(Number.NEGATIVE_INFINITY, ...succeeded.map(endedAtMs));
  const since = failed.map(endedAtMs).filter((ms) => ms > lastSuccessMs);
  const old = succeeded.length > 0 ? noBackoff : before;
  return {
    failures: old.failures + since.length,
    lastFailureMs: Math.max(old.lastFailureMs, ...since),
  };
}

/** Milliseconds to wait from now; 0: none. */
export function remainingMs({ failures, lastFailureMs }: Backoff, nowMs: number): number {
  if (failures <= 0) return 0;
  const waitMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 10));
  return Math.max(0, lastFailureMs + waitMs - nowMs);
}
