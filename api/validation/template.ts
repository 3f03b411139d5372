/** Templates of pods, as workloads have them. */
import type { StatusCause } from '../../base/errors.ts';
import { matchesLabelSelector } from '../labels.ts';
import type { PodTemplateSpec } from '../types/core-v1.generated.ts';
import type { LabelSelector } from '../types/meta-v1.generated.ts';
import { forbiddenValue, invalidValue, requiredValue, unsupportedValue } from './cause.ts';
import { checkAnnotations, checkLabels } from './metadata.ts';
import { checkPodAnnotations } from './pod-annotations.ts';
import { checkPodSpec } from './pod-spec.ts';
import { checkSelector } from './selector.ts';

/** What holds for every template; `path` is where it stands. */
export function checkTemplate(
  template: PodTemplateSpec | undefined,
  path: string,
  claims: readonly string[] = [],
): StatusCause[] {
  if (!template) return []; // Reported by the schema where it is required.
  const { metadata = {}, spec } = template;
  const causes = [
    ...checkLabels(metadata.labels, `${path}.labels`),
    ...checkAnnotations(metadata.annotations, `${path}.annotations`),
  ];
  // As upstream: an absent spec is an empty one.
  if (!spec) return [...causes, requiredValue(`${path}.spec.containers`)];
  causes.push(...checkPodAnnotations(metadata.annotations, spec, `${path}.annotations`));
  causes.push(...checkPodSpec(spec, `${path}.spec`, { claims }));
  if (spec.ephemeralContainers?.length) {
    const detail = 'ephemeral containers not allowed in pod template';
    causes.push(forbiddenValue(`${path}.spec.ephemeralContainers`, detail));
  }
  return causes;
}

/** The pods of most workloads run for ever. */
export function checkEndless(
  template: PodTemplateSpec | undefined,
  path: string,
  kind: string,
): StatusCause[] {
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {};
  const causes: StatusCause[] = [];
  if (template?.spec && restartPolicy !== 'Always') {
    causes.push(unsupportedValue(`${path}.spec.restartPolicy`, restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const field = `${path}.spec.activeDeadlineSeconds`;
    causes.push(forbiddenValue(field, `activeDeadlineSeconds in ${kind} is not Supported`));
  }
  return causes;
}

export interface Selecting {
  readonly selector?: LabelSelector;
  readonly template?: PodTemplateSpec;
}

/** A workload's selector selects something, and at least its own pods. */
export function checkSelecting({ selector, template }: Selecting, kind: string): StatusCause[] {
  if (!selector) return []; // Reported by the schema.
  const causes = checkSelector(selector, 'spec.selector');
  if (isEmptySelector(selector)) {
    const detail = `empty selector is invalid for ${kind}`;
    causes.push(invalidValue('spec.selector', selector, detail));
  } else causes.push(...checkMatch(selector, template));
  return causes;
}

export function checkMatch(
  selector: LabelSelector,
  template: PodTemplateSpec | undefined,
): StatusCause[] {
  const { labels } = template?.metadata ?? {};
  if (!template || matchesLabelSelector(selector, labels)) return [];
  const detail = '`selector` does not match template `labels`';
  return [invalidValue('spec.template.metadata.labels', labels ?? {}, detail)];
}

export const isEmptySelector = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector) =>
  Object.keys(matchLabels).length + matchExpressions.length === 0;
