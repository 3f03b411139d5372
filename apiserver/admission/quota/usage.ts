/**
 * How much of each quota is used, exactly: added up once from the objects themselves, then kept
 * with every change of them. The status of the quota is only where it is shown.
 */

import { type Amounts, addTo } from '../../../api/pod-resources.ts';
import { takeFrom } from '../../../api/quota/amounts.ts';
import { type Evaluator, evaluatorOf } from '../../../api/quota/evaluators.ts';
import { usageIn } from '../../../api/quota/plan-quota.ts';
import { countedResources, totalOf } from '../../../api/quota/total.ts';
import { groupResourceOf, type Resource } from '../../../api/resource.ts';
import { resourceQuotas } from '../../../api/resources/resource-quota.ts';
import type { ResourceQuota } from '../../../api/types/core-v1.generated.ts';
import type { Change } from '../../registry/history.ts';
import type { Registry } from '../../registry/registry.ts';

/** Time frees what is overdue, but says so to nobody: what is kept must not depend on it. */
const never = Number.NEGATIVE_INFINITY;

interface Account {
  readonly quota: ResourceQuota;
  readonly total: Amounts;
}

export class QuotaUsage {
  readonly #registry: Pick<Registry, 'cacheOf'>;
  readonly #followed = new Set<string>();
  /** By namespace, then by the quota's name. */
  readonly #accounts = new Map<string, Map<string, Account>>();

  constructor(registry: Pick<Registry, 'cacheOf'>) {
    this.#registry = registry;
    registry.cacheOf(resourceQuotas as unknown as Resource).listen((change) => {
      if (change.type === 'DELETED') this.#forget(change.current.object as ResourceQuota);
    });
  }

  /** Of each name that the quota limits. What is overdue still counts. */
  of(quota: ResourceQuota): Amounts {
    const { namespace = '', name = '' } = quota.metadata!;
    const inside = this.#accounts.get(namespace) ?? new Map<string, Account>();
    this.#accounts.set(namespace, inside);
    const known = inside.get(name);
    if (known && isSameQuota(known.quota, quota)) return new Map(known.total);
    const total = this.at(quota, never);
    for (const resource of countedResources(quota)) this.#follow(resource);
    inside.set(name, { quota, total });
    return new Map(total);
  }

  /** Added up anew; what is overdue at that time (milliseconds) does not count. */
  at(quota: ResourceQuota, now: number): Amounts {
    const objectsOf = (resource: Resource) => {
      const inside = this.#registry.cacheOf(resource).list(`${quota.metadata!.namespace}/`);
      return inside.map(({ object }) => object);
    };
    return totalOf(quota, objectsOf, now);
  }

  #forget({ metadata }: ResourceQuota): void {
    const inside = this.#accounts.get(metadata?.namespace ?? '');
    inside?.delete(metadata?.name ?? '');
    if (inside?.size === 0) this.#accounts.delete(metadata?.namespace ?? '');
  }

  #follow(resource: Resource): void {
    const name = groupResourceOf(resource);
    if (this.#followed.has(name)) return;
    this.#followed.add(name);
    const evaluator = evaluatorOf(resource)!;
    this.#registry.cacheOf(resource).listen((change) => this.#book(change, evaluator));
  }

  #book({ type, current, previous }: Change, evaluator: Evaluator): void {
    const namespace = current.key.slice(0, current.key.indexOf('/'));
    for (const { quota, total } of this.#accounts.get(namespace)?.values() ?? []) {
      const usage = (object: object) => usageIn(quota, evaluator, { object, now: never });
      if (previous) takeFrom(total, usage(previous.object));
      if (type !== 'DELETED') addTo(total, usage(current.object));
    }
  }
}

const isSameQuota = (a: ResourceQuota, b: ResourceQuota) =>
  a.metadata?.uid === b.metadata?.uid &&
  (a.spec === b.spec || JSON.stringify(a.spec) === JSON.stringify(b.spec));
