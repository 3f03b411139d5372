/** Jobs: pods that end, so many of them, with so many failures. */
import type { StatusCause } from '../../base/errors.ts';
import { matchesLabelSelector } from '../labels.ts';
import { isDns1123Label, isDns1123Subdomain } from '../names.ts';
import type { Job, JobSpec } from '../types/batch-v1.generated.ts';
import type { PodSpec } from '../types/core-v1.generated.ts';
import {
  invalidValue,
  problemsOf,
  requiredValue,
  tooLongValue,
  unsupportedValue,
} from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { checkFailurePolicy, checkSuccessPolicy } from './job-policies.ts';
import { checkJobStatus, isJobCondition } from './job-status.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { notNegative } from './numbers.ts';
import { isSame } from './same.ts';
import { checkSelector } from './selector.ts';
import { checkMatch, checkTemplate } from './template.ts';

export function validateJob(job: Job, old: Job | undefined): StatusCause[] {
  const { spec } = job;
  const causes = validateMetadata(job, old, namespacedSubdomain);
  if (!spec) return causes;
  if (!old) causes.push(...checkGenerated(job, spec), ...checkHostname(job, spec));
  causes.push(...checkJobSpec(spec, 'spec'));
  if (!spec.selector) causes.push(requiredValue('spec.selector'));
  else {
    causes.push(...checkSelector(spec.selector, 'spec.selector'));
    causes.push(...checkMatch(spec.selector, spec.template));
  }
  if (!old) return causes;
  if (old.spec) causes.push(...checkChange(spec, old));
  return isSame(job.status, old.status) ? causes : [...causes, ...checkJobStatus(job, old)];
}

/** The labels by which a Job knows its pods are its own, unless the user chose others. */
function checkGenerated({ metadata }: Job, { template, selector, manualSelector }: JobSpec) {
  if (manualSelector || !selector) return [];
  const { uid = '', name = '' } = metadata ?? {};
  const wanted = {
    'controller-uid': uid,
    'job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
  };
  const labels = template?.metadata?.labels ?? {};
  const causes = uid ? [] : [requiredValue('metadata.uid')];
  for (const [key, value] of Object.entries(wanted)) {
    const field = `spec.template.metadata.labels[${key}]`;
    const detail = `must be '${value}'`;
    if (!Object.hasOwn(labels, key)) causes.push(requiredValue(field, detail));
    else if (labels[key] !== value) causes.push(invalidValue(field, labels, detail));
  }
  if (!matchesLabelSelector(selector, wanted)) {
    causes.push(invalidValue('spec.selector', selector, '`selector` not auto-generated'));
  }
  return causes;
}

/** The pods of an indexed Job are called after it and their index. */
function checkHostname({ metadata }: Job, { completionMode, completions = 0 }: JobSpec) {
  if (completionMode !== 'Indexed' || completions <= 0) return [];
  const { name = '' } = metadata ?? {};
  const longest = `${name}-${completions - 1}`;
  if (isDns1123Label(longest).length === 0) return [];
  const detail = `will not able to create pod with invalid DNS label: ${longest}`;
  return [invalidValue('metadata.name', name, detail)];
}

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

/** Also of the Jobs that a CronJob makes. */
export function checkJobSpec(spec: JobSpec, path: string): StatusCause[] {
  const causes = counts.flatMap((name) => notNegative(`${path}.${name}`, spec[name]));
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    const detail = 'when maxFailedIndexes is specified';
    causes.push(requiredValue(`${path}.backoffLimitPerIndex`, detail));
  }
  if (spec.managedBy !== undefined) causes.push(...checkManager(spec.managedBy, path));
  causes.push(...(spec.completionMode === 'Indexed' ? checkIndexed : checkPlain)(spec, path));
  causes.push(...checkFailurePolicy(spec, path), ...checkSuccessPolicy(spec, path));
  const policy = spec.podReplacementPolicy;
  const policies = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  if (policy !== undefined && !policies.includes(policy)) {
    causes.push(unsupportedValue(`${path}.podReplacementPolicy`, policy, policies));
  }
  return [
    ...causes,
    ...checkTemplate(spec.template, `${path}.template`),
    ...checkRestartPolicy(spec, `${path}.template.spec.restartPolicy`),
  ];
}

/** `example.com/controller` */
function checkManager(name: string, path: string): StatusCause[] {
  const field = `${path}.managedBy`;
  const slash = name.indexOf('/');
  const causes: StatusCause[] = [];
  if (slash <= 0 || slash === name.length - 1) {
    const detail = 'must be a domain-prefixed path (such as "acme.io/foo")';
    causes.push(invalidValue(field, name, detail));
  } else {
    const domain = name.slice(0, slash);
    causes.push(...problemsOf(field, domain, isDns1123Subdomain(domain)));
  }
  return name.length > 63 ? [...causes, tooLongValue(field, 63)] : causes;
}

const indexesMax = 100_000;
const manyMax = 10_000;

