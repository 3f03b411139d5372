/** What the status of a ResourceQuota should say. Pure. */
import { toList } from '../../api/quota/amounts.ts';
import { evaluatorOf } from '../../api/quota/evaluators.ts';
import { usageIn } from '../../api/quota/plan-quota.ts';
import { totalOf } from '../../api/quota/total.ts';
import type { KubeObject, Resource } from '../../api/resource.ts';
import type { ResourceQuota, ResourceQuotaStatus } from '../../api/types/core-v1.generated.ts';

/** Undefined: it says so already. `objectsOf` gives those of its namespace. */
export function planQuotaStatus(
  quota: ResourceQuota,
  objectsOf: (resource: Resource) => Iterable<KubeObject>,
  nowMs: number,
): ResourceQuotaStatus | undefined {
  const status = { hard: { ...quota.spec?.hard }, used: toList(totalOf(quota, objectsOf, nowMs)) };
  const { hard = {}, used = {} } = quota.status ?? {};
  return isSame(status.hard, hard) && isSame(status.used, used) ? undefined : status;
}

/** Whether the server has still to be told what this quota is now. */
export const isNew = ({ spec, status }: ResourceQuota): boolean =>
  !isSame(spec?.hard ?? {}, status?.hard ?? {});

/** Whether the change of an object makes it count for more or less. */
export function changesUsage(
  quota: ResourceQuota,
  resource: Resource,
  change: { readonly object?: KubeObject; readonly old?: KubeObject; readonly nowMs: number },
): boolean {
  const evaluator = evaluatorOf(resource);
  if (!evaluator) return false;
  const listOf = (object: KubeObject | undefined) =>
    object ? toList(usageIn(quota, evaluator, { object, now: change.nowMs })) : {};
  return !isSame(listOf(change.object), listOf(change.old));
}

type Amounts = Readonly<Record<string, string>>;

function isSame(a: Amounts, b: Amounts): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}
