/** Which pods a Job is to make and to end now. Pure. */
import type { Job } from '../../api/types/batch-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { isTerminating } from '../pods.ts';
import { sortVictims } from '../replicaset/victims.ts';
import { remainingMs } from './backoff.ts';
import { firstOutside, noIndexes, unionOf, withIndexes } from './indexes.ts';
import { endedAtMs, indexOf, isIndexed, isPerIndex, replacesOnlyFailed } from './pods.ts';
import { failuresOf, type Observed, type Tally } from './tally.ts';
import type { NewPod } from './template.ts';
import type { Verdict } from './verdict.ts';

/** Makes or ends, never both: the next look sees what came of it. */
export interface Change {
  readonly create: readonly NewPod[];
  readonly delete: readonly Pod[];
  /** Those that go are too many, not failures: let go before they end. */
  readonly isSurplus?: boolean;
  /** When time alone allows more. */
  readonly recheckMs?: number;
}

const changesMax = 500;
const nothing: Change = { create: [], delete: [] };

export function planPods(observed: Observed, tally: Tally, verdict: Verdict | undefined): Change {
  const { job, isCounted } = observed;
  if (!isCounted) return nothing;
  if (verdict) return { create: [], delete: tally.active };
  if (job.metadata?.deletionTimestamp) return nothing;
  const wanted = job.spec?.suspend ? 0 : wantedActive(job, tally);
  const victims = planVictims(observed, tally, tally.active.length - wanted);
  if (victims.length > 0) {
    return { create: [], delete: victims.slice(0, changesMax), isSurplus: true };
  }
  if (job.spec?.suspend) return nothing;
  const leaving = replacesOnlyFailed(job) ? tally.terminating : 0;
  const missing = wanted - leaving - tally.active.length;
  return missing > 0 ? planNew(observed, tally, Math.min(missing, changesMax)) : nothing;
}

function wantedActive({ spec }: Job, { succeeded, active }: Tally): number {
  const { completions, parallelism = 1 } = spec ?? {};
  // A queue that one pod found empty: who works goes on, nobody new begins.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(parallelism, completions - succeeded));
}

/** Those whose index is doubled or no longer there, and as many more as are too many. */
function planVictims({ job, nowMs }: Observed, tally: Tally, surplus: number): readonly Pod[] {
  const sorted = sortVictims(tally.active, [], nowMs);
  if (!isIndexed(job)) return sorted.slice(0, Math.max(0, surplus));
  const kept = new Map<number, Pod>();
  for (const pod of sorted) {
    const index = indexOf(pod, job);
    if (index !== undefined) kept.set(index, pod); // The last of an index is worth most.
  }
  const keep = new Set(kept.values());
  const useless = sorted.filter((pod) => !keep.has(pod));
  const others = sorted.filter((pod) => keep.has(pod));
  return [...useless, ...others.slice(0, Math.max(0, surplus - useless.length))];
}

function planNew(observed: Observed, tally: Tally, count: number): Change {
  const { job, nowMs } = observed;
  if (!isPerIndex(job)) {
    const waitMs = remainingMs(tally.backoff, nowMs);
    if (waitMs > 0) return { ...nothing, recheckMs: waitMs };
  }
  if (!isIndexed(job)) return { create: Array.from({ length: count }, () => ({})), delete: [] };
  const candidates = firstOutside(takenIndexes(observed, tally), count, job.spec?.completions ?? 0);
  const waits = new Map(
    candidates.map((index) => [index, waitOf(tally.delayed.get(index), nowMs)]),
  );
  const ready = candidates.filter((index) => waits.get(index) === 0);
  const create = ready.map((index) => {
    const replaces = tally.delayed.get(index);
    return { index, ...(replaces && { replaces }) };
  });
  const pending = [...waits.values()].filter((ms) => ms > 0);
  return { create, delete: [], ...(pending.length > 0 && { recheckMs: Math.min(...pending) }) };
}

function takenIndexes({ job, pods }: Observed, tally: Tally) {
  const leaving = replacesOnlyFailed(job) ? pods.filter(isTerminating) : [];
  const present = [...tally.active, ...leaving].flatMap((pod) => indexOf(pod, job) ?? []);
  const over = unionOf(tally.succeededIndexes, tally.failedIndexes ?? noIndexes);
  return withIndexes(over, present);
}

function waitOf(last: Pod | undefined, nowMs: number): number {
  if (!last) return 0;
  return remainingMs({ failures: failuresOf(last) + 1, lastFailureMs: endedAtMs(last) }, nowMs);
}
