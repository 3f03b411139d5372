/** The pods of a Job. Pure. */
import { jobs } from '../../api/resources.ts';
import type { Job } from '../../api/types/batch-v1.generated.ts';
import type { Container, Pod, PodSpec } from '../../api/types/core-v1.generated.ts';
import { controllerReference } from '../owners.ts';
import {
  failureCountAnnotation,
  failuresBefore,
  ignoredCountAnnotation,
  indexAnnotation,
  isPerIndex,
  trackingFinalizer,
} from './pods.ts';
import { judgeFailure } from './policy.ts';

export interface NewPod {
  /** Undefined: the Job has no indexes. */
  readonly index?: number;
  /** The pod of this index that failed last, as long as it says so. */
  readonly replaces?: Pod;
}

export function podOf(job: Job, { index, replaces }: NewPod): Pod {
  const { metadata: template = {}, spec } = job.spec?.template ?? {};
  const { name = '', namespace = '' } = job.metadata ?? {};
  const ofIndex: Record<string, string> =
    index === undefined ? {} : { [indexAnnotation]: String(index) };
  const labels = { ...template.labels, ...ofIndex };
  const annotations = {
    ...template.annotations,
    ...ofIndex,
    ...(isPerIndex(job) && failureCounts(job, replaces)),
  };
  return {
    metadata: {
      labels,
      ...(Object.keys(annotations).length > 0 && { annotations }),
      finalizers: [...new Set([...(template.finalizers ?? []), trackingFinalizer])],
      generateName: prefixOf(name, index),
      namespace,
      ownerReferences: [controllerReference(jobs, job)],
    },
    ...(spec && { spec: index === undefined ? spec : specOf(spec, `${name}-${index}`) }),
  };
}

const prefixLengthMax = 58; // Five more make a label.

/** A long name gives way, so that the index still shows. */
function prefixOf(name: string, index: number | undefined): string {
  const suffix = index === undefined ? '-' : `-${index}-`;
  return name.slice(0, prefixLengthMax - suffix.length) + suffix;
}

function specOf(spec: PodSpec, hostname: string): PodSpec {
  const { initContainers } = spec;
  return {
    ...spec,
    hostname,
    containers: spec.containers.map(withIndex),
    ...(initContainers && { initContainers: initContainers.map(withIndex) }),
  };
}

const indexVariable = 'JOB_COMPLETION_INDEX';

function withIndex(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === indexVariable)) return container;
  const fieldPath = `metadata.labels['${indexAnnotation}']`;
  return {
    ...container,
    env: [...env, { name: indexVariable, valueFrom: { fieldRef: { fieldPath } } }],
  };
}

function failureCounts(job: Job, replaces: Pod | undefined): Record<string, string> {
  if (!replaces) return { [failureCountAnnotation]: '0' };
  const before = failuresBefore(replaces);
  const isIgnored = judgeFailure(job.spec?.podFailurePolicy, replaces).action === 'Ignore';
  const counted = before.counted + (isIgnored ? 0 : 1);
  const ignored = before.ignored + (isIgnored ? 1 : 0);
  return {
    [failureCountAnnotation]: String(counted),
    ...(ignored > 0 && { [ignoredCountAnnotation]: String(ignored) }),
  };
}
