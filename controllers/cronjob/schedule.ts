/** Which start of a CronJob is due, and when the next one is. Pure. */
import { parseCron } from '../../api/cron.ts';
import {
  type LocalTime,
  localTimeIn,
  nextTime,
  type Schedule,
  zoneIn,
} from '../../api/cron-next.ts';
import type { CronJob } from '../../api/types/batch-v1.generated.ts';
import { messageOf } from '../../base/errors.ts';

export interface Due {
  /** The last start that is due and was not made; undefined when none is. Milliseconds. */
  readonly dueMs: number | undefined;
  /** Whether so many were missed that somebody should look. */
  readonly isManyMissed: boolean;
  /** Undefined: never again. */
  readonly nextMs: number | undefined;
}

export interface Timetable {
  readonly schedule: Schedule;
  readonly localTime: LocalTime;
}

/** Why there is no timetable. */
export interface Fault {
  readonly reason: 'UnknownTimeZone' | 'UnparseableSchedule';
  readonly message: string;
}

/** `defaultZone`: where neither the CronJob nor its schedule names one. */
export function readTimetable({ spec }: CronJob, defaultZone: string): Timetable | Fault {
  const zone = spec.timeZone ?? zoneIn(spec.schedule) ?? defaultZone;
  let localTime: LocalTime;
  try {
    localTime = localTimeIn(zone);
  } catch {
    const message = `invalid timeZone: ${JSON.stringify(zone)}: unknown time zone ${zone}`;
    return { reason: 'UnknownTimeZone', message };
  }
  try {
    return { schedule: parseCron(spec.schedule), localTime };
  } catch (error) {
    const shown = JSON.stringify(spec.schedule);
    const message = `unparseable schedule: ${shown} : ${messageOf(error)}`;
    return { reason: 'UnparseableSchedule', message };
  }
}

const manyMissed = 100;

export function findDue(cronJob: CronJob, timetable: Timetable, nowMs: number): Due {
  const { schedule, localTime } = timetable;
  const lastMs = lastStartMs(cronJob);
  const { startingDeadlineSeconds } = cronJob.spec;
  // Starts that are too late to be made are not looked for.
  const sinceMs =
    startingDeadlineSeconds === undefined
      ? lastMs
      : Math.max(lastMs, nowMs - startingDeadlineSeconds * 1000);
  const firstMs = nextTime(schedule, sinceMs, localTime);
  if (firstMs === undefined || firstMs > nowMs) {
    const nextMs = 'seconds' in schedule ? nextTime(schedule, lastMs, localTime) : firstMs;
    return { dueMs: undefined, isManyMissed: false, nextMs };
  }
  const secondMs = nextTime(schedule, firstMs, localTime) ?? Number.POSITIVE_INFINITY;
  const gapMs = secondMs - firstMs;
  const dueMs = lastUntil(timetable, { firstMs, gapMs, nowMs });
  return {
    dueMs,
    isManyMissed: Math.floor((nowMs - firstMs) / gapMs) + 1 > manyMissed,
    nextMs: nextTime(schedule, 'seconds' in schedule ? dueMs : nowMs, localTime),
  };
}

function lastStartMs({ metadata, status }: CronJob): number {
  return Date.parse(status?.lastScheduleTime ?? metadata?.creationTimestamp ?? '') || 0;
}

interface Span {
  readonly firstMs: number;
  readonly gapMs: number;
  readonly nowMs: number;
}

/** Looks back ever further from now, so that a year of missed minutes is not walked through. */
function lastUntil({ schedule, localTime }: Timetable, { firstMs, gapMs, nowMs }: Span): number {
  if ('seconds' in schedule) return firstMs + Math.floor((nowMs - firstMs) / gapMs) * gapMs;
  for (let backMs = gapMs; nowMs - backMs > firstMs; backMs *= 2) {
    const found = lastSince(nowMs - backMs);
    if (found !== undefined) return found;
  }
  return lastSince(firstMs) ?? firstMs;

  function lastSince(sinceMs: number): number | undefined {
    let found: number | undefined;
    let ms = nextTime(schedule, sinceMs, localTime);
    while (ms !== undefined && ms <= nowMs) {
      found = ms;
      ms = nextTime(schedule, ms, localTime);
    }
    return found;
  }
}

/** `2026-01-01T09:00:00+01:00`, as the clocks of the zone show it. */
export function toZonedTime(ms: number, localTime: LocalTime): string {
  const offsetMinutes = Math.round((localTime(ms) - ms) / 60_000);
  const local = new Date(ms + offsetMinutes * 60_000).toISOString().slice(0, 19);
  if (offsetMinutes === 0) return `${local}Z`;
  const size = Math.abs(offsetMinutes);
  const digits = (value: number) => String(value).padStart(2, '0');
  const sign = offsetMinutes < 0 ? '-' : '+';
  return `${local}${sign}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}
