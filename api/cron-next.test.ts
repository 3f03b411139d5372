import test from 'ava';
import { parseCron } from './cron.ts';
import { localTimeIn, nextTime, zoneIn } from './cron-next.ts';

/** The next times after one, in UTC. */
function times(schedule: string, zone: string, after: string, count = 3): string[] {
  const parsed = parseCron(schedule);
  const local = localTimeIn(zone);
  const found: string[] = [];
  let ms: number | undefined = Date.parse(after);
  while (found.length < count) {
    ms = nextTime(parsed, ms, local);
    if (ms === undefined) break;
    found.push(new Date(ms).toISOString().replace(':00.000Z', ''));
  }
  return found;
}

type Case = readonly [string, string, string, string, readonly string[]];

const cases: readonly Case[] = [
  [
    'every quarter',
    '*/15 * * * *',
    'UTC',
    '2026-01-01T10:14:59Z',
    ['2026-01-01T10:15', '2026-01-01T10:30', '2026-01-01T10:45'],
  ],
  [
    'not the time that it is asked at',
    '0 0 * * *',
    'UTC',
    '2026-01-01T00:00:00Z',
    ['2026-01-02T00:00', '2026-01-03T00:00', '2026-01-04T00:00'],
  ],
  [
    'the 13th or a Friday',
    '0 0 13 * 5',
    'UTC',
    '2026-01-01T00:00:00Z',
    ['2026-01-02T00:00', '2026-01-09T00:00', '2026-01-13T00:00'],
  ],
  [
    'each second day or a Monday',
    '0 0 */2 * 1',
    'UTC',
    '2026-01-03T00:00:00Z',
    ['2026-01-05T00:00', '2026-01-07T00:00', '2026-01-09T00:00'],
  ],
  [
    'a leap day',
    '0 12 29 2 *',
    'UTC',
    '2025-01-01T00:00:00Z',
    ['2028-02-29T12:00', '2032-02-29T12:00', '2036-02-29T12:00'],
  ],
  ['a day that never is', '0 0 30 2 *', 'UTC', '2026-01-01T00:00:00Z', []],
  [
    'a time that summer time leaves out, not that day',
    '30 2 * * *',
    'Europe/Zurich',
    '2026-03-27T12:00:00Z',
    ['2026-03-28T01:30', '2026-03-30T00:30', '2026-03-31T00:30'],
  ],
  [
    'a time that comes twice, twice',
    '30 2 * * *',
    'Europe/Zurich',
    '2026-10-24T12:00:00Z',
    ['2026-10-25T00:30', '2026-10-25T01:30', '2026-10-26T01:30'],
  ],
  [
    'once a day through both changes',
    '0 9 * * *',
    'America/New_York',
    '2026-03-07T00:00:00Z',
    ['2026-03-07T14:00', '2026-03-08T13:00', '2026-03-09T13:00'],
  ],
  [
    'midnight where the change is at midnight',
    '0 0 * * *',
    'America/Asuncion',
    '2023-09-30T12:00:00Z',
    ['2023-10-02T03:00', '2023-10-03T03:00', '2023-10-04T03:00'],
  ],
  [
    'the first hour after a day of 23 hours',
    '0 0 * * *',
    'Europe/Zurich',
    '2026-03-28T12:00:00Z',
    ['2026-03-28T23:00', '2026-03-29T22:00', '2026-03-30T22:00'],
  ],
  [
    'on the hour where clocks are 45 minutes off',
    '0 * * * *',
    'Asia/Kathmandu',
    '2026-01-01T00:00:00Z',
    ['2026-01-01T00:15', '2026-01-01T01:15', '2026-01-01T02:15'],
  ],
];

for (const [name, schedule, zone, after, want] of cases) {
  test(`nextTime: ${name}`, (t) => t.deepEqual(times(schedule, zone, after), [...want]));
}

test('an interval counts from the time it is asked at', (t) => {
  t.is(
    nextTime({ seconds: 90 }, 1500, (ms) => ms),
    91_000,
  );
});

test('a schedule may name its zone itself', (t) => {
  t.is(zoneIn('CRON_TZ=Europe/Bern 0 3 * * *'), 'Europe/Bern');
  t.is(zoneIn('0 3 * * *'), undefined);
  t.throws(() => localTimeIn('Nowhere/At_All'));
});
