import test from 'ava';
import { formatAge, formatDuration } from './duration.ts';

const cases: [seconds: number, want: string][] = [
  [-2, '<invalid>'],
  [-1, '0s'],
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [599, '9m59s'],
  [600, '10m'],
  [179 * 60 + 59, '179m'],
  [3 * 3600, '3h'],
  [3 * 3600 + 20 * 60, '3h20m'],
  [8 * 3600 + 59 * 60, '8h'],
  [47 * 3600, '47h'],
  [48 * 3600, '2d'],
  [7 * 86_400 + 5 * 3600, '7d5h'],
  [8 * 86_400 + 5 * 3600, '8d'],
  [729 * 86_400, '729d'],
  [730 * 86_400, '2y'],
  [(3 * 365 + 10) * 86_400, '3y10d'],
  [(8 * 365 + 10) * 86_400, '8y'],
];
for (const [seconds, want] of cases) {
  test(`formatDuration shows ${seconds} s as ${want}`, (t) => {
    t.is(formatDuration(seconds * 1000), want);
  });
}

test('formatAge knows no age without a time', (t) => t.is(formatAge(undefined, 0), '<unknown>'));
