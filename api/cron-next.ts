/**
 * When a schedule is due next, on the clocks of a time zone. A time that summer time leaves out is
 * not made up for; one that comes twice is due twice: as the library does that upstream uses.
 */
import type { CronInterval, CronSchedule } from './cron.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const yearsMax = 5;

export type Schedule = CronSchedule | CronInterval;

/** The zone that a schedule itself names, as old ones do: `CRON_TZ=Europe/Bern 0 3 * * *`. */
export const zoneIn = (schedule: string): string | undefined =>
  /^(?:CRON_)?TZ=(\S*)/.exec(schedule)?.[1];

/** A clock on the wall: milliseconds in which UTC's getters read local time. */
export type LocalTime = (ms: number) => number;

/** @throws RangeError for a zone that nobody knows */
export function localTimeIn(zone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    era: 'short',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  };
}

/** Milliseconds; undefined for a schedule that is never due, as on the 30th of February. */
export function nextTime(
  schedule: Schedule,
  afterMs: number,
  localTime: LocalTime,
): number | undefined {
  if ('seconds' in schedule) return (Math.floor(afterMs / 1000) + schedule.seconds) * 1000;
  let ms = (Math.floor(afterMs / minuteMs) + 1) * minuteMs;
  const lastMs = afterMs + yearsMax * 366 * dayMs;
  while (ms <= lastMs) {
    const local = new Date(localTime(ms));
    if (!schedule.months.has(local.getUTCMonth() + 1) || !isDay(schedule, local)) {
      ms = nextDay(ms, localTime);
    } else if (!schedule.hours.has(local.getUTCHours())) {
      ms += hourMs - (local.getTime() % hourMs);
    } else if (!schedule.minutes.has(local.getUTCMinutes())) {
      ms += minuteMs;
    } else {
      return ms;
    }
  }
  return undefined;
}

function isDay({ days, weekdays, isEitherDay }: CronSchedule, local: Date): boolean {
  const isInMonth = days.has(local.getUTCDate());
  const isInWeek = weekdays.has(local.getUTCDay());
  return isEitherDay ? isInMonth || isInWeek : isInMonth && isInWeek;
}

/** The first moment of the next day, or one shortly before it where a day has 25 hours. */
function nextDay(ms: number, localTime: LocalTime): number {
  const sinceMidnight = localTime(ms) % dayMs;
  const next = ms + dayMs - sinceMidnight;
  // Where a day has 23 hours, this is past midnight already.
  const past = localTime(next) % dayMs;
  const midnight = past < dayMs / 2 ? next - past : next;
  return Math.max(midnight, ms + minuteMs);
}
