/** What a CronJob does now: which Jobs it forgets, replaces, makes and clears away. Pure. */
import { cronJobs } from '../../api/resources.ts';
import type { CronJob, CronJobStatus, Job } from '../../api/types/batch-v1.generated.ts';
import type { ObjectReference } from '../../api/types/core-v1.generated.ts';
import { toTime } from '../../base/clock.ts';
import type { EventType } from '../../client/events.ts';
import { conditionOf } from '../job/verdict.ts';
import { controllerReference } from '../owners.ts';
import { findDue, readTimetable, type Timetable, toZonedTime } from './schedule.ts';

export interface Observed {
  readonly cronJob: CronJob;
  /** Those that it controls. */
  readonly jobs: readonly Job[];
  /** Uids of active ones that the server says are gone. */
  readonly missing: ReadonlySet<string>;
  readonly nowMs: number;
  readonly defaultZone: string;
}

export interface Said {
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
}

export interface Plan {
  readonly status: CronJobStatus;
  readonly events: readonly Said[];
  /** Are ended before the next one starts. */
  readonly replace: readonly ObjectReference[];
  readonly create: { readonly job: Job; readonly scheduledMs: number } | undefined;
  /** Have ended and are beyond what is kept. */
  readonly clear: readonly Job[];
  readonly recheckMs: number | undefined;
}

export function planCronJob(observed: Observed): Plan {
  const { cronJob, jobs } = observed;
  const { status, events } = reviewJobs(observed);
  const start = planStart({ ...observed, cronJob: { ...cronJob, status } });
  return {
    replace: [],
    create: undefined,
    recheckMs: undefined,
    ...start,
    status,
    events: [...events, ...(start.events ?? [])],
    clear: planHistory(cronJob, jobs),
  };
}

const normal = (reason: string, message: string): Said => ({ type: 'Normal', reason, message });
const warning = (reason: string, message: string): Said => ({ type: 'Warning', reason, message });

/** How it ended; undefined while it has not. */
const endOf = ({ status = {} }: Job): string | undefined =>
  (conditionOf(status, 'Complete') ?? conditionOf(status, 'Failed'))?.type;

function reviewJobs({ cronJob, jobs, missing }: Observed) {
  const { active: before = [], ...status } = cronJob.status ?? {};
  const events: Said[] = [];
  const ended = new Set<string>();
  let lastSuccess = status.lastSuccessfulTime;
  for (const job of jobs) {
    const { name, uid = '' } = job.metadata ?? {};
    const isActive = before.some((each) => each.uid === uid);
    const end = endOf(job);
    if (!isActive && !end) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      events.push(warning('UnexpectedJob', message));
    } else if (isActive && end) {
      ended.add(uid);
      const message = `Saw completed job: ${name}, condition: ${end}`;
      events.push(normal('SawCompletedJob', message));
    }
    const endTime = end === 'Complete' ? job.status?.completionTime : undefined;
    if (endTime && (!lastSuccess || endTime > lastSuccess)) lastSuccess = endTime;
  }
  for (const { uid = '', name } of before) {
    if (!missing.has(uid)) continue;
    events.push(normal('MissingJob', `Active job went missing: ${name}`));
  }
  const active = before.filter(({ uid = '' }) => !ended.has(uid) && !missing.has(uid));
  const next: CronJobStatus = {
    ...status,
    ...(active.length > 0 && { active }),
    ...(lastSuccess && { lastSuccessfulTime: lastSuccess }),
  };
  return { status: next, events };
}

type Start = Partial<Pick<Plan, 'events' | 'replace' | 'create' | 'recheckMs'>>;

function planStart({ cronJob, nowMs, defaultZone }: Observed): Start {
  const { metadata, spec, status } = cronJob;
  if (metadata?.deletionTimestamp || spec.suspend) return {};
  const timetable = readTimetable(cronJob, defaultZone);
  if ('reason' in timetable) return { events: [warning(timetable.reason, timetable.message)] };
  const { dueMs, isManyMissed, nextMs } = findDue(cronJob, timetable, nowMs);
  const later: Start = nextMs === undefined ? {} : { recheckMs: nextMs - nowMs + slackMs };
  const events = isManyMissed ? [warning('TooManyMissedTimes', tooMany)] : [];
  if (dueMs === undefined) return later;
  const active = status?.active ?? [];
  const deadlineMs = (spec.startingDeadlineSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  if (dueMs + deadlineMs < nowMs) {
    const at = new Date(dueMs).toUTCString().replace('GMT', 'UTC');
    const message = `Missed scheduled time to start a job: ${at}`;
    return { ...later, events: [...events, warning('MissSchedule', message)] };
  }
  const job = jobOf(cronJob, dueMs, timetable);
  if (active.some(({ name }) => name === job.metadata?.name)) return { ...later, events };
  if (spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    const reason = 'prior execution is running and concurrency policy is Forbid';
    const said = normal('JobAlreadyActive', `Not starting job because ${reason}`);
    return { ...later, events: [...events, said] };
  }
  const replace = spec.concurrencyPolicy === 'Replace' ? active : [];
  return { ...later, events, replace, create: { job, scheduledMs: dueMs } };
}

/** Clocks are never quite right: rather a little late than a little early. */
const slackMs = 100;
const tooMany =
  'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';

/** Named after its minute, so that one start makes one Job, however often it is tried. */
function jobOf(cronJob: CronJob, scheduledMs: number, { localTime }: Timetable): Job {
  const { metadata: template = {}, spec } = cronJob.spec.jobTemplate;
  const { name = '', namespace = '' } = cronJob.metadata ?? {};
  return {
    metadata: {
      name: `${name}-${Math.floor(scheduledMs / 60_000)}`,
      namespace,
      ...(template.labels && { labels: template.labels }),
      annotations: {
        ...template.annotations,
        'batch.kubernetes.io/cronjob-scheduled-timestamp': toZonedTime(scheduledMs, localTime),
      },
      ownerReferences: [controllerReference(cronJobs, cronJob)],
    },
    ...(spec && { spec }),
  };
}

function planHistory({ spec }: CronJob, jobs: readonly Job[]): Job[] {
  const limits = { Complete: spec.successfulJobsHistoryLimit, Failed: spec.failedJobsHistoryLimit };
  return Object.entries(limits).flatMap(([end, limit]) => {
    if (limit === undefined) return [];
    const ended = jobs.filter((job) => endOf(job) === end && !job.metadata?.deletionTimestamp);
    return ended.sort(byStart).slice(0, Math.max(0, ended.length - limit));
  });
}

const startOf = ({ metadata, status }: Job): string =>
  `${status?.startTime ?? metadata?.creationTimestamp ?? ''} ${metadata?.name}`;

const byStart = (a: Job, b: Job): number => (startOf(a) < startOf(b) ? -1 : 1);

/** The status once the Job has been made. */
export function withStarted(status: CronJobStatus, job: Job, scheduledMs: number): CronJobStatus {
  const { name = '', namespace = '', uid = '', resourceVersion = '' } = job.metadata ?? {};
  const reference = { apiVersion: 'batch/v1', kind: 'Job', name, namespace, uid, resourceVersion };
  const others = (status.active ?? []).filter((each) => each.uid !== uid);
  return { ...status, active: [...others, reference], lastScheduleTime: toTime(scheduledMs) };
}
