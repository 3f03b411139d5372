import { ageColumn, column, nameColumn, selectorColumn, templateColumns } from '../columns.ts';
import { defaultPodTemplate } from '../defaults/pod.ts';
import { formatAge, formatDuration } from '../duration.ts';
import type { Resource } from '../resource.ts';
import type { Job, JobSpec } from '../types/batch-v1.generated.ts';
import { validateJob } from '../validation/job.ts';
import { isJobCondition } from '../validation/job-status.ts';
import { nameWarnings, templateWarnings } from './pod-warnings.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const jobs: Resource<Job> = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  singular: 'job',
  categories: ['all'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [statusOf('Job')],
  hasStatus: true,
  columns: [
    nameColumn,
    column('Status', 'What has become of it.', statusCell),
    column('Completions', 'Pods that succeeded of those that must.', completionsCell),
    column('Duration', 'From the start to the end, or until now.', durationCell),
    ageColumn,
    ...templateColumns<Job>(({ spec }) => spec?.template.spec?.containers),
    selectorColumn(({ spec }) => spec?.selector),
  ],
  fields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  applyDefaults: defaultJob,
  validate: validateJob,
  warnings: (job, old) => [
    ...(old ? [] : [...nameWarnings(job.metadata), ...indexWarnings(job)]),
    ...templateWarnings(job.spec?.template, old?.spec?.template),
  ],
  prepareCreate: (draft) => {
    draft.status = {};
    if (!draft.spec?.manualSelector) selectOwnPods(draft);
  },
};

/** More than a status can tell of. */
function indexWarnings({ spec }: Job): string[] {
  const { completionMode, completions = 0, parallelism = 0 } = spec ?? {};
  if (completionMode !== 'Indexed' || completions <= 100_000 || parallelism <= 10_000) return [];
  return [
    'spec.completions: In Indexed Jobs with a number of completions higher than 10^5 and a ' +
      'parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes ' +
      'when a big number of indexes fail',
  ];
}

function defaultJob({ metadata, spec }: Job): void {
  if (!spec) return;
  // Neither given: one pod, once. Only parallelism given: a work queue.
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1;
  const { labels } = spec.template?.metadata ?? {};
  if (labels && metadata && Object.keys(metadata.labels ?? {}).length === 0) {
    metadata.labels = { ...labels };
  }
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  defaultFailurePolicy(spec);
  defaultPodTemplate(spec.template);
}

function defaultFailurePolicy({ podFailurePolicy }: JobSpec): void {
  const patterns = (podFailurePolicy?.rules ?? []).flatMap(({ onPodConditions = [] }) => {
    return onPodConditions;
  });
  for (const pattern of patterns) pattern.status ||= 'True';
}

/** Its pods are those with its uid on them. Labels that say otherwise are refused later. */
function selectOwnPods({ metadata, spec }: Job): void {
  const { uid = '', name = '' } = metadata ?? {};
  if (!spec?.template) return;
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const given = spec.template.metadata?.labels;
  spec.template.metadata = { ...spec.template.metadata, labels: { ...labels, ...given } };
  const key = 'batch.kubernetes.io/controller-uid';
  spec.selector = {
    ...spec.selector,
    matchLabels: { [key]: uid, ...spec.selector?.matchLabels },
  };
}

function statusCell({ metadata, status }: Job): string {
  const is = (type: string) => isJobCondition(status, type);
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (metadata?.deletionTimestamp) return 'Terminating';
  const type = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(is);
  return type ?? 'Running';
}

function completionsCell({ spec, status }: Job): string {
  const { completions, parallelism = 0 } = spec ?? {};
  const succeeded = status?.succeeded ?? 0;
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationCell({ status }: Job, now: number): string {
  const { startTime, completionTime } = status ?? {};
  if (!startTime) return '';
  if (!completionTime) return formatAge(startTime, now);
  return formatDuration(Date.parse(completionTime) - Date.parse(startTime));
}
