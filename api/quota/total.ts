/** How much of a quota is used, added up from the objects themselves. Pure. */

import { type Amounts, addTo } from '../pod-resources.ts';
import { groupResourceOf, type KubeObject, type Resource } from '../resource.ts';
import { allResources } from '../resources.ts';
import type { ResourceQuota } from '../types/core-v1.generated.ts';
import { zero } from './amounts.ts';
import { countedBy, evaluatorOf } from './evaluators.ts';
import { usageIn } from './plan-quota.ts';

/** The kinds that are served and that the quota counts. */
export function countedResources({ spec }: ResourceQuota): Resource[] {
  const names = new Set(Object.keys(spec?.hard ?? {}).flatMap(countedBy));
  return allResources.filter((resource) => {
    return resource.namespaced && !resource.storedAs && names.has(groupResourceOf(resource));
  });
}

/**
 * Of each name that the quota limits. `objectsOf` gives those of the quota's namespace; what is
 * overdue at `now` (milliseconds) does not count.
 */
export function totalOf(
  quota: ResourceQuota,
  objectsOf: (resource: Resource) => Iterable<KubeObject>,
  now: number,
): Amounts {
  const total: Amounts = new Map(Object.keys(quota.spec?.hard ?? {}).map((name) => [name, zero]));
  for (const resource of countedResources(quota)) {
    const evaluator = evaluatorOf(resource)!;
    for (const object of objectsOf(resource)) {
      addTo(total, usageIn(quota, evaluator, { object, now }));
    }
  }
  return total;
}
