import {
  ageColumn,
  column,
  countColumn,
  nameColumn,
  none,
  selectorColumn,
  templateColumns,
} from '../columns.ts';
import { defaultPodTemplate } from '../defaults/pod.ts';
import { formatAge } from '../duration.ts';
import type { Resource } from '../resource.ts';
import type { CronJob } from '../types/batch-v1.generated.ts';
import { validateCronJob } from '../validation/cron-job.ts';
import { templateWarnings } from './pod-warnings.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const cronJobs: Resource<CronJob> = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [statusOf('CronJob')],
  hasStatus: true,
  columns: [
    nameColumn,
    column('Schedule', 'When it runs.', ({ spec }) => spec?.schedule ?? ''),
    column('Timezone', 'Whose time that is.', ({ spec }) => spec?.timeZone ?? none),
    column('Suspend', 'Whether it rests.', ({ spec }) => {
      if (spec?.suspend === undefined) return '<unset>';
      return spec.suspend ? 'True' : 'False';
    }),
    countColumn('Active', 'Jobs that run.', ({ status }) => status?.active?.length ?? 0),
    column('Last Schedule', 'Time since it last ran.', ({ status }, now) => {
      return status?.lastScheduleTime ? formatAge(status.lastScheduleTime, now) : none;
    }),
    ageColumn,
    ...templateColumns<CronJob>(({ spec }) => {
      return spec?.jobTemplate.spec?.template.spec?.containers;
    }),
    selectorColumn(({ spec }) => spec?.jobTemplate.spec?.selector),
  ],
  applyDefaults: ({ spec }) => {
    if (!spec) return;
    spec.concurrencyPolicy ||= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    defaultPodTemplate(spec.jobTemplate?.spec?.template);
  },
  validate: validateCronJob,
  warnings: ({ spec }, old) => [
    ...(spec?.schedule?.includes('TZ')
      ? ['spec.schedule: CRON_TZ or TZ used in schedule is not officially supported']
      : []),
    ...templateWarnings(
      spec?.jobTemplate?.spec?.template,
      old?.spec?.jobTemplate?.spec?.template,
      'spec.jobTemplate.spec.template',
    ),
  ],
  prepareCreate: (draft) => {
    draft.status = {};
  },
};
