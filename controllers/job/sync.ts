/** One look at one Job: decide, change its pods, count them, let them go. */
import { jobs } from '../../api/resources.ts';
import type { Job, JobStatus } from '../../api/types/batch-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import { keyOf } from '../../client/keys.ts';
import type { Context } from '../controller.ts';
import type { JobPods, Outcome } from './apply.ts';
import type { Backoff } from './backoff.ts';
import { planPods } from './plan.ts';
import { cleaned, finish, isSameStatus, planSuspension, planTracking, settle } from './status.ts';
import { countReady, isUncounted, type Observed, type Tally, tallyOf } from './tally.ts';
import { deadlineMs, isComplete, judge, type Verdict } from './verdict.ts';

export interface Sync {
  readonly context: Context;
  readonly pods: JobPods;
  /** Keeps the newest that we wrote: the cache may be behind it. */
  readonly wrote: (job: Job) => void;
  readonly setBackoff: (backoff: Backoff) => void;
}

/** Returns when to look again, if time alone changes something. */
export async function syncJob(sync: Sync, given: Observed): Promise<number | undefined> {
  const observed = started(given);
  const tally = tallyOf(observed);
  const found = judge(observed, tally);
  const change = planPods(observed, tally, found);
  const outcome = await sync.pods.apply(observed.job, change);
  const { status, verdict, event } = planStatus(observed, tally, { found, outcome });
  if (event)
    sync.context.recorder.event(observed.job, 'Normal', event, `Job ${event.toLowerCase()}`);
  const tracking = planTracking(observed, tally, { status, verdict });
  let job = await writeStatus(sync, observed.job, tracking.status, given.job.status);
  sync.setBackoff(tally.backoff);
  const key = keyOf(job);
  const error = await sync.pods.release(key, tracking.release);
  const released = sync.pods.released(key);
  const tracked = observed.pods.filter((pod) => isUncounted({ ...observed, released }, pod));
  const left = new Set(tracked.map(({ metadata }) => metadata?.uid ?? ''));
  // The released ones that are gone already are in neither set: counted, too.
  for (const pod of error ? [] : tracking.release) left.delete(pod.metadata?.uid ?? '');
  const settled = settle(job.status ?? {}, left);
  const end = tracking.isFull || error ? undefined : finish(settled, verdict, observed.nowMs);
  job = await writeStatus(sync, job, end ?? settled, job.status);
  if (end && verdict) tellEnd(sync.context, job, verdict);
  const failure = outcome.error ?? error;
  if (failure) throw failure;
  if (tracking.isFull) return 0;
  // Once it has passed, the pods' ends bring us back: looking again at once would never rest.
  const deadline = end ? undefined : deadlineMs({ ...observed, job });
  const waits = [change.recheckMs, deadline === 0 ? undefined : deadline];
  return waits.reduce((a, b) => (a === undefined || (b ?? a) < a ? b : a), undefined);
}

/** Its clock begins with the first look at it, unless it is suspended. */
function started(observed: Observed): Observed {
  const { job, nowMs } = observed;
  if (job.status?.startTime || job.spec?.suspend) return observed;
  return { ...observed, job: { ...job, status: { ...job.status, startTime: toTime(nowMs) } } };
}

interface Reached {
  readonly status: JobStatus;
  readonly verdict: Verdict | undefined;
  readonly event?: 'Suspended' | 'Resumed';
}

function planStatus(
  observed: Observed,
  tally: Tally,
  { found, outcome }: { readonly found: Verdict | undefined; readonly outcome: Outcome },
): Reached {
  const { job, nowMs, isCounted } = observed;
  const { created, deleted } = outcome;
  const active = tally.active.length + created - deleted.length;
  const counts = {
    active,
    ready: countReady(tally.active) - countReady(deleted),
    terminating: tally.terminating + deleted.length,
  };
  const status = { ...job.status, ...counts };
  // While one may still be working, or may be there without our knowing, it is not the end.
  if (found) return { status, verdict: active === 0 && isCounted ? found : undefined };
  if (isComplete(job, tally.succeeded, active)) {
    const message = 'Reached expected number of succeeded pods';
    return {
      status,
      verdict: { type: 'SuccessCriteriaMet', reason: 'CompletionsReached', message },
    };
  }
  if (!isCounted || job.metadata?.deletionTimestamp) return { status, verdict: undefined };
  return { ...planSuspension(job, status, nowMs), verdict: undefined };
}

async function writeStatus(
  { context, wrote }: Sync,
  job: Job,
  status: JobStatus,
  before: JobStatus | undefined,
): Promise<Job> {
  const next = { ...job, status: cleaned(status) };
  if (before && isSameStatus(status, before)) return next;
  const written = await context.client.update(jobs, next, { subresource: 'status' });
  wrote(written);
  return written;
}

function tellEnd({ recorder }: Context, job: Job, { type, reason, message }: Verdict): void {
  if (type === 'FailureTarget') {
    recorder.event(job, 'Warning', reason, message);
    return;
  }
  const { completions } = job.spec ?? {};
  if (completions !== undefined && (job.status?.succeeded ?? 0) > completions) {
    const tooMany = 'Too many succeeded pods running after completion count reached';
    recorder.event(job, 'Warning', 'TooManySucceededPods', tooMany);
  }
  recorder.event(job, 'Normal', 'Completed', 'Job completed');
}
