import type { StatusCause } from '../../base/errors.ts';
import type {
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
} from '../types/policy-v1.generated.ts';
import { invalidValue, unsupportedValue } from './cause.ts';
import { namespacedSubdomain, validateMetadata } from './metadata.ts';
import { checkAtMostAll, checkShare, notNegative } from './numbers.ts';
import { isSame } from './same.ts';
import { checkSelector } from './selector.ts';

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget'];

export function validateDisruptionBudget(
  budget: PodDisruptionBudget,
  old: PodDisruptionBudget | undefined,
): StatusCause[] {
  const { spec = {}, status = {} } = budget;
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
  const causes = validateMetadata(budget, old, namespacedSubdomain);
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const detail = 'minAvailable and maxUnavailable cannot be both set';
    causes.push(invalidValue('spec', spec, detail));
  }
  for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
    causes.push(...checkShare(`spec.${name}`, value), ...checkAtMostAll(`spec.${name}`, value));
  }
  if (selector) causes.push(...checkSelector(selector, 'spec.selector'));
  if (policy !== undefined && !evictionPolicies.includes(policy)) {
    causes.push(unsupportedValue('spec.unhealthyPodEvictionPolicy', policy, evictionPolicies));
  }
  if (old && !isSame(status, old.status)) causes.push(...checkStatus(status));
  return causes;
}

const counts = ['currentHealthy', 'desiredHealthy', 'disruptionsAllowed', 'expectedPods'] as const;

const checkStatus = (status: Partial<PodDisruptionBudgetStatus>): StatusCause[] =>
  counts.flatMap((name) => notNegative(`status.${name}`, status[name]));
