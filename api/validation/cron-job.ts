import type { StatusCause } from '../../base/errors.ts';
import { parseCron } from '../cron.ts';
import type { CronJob, CronJobSpec, JobTemplateSpec } from '../types/batch-v1.generated.ts';
import { invalidValue, requiredValue, unsupportedValue } from './cause.ts';
import { checkJobSpec } from './job.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { notNegative } from './numbers.ts';

const nameBytesMax = 52; // Its Jobs get eleven more.

export function validateCronJob(job: CronJob, old: CronJob | undefined): StatusCause[] {
  const { spec } = job;
  const causes = validateMetadata(job, old, namespacedSubdomain);
  const name = job.metadata?.name ?? '';
  if (!old && name.length > nameBytesMax) {
    const detail = `must be no more than ${nameBytesMax} bytes`;
    causes.push(invalidValue('metadata.name', name, detail));
  }
  if (!spec) return causes;
  const isNewZone = !old || old.spec?.timeZone !== spec.timeZone;
  return [
    ...causes,
    ...checkSchedule(spec, old?.spec),
    ...notNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...(isNewZone ? checkTimeZone(spec.timeZone, 'spec.timeZone') : []),
    ...(spec.concurrencyPolicy ? [] : [requiredValue('spec.concurrencyPolicy')]),
    ...checkTemplate(spec.jobTemplate, 'spec.jobTemplate'),
    ...notNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...notNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  ];
}

function checkSchedule({ schedule, timeZone }: CronJobSpec, old: CronJobSpec | undefined) {
  const field = 'spec.schedule';
  if (schedule === undefined) return []; // Reported by the schema.
  if (schedule === '') return [requiredValue(field)];
  const causes: StatusCause[] = [];
  try {
    parseCron(schedule);
  } catch (error) {
    causes.push(invalidValue(field, schedule, (error as Error).message));
  }
  if (!schedule.includes('TZ')) return causes;
  if (!old?.schedule.includes('TZ')) {
    const detail = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    causes.push(invalidValue(field, schedule, detail));
  } else if (timeZone !== undefined) {
    const detail = 'cannot use both timeZone field and TZ or CRON_TZ in schedule';
    causes.push(invalidValue(field, schedule, detail));
  }
  return causes;
}

function checkTimeZone(zone: string | undefined, field: string): StatusCause[] {
  if (zone === undefined) return [];
  if (zone === '') return [invalidValue(field, zone, 'timeZone must be nil or non-empty string')];
  if (zone.toLowerCase() === 'local') {
    const detail =
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    return [invalidValue(field, zone, detail)];
  }
  return isTimeZone(zone) ? [] : [invalidValue(field, zone, `unknown time zone ${zone}`)];
}

const zonePart = /^[A-Za-z._0-9+][A-Za-z.\-_0-9+]{0,13}$/;

/** Offsets like `+01:00` are zones to JavaScript, but not to Kubernetes. */
function isTimeZone(zone: string): boolean {
  const isName = zone
    .split('/')
    .every((part) => part !== '.' && part !== '..' && zonePart.test(part));
  if (!isName || /^[+-]?\d/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Selectors come with each Job. */
function checkTemplate(template: JobTemplateSpec | undefined, path: string): StatusCause[] {
  if (!template?.spec) return [];
  const { selector, manualSelector } = template.spec;
  const causes = checkJobSpec(template.spec, `${path}.spec`);
  if (selector) {
    const detail = '`selector` will be auto-generated';
    causes.push(invalidValue(`${path}.spec.selector`, selector, detail));
  }
  if (manualSelector) {
    causes.push(unsupportedValue(`${path}.spec.manualSelector`, true, ['nil', 'false']));
  }
  return causes;
}
