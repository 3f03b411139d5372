import type { StatusCause } from '../../base/errors.ts';
import type { DaemonSet, DaemonSetSpec } from '../types/apps-v1.generated.ts';
import { invalidValue, requiredValue } from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { checkAtMostAll, checkShare, notNegative, shareOf } from './numbers.ts';
import { checkEndless, checkSelecting, checkTemplate } from './template.ts';

export function validateDaemonSet(set: DaemonSet, old: DaemonSet | undefined): StatusCause[] {
  const { spec } = set;
  const causes = validateMetadata(set, old, namespacedSubdomain);
  if (!spec) return causes;
  return [
    ...causes,
    ...checkSelecting(spec, 'daemonset'),
    ...checkTemplate(spec.template, 'spec.template'),
    ...checkEndless(spec.template, 'spec.template', 'DaemonSet'),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...checkStrategy(spec),
    ...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...(old ? checkImmutable('spec.selector', spec.selector, old.spec?.selector) : []),
  ];
}

/** A pod at a time: either one is missing or one is too many, never both. */
function checkStrategy({ updateStrategy: strategy }: DaemonSetSpec): StatusCause[] {
  const path = 'spec.updateStrategy.rollingUpdate';
  if (strategy?.type !== 'RollingUpdate') return [];
  if (!strategy.rollingUpdate) return [requiredValue(path)];
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate;
  const causes = Object.entries({ maxUnavailable, maxSurge }).flatMap(([name, value]) => [
    ...checkShare(`${path}.${name}`, value),
    ...checkAtMostAll(`${path}.${name}`, value),
  ]);
  const [missing, surplus] = [shareOf(maxUnavailable) !== 0, shareOf(maxSurge) !== 0];
  if (missing && surplus) {
    const detail = 'may not be set when maxUnavailable is non-zero';
    causes.push(invalidValue(`${path}.maxSurge`, maxSurge, detail));
  } else if (!missing && !surplus) {
    causes.push(requiredValue(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
  return causes;
}
