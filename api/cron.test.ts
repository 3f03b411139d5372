import test from 'ava';
import { type CronSchedule, parseCron } from './cron.ts';

const shown = (text: string) => {
  const parsed = parseCron(text);
  if ('seconds' in parsed) return `every ${parsed.seconds}s`;
  const { minutes, hours, days, months, weekdays } = parsed as CronSchedule;
  return [minutes, hours, days, months, weekdays].map((set) => [...set].join(',')).join(' ');
};

const schedules: [text: string, want: string][] = [
  ['5 4 1 1 0', '5 4 1 1 0'],
  ['0-10/5 22/1 */15 jan-MAR sun,Sat', '0,5,10 22,23 1,16,31 1,2,3 0,6'],
  ['  1   2 3 4 5 ', '1 2 3 4 5'],
  ['TZ=UTC 0 0 1 1 *', '0 0 1 1 0,1,2,3,4,5,6'],
  ['@monthly', '0 0 1 1,2,3,4,5,6,7,8,9,10,11,12 0,1,2,3,4,5,6'],
  ['@every 1h30m', 'every 5400s'],
];
for (const [text, want] of schedules) {
  test(`the schedule ${text} runs at ${want}`, (t) => t.is(shown(text), want));
}

const faults: [text: string, want: string][] = [
  ['', 'empty spec string'],
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['* * * 5-2 *', 'beginning of range (5) beyond end of range (2): 5-2'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
  ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ['@sometimes', 'unrecognized descriptor: @sometimes'],
  ['@every soon', 'failed to parse duration @every soon: time: invalid duration "soon"'],
];
for (const [text, message] of faults) {
  test(`the schedule "${text}" is none`, (t) => {
    t.throws(() => parseCron(text), { message });
  });
}

test('days of the month and of the week: either one is enough only where both are told', (t) => {
  const isEither = (text: string) => (parseCron(text) as CronSchedule).isEitherDay;
  t.true(isEither('0 0 1 * 1'));
  t.false(isEither('0 0 * * 1'));
  t.true(isEither('0 0 */2 * 1'));
  t.false(isEither('0 0 */1 * 1'));
});
