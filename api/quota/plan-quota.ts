/** Whether a write fits into the quotas of its namespace. Pure. */

import { type Amounts, amountsOf, sumOf } from '../pod-resources.ts';
import type { KubeObject } from '../resource.ts';
import type {
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../types/core-v1.generated.ts';
import { describeAmounts, moreThan, only } from './amounts.ts';
import type { Evaluator } from './evaluators.ts';

/** One write that counts for something. */
export interface Charge {
  readonly evaluator: Evaluator;
  readonly object: KubeObject;
  readonly old: KubeObject | undefined;
  readonly now: number;
}

export const requirementsOf = ({ spec }: ResourceQuota): ScopedResourceSelectorRequirement[] => [
  ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
  ...(spec?.scopeSelector?.matchExpressions ?? []),
];

/** The names that a quota limits and the kind counts for. */
export const namesIn = ({ spec }: ResourceQuota, { counts }: Evaluator): string[] =>
  Object.keys(spec?.hard ?? {}).filter(counts);

/** Whether the quota is about the object: of its kind, and in all of its scopes. */
export function isAbout(quota: ResourceQuota, evaluator: Evaluator, object: KubeObject): boolean {
  if (namesIn(quota, evaluator).length === 0) return false;
  return requirementsOf(quota).every((each) => evaluator.isInScope?.(object, each) ?? false);
}

/** What the quota counts of the object; nothing when it is not about it. */
export function usageIn(
  quota: ResourceQuota,
  evaluator: Evaluator,
  { object, now }: { readonly object: KubeObject; readonly now: number },
): Amounts {
  if (!isAbout(quota, evaluator, object)) return new Map();
  const names = new Set(namesIn(quota, evaluator));
  return only(evaluator.usage(object, now), (name) => names.has(name));
}

/** What the write adds to the quota. Empty: it need not be asked. */
export function chargeOn(quota: ResourceQuota, { evaluator, object, old, now }: Charge): Amounts {
  const after = usageIn(quota, evaluator, { object, now });
  const before = old ? usageIn(quota, evaluator, { object: old, now }) : new Map();
  return moreThan(after, before);
}

/** What the object must say because the quota limits it, as a sentence; undefined if it does. */
export function findLack(quota: ResourceQuota, { evaluator, object }: Charge): string | undefined {
  if (!evaluator.lacks || !isAbout(quota, evaluator, object)) return undefined;
  const lack = evaluator.lacks(object, namesIn(quota, evaluator));
  return lack && `failed quota: ${quota.metadata?.name}: ${lack}`;
}

/** Why it does not fit, or undefined. `used` is without the charge. */
export function findExcess(
  quota: ResourceQuota,
  used: Amounts,
  charge: Amounts,
): string | undefined {
  const hard = amountsOf(quota.spec?.hard);
  const after = sumOf(used, charge);
  const exceeded = new Set(
    [...charge.keys()].filter((name) => after.get(name)!.nano > (hard.get(name)?.nano ?? 0n)),
  );
  if (exceeded.size === 0) return undefined;
  const shown = (amounts: Amounts) => describeAmounts(only(amounts, (name) => exceeded.has(name)));
  return (
    `exceeded quota: ${quota.metadata?.name}, requested: ${shown(charge)}, ` +
    `used: ${shown(used)}, limited: ${shown(hard)}`
  );
}
