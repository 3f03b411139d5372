/** What nobody may use unless a quota grants it: `limitedResources` of the configuration. Pure. */

import type { Amounts } from '../../../api/pod-resources.ts';
import type { Evaluator } from '../../../api/quota/evaluators.ts';
import { isAbout, namesIn, requirementsOf } from '../../../api/quota/plan-quota.ts';
import type { KubeObject } from '../../../api/resource.ts';
import type {
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../../../api/types/core-v1.generated.ts';
import { UsageError } from '../../../base/errors.ts';

export interface LimitedResource {
  readonly apiGroup?: string;
  readonly resource: string;
  /** Parts of names that a quota must cover. */
  readonly matchContains?: readonly string[];
  readonly matchScopes?: readonly ScopedResourceSelectorRequirement[];
}

/** A ResourceQuotaConfiguration. @throws UsageError */
export function readLimited(given: unknown): readonly LimitedResource[] {
  const { limitedResources = [] } = (given ?? {}) as { limitedResources?: LimitedResource[] };
  if (!Array.isArray(limitedResources) || limitedResources.some(({ resource }) => !resource)) {
    throw new UsageError('ResourceQuota: limitedResources: each must name a resource');
  }
  return limitedResources;
}

export interface LimitedQuestion {
  readonly resource: { readonly group: string; readonly plural: string };
  readonly object: KubeObject;
  readonly evaluator: Evaluator;
  readonly quotas: readonly ResourceQuota[];
  /** What the write adds, whichever quota counts it. */
  readonly charge: Amounts;
}

/** What no quota covers, as a sentence; undefined when all is covered. */
export function findUncovered(
  limited: readonly LimitedResource[],
  { resource, object, evaluator, quotas, charge }: LimitedQuestion,
): string | undefined {
  const about = limited.filter(
    (each) => (each.apiGroup ?? '') === resource.group && each.resource === resource.plural,
  );
  if (about.length === 0 || charge.size === 0) return undefined;
  const parts = about.flatMap(({ matchContains = [] }) => matchContains);
  const covered = new Set(
    quotas
      .filter((quota) => isAbout(quota, evaluator, object))
      .flatMap((quota) => namesIn(quota, evaluator)),
  );
  const bare = [...charge.keys()]
    .filter((name) => parts.some((part) => name.includes(part)) && !covered.has(name))
    .sort();
  if (bare.length > 0) return `insufficient quota to consume: ${bare.join(',')}`;
  const inScope = (each: ScopedResourceSelectorRequirement) =>
    evaluator.isInScope?.(object, each) ?? false;
  const scopes = about.flatMap(({ matchScopes = [] }) => matchScopes).filter(inScope);
  const matched = quotas.flatMap(requirementsOf).filter(inScope);
  const open = scopes.filter(({ scopeName }) => {
    return !matched.some((each) => each.scopeName === scopeName);
  });
  if (open.length === 0) return undefined;
  const shown = open.map(({ scopeName, operator, values = [] }) => {
    return `{${scopeName} ${operator} [${values.join(' ')}]}`;
  });
  return `insufficient quota to match these scopes: [${shown.join(' ')}]`;
}