function checkIndexed(spec: JobSpec, path: string): StatusCause[] {
  const { completions, parallelism = 0, maxFailedIndexes: failed } = spec;
  const causes: StatusCause[] = [];
  const atMost = (name: 'parallelism' | 'maxFailedIndexes', max: number, more = '') => {
    const value = spec[name] ?? 0;
    if (value <= max) return;
    const detail = `must be less than or equal to ${max}${more}`;
    causes.push(invalidValue(`${path}.${name}`, value, detail));
  };
  if (completions === undefined) {
    causes.push(requiredValue(`${path}.completions`, 'when completion mode is Indexed'));
  }
  if (parallelism > indexesMax) {
    atMost('parallelism', indexesMax, ' when completion mode is Indexed');
  }
  if (completions !== undefined && failed !== undefined && failed > completions) {
    const detail = 'must be less than or equal to completions';
    causes.push(invalidValue(`${path}.maxFailedIndexes`, failed, detail));
  }
  atMost('maxFailedIndexes', indexesMax);
  if ((completions ?? 0) <= indexesMax || spec.backoffLimitPerIndex === undefined) return causes;
  if (failed === undefined) {
    const detail = `must be specified when completions is above ${indexesMax}`;
    causes.push(requiredValue(`${path}.maxFailedIndexes`, detail));
  }
  const more = ` when completions are above ${indexesMax} and used with backoff limit per index`;
  atMost('parallelism', manyMax, more);
  atMost('maxFailedIndexes', manyMax, more);
  return causes;
}

const checkPlain = (spec: JobSpec, path: string): StatusCause[] =>
  (['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
    .filter((name) => spec[name] !== undefined)
    .map((name) => invalidValue(`${path}.${name}`, spec[name], 'requires indexed completion mode'));

function checkRestartPolicy({ template, podFailurePolicy }: JobSpec, field: string) {
  if (!template?.spec) return [];
  const { restartPolicy = '' } = template.spec;
  if (restartPolicy === '' || restartPolicy === 'Always') {
    return [requiredValue(field, 'valid values: "OnFailure", "Never"')];
  }
  if (podFailurePolicy && restartPolicy === 'OnFailure') {
    const detail = 'only "Never" is supported when podFailurePolicy is specified';
    return [invalidValue(field, restartPolicy, detail)];
  }
  return [];
}

const fixed = [
  'selector',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const;

function checkChange(spec: JobSpec, old: Job): StatusCause[] {
  const before = old.spec!;
  return [
    ...checkCompletions(spec, before),
    ...fixed.flatMap((name) => checkImmutable(`spec.${name}`, spec[name], before[name])),
    ...checkTemplateChange(spec, old),
  ];
}

/** An indexed Job grows and shrinks, if as many pods run at once. */
function checkCompletions(spec: JobSpec, before: JobSpec): StatusCause[] {
  if (spec.completionMode !== 'Indexed') {
    return checkImmutable('spec.completions', spec.completions, before.completions);
  }
  const isChanged = spec.completions !== before.completions && spec.completions !== undefined;
  if (!isChanged || spec.completions === spec.parallelism) return [];
  const detail = 'can only be modified in tandem with spec.parallelism';
  return [invalidValue('spec.completions', spec.completions, detail)];
}

/** While a Job rests and none of its pods is there, where they shall run may still be said. */
function checkTemplateChange(spec: JobSpec, old: Job): StatusCause[] {
  const before = old.spec!.template;
  const isResting = old.spec!.suspend === true;
  const hasNoPods = !old.status?.startTime || isJobCondition(old.status, 'Suspended');
  const field = 'spec.template';
  if (!isResting || !hasNoPods || (old.status?.active ?? 0) > 0) {
    return checkImmutable(field, spec.template, before);
  }
  const { metadata, spec: pod } = spec.template;
  const allowed = {
    ...before,
    metadata: {
      ...before.metadata,
      labels: metadata?.labels,
      annotations: metadata?.annotations,
    },
    spec: before.spec && pod && withDirectives(before.spec, pod),
  };
  return isSame(spec.template, allowed) ? [] : checkImmutable(field, spec.template, before);
}

/** The old spec with what says where the pods may run, and how much they get, of the new one. */
function withDirectives(before: PodSpec, pod: PodSpec): PodSpec {
  const { nodeSelector, tolerations, schedulingGates, affinity } = pod;
  const { nodeAffinity: _, ...others } = before.affinity ?? {};
  const isBare = Object.keys(others).length === 0;
  const mixed = affinity && { ...others, nodeAffinity: affinity.nodeAffinity };
  const resources = (list: 'containers' | 'initContainers') =>
    before[list]?.map((each, index) =>
      pod[list]?.[index]?.name === each.name
        ? { ...each, resources: pod[list]?.[index]?.resources }
        : each,
    );
  return {
    ...before,
    containers: resources('containers'),
    initContainers: resources('initContainers'),
    nodeSelector,
    tolerations,
    schedulingGates,
    affinity: affinity ? mixed : isBare ? undefined : before.affinity,
  } as PodSpec;
}
