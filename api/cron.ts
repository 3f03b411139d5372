/**
 * Schedules of CronJobs, as the library that upstream uses reads them: five fields, names of months
 * and weekdays, steps and ranges, and `@hourly` and its like. The sentences of its errors, too.
 */

/** When to run: the values that each field takes. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** Whether both days and weekdays say something: then either one is enough. */
  readonly isEitherDay: boolean;
}

/** `@every 90s`: a distance instead of a time. */
export interface CronInterval {
  readonly seconds: number;
}

/** @throws Error with upstream's sentence */
export function parseCron(text: string): CronSchedule | CronInterval {
  const fieldsText = text.replace(/^(CRON_)?TZ=\S*\s*/, '');
  if (fieldsText === '') throw new Error('empty spec string');
  if (fieldsText.startsWith('@')) return parseDescriptor(fieldsText);
  const parts = fieldsText.trim().split(/\s+/);
  if (parts.length !== fields.length) {
    throw new Error(`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`);
  }
  return scheduleOf(parts);
}

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const monthNames = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const weekdayNames = 'sun mon tue wed thu fri sat'.split(' ');

const fields: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: monthNames },
  { min: 0, max: 6, names: weekdayNames },
];

function scheduleOf(parts: readonly string[]): CronSchedule {
  const values = parts.map((part, index) => parseField(part, fields[index]!));
  const [minutes, hours, days, months, weekdays] = values as [Set<number>, ...Set<number>[]];
  // `*/2` says something, `*` does not.
  const isOpen = (index: number) =>
    parts[index]!.split(',').some((part) => /^[*?](?:-[^/]*)?(?:\/0*1)?$/.test(part));
  return {
    minutes,
    hours: hours!,
    days: days!,
    months: months!,
    weekdays: weekdays!,
    isEitherDay: !isOpen(2) && !isOpen(4),
  };
}

const descriptors = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

function parseDescriptor(text: string): CronSchedule | CronInterval {
  const known = descriptors.get(text);
  if (known) return scheduleOf(known.split(' '));
  const every = '@every ';
  if (!text.startsWith(every)) throw new Error(`unrecognized descriptor: ${text}`);
  const duration = text.slice(every.length);
  const seconds = parseDuration(duration);
  if (seconds !== undefined) return { seconds: Math.max(1, Math.trunc(seconds)) };
  throw new Error(
    `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`,
  );
}

const unitSeconds = new Map(
  Object.entries({ h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 }),
);

/** `1h30m`; undefined if it is none. */
function parseDuration(text: string): number | undefined {
  const terms = [...text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/gy)];
  if (terms.length === 0 || terms.map(([term]) => term).join('') !== text) return undefined;
  return terms.reduce((sum, [, amount, unit]) => {
    return sum + Number(amount) * (unitSeconds.get(unit!) ?? 0);
  }, 0);
}

function parseField(text: string, field: Field): Set<number> {
  const values = new Set<number>();
  for (const part of text.split(',').filter((each) => each !== '')) {
    const { start, end, step } = parseRange(part, field);
    for (let value = start; value <= end; value += step) values.add(value);
  }
  return values;
}

/** `5`, `1-5`, `*`, each with `/2` behind it. */
function parseRange(text: string, field: Field) {
  const [range = '', stepText, ...more] = text.split('/');
  const [low = '', high, ...others] = range.split('-');
  const isOpen = low === '*' || low === '?';
  if (!isOpen && others.length > 0) throw new Error(`too many hyphens: ${text}`);
  if (more.length > 0) throw new Error(`too many slashes: ${text}`);
  const start = isOpen ? field.min : parseValue(low, field);
  let end = isOpen ? field.max : high === undefined ? start : parseValue(high, field);
  const step = stepText === undefined ? 1 : parseNumber(stepText);
  // `5/15` is from 5 on.
  if (stepText !== undefined && !isOpen && high === undefined) end = field.max;
  if (start < field.min) {
    throw new Error(`beginning of range (${start}) below minimum (${field.min}): ${text}`);
  }
  if (end > field.max) {
    throw new Error(`end of range (${end}) above maximum (${field.max}): ${text}`);
  }
  if (start > end) {
    throw new Error(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  }
  if (step === 0) throw new Error(`step of range should be a positive number: ${text}`);
  return { start, end, step };
}

function parseValue(text: string, { names, min }: Field): number {
  const index = names?.indexOf(text.toLowerCase()) ?? -1;
  return index < 0 ? parseNumber(text) : index + min;
}

function parseNumber(text: string): number {
  if (/^[+]?\d{1,18}$/.test(text)) return Number(text);
  if (/^-\d{1,18}$/.test(text)) throw new Error(`negative number (${text}) not allowed: ${text}`);
  throw new Error(
    `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: ` +
      'invalid syntax',
  );
}
