/**
 * Keeps a namespace within its ResourceQuotas.
 *
 * The quota's status is written in the same transaction as the object, on the revision that was
 * read. So two writes cannot both take what is left, on one server or on several, and no crash
 * leaves something counted that is not there. Writes that count take turns in their namespace.
 */

import { type Amounts, sumOf } from '../../../api/pod-resources.ts';
import { moreThan, toList } from '../../../api/quota/amounts.ts';
import { evaluatorOf } from '../../../api/quota/evaluators.ts';
import { type Charge, chargeOn, findExcess, findLack } from '../../../api/quota/plan-quota.ts';
import { groupResourceOf, type Resource } from '../../../api/resource.ts';
import { resourceQuotas } from '../../../api/resources/resource-quota.ts';
import type { ResourceQuota } from '../../../api/types/core-v1.generated.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Registry } from '../../registry/registry.ts';
import { toStore } from '../../registry/stored.ts';
import type { AdmissionPlugin, AdmissionRequest, Reservation, SideWrite } from '../../request.ts';
import { forbidden } from '../refusal.ts';
import { findUncovered, readLimited } from './limited.ts';
import { Turns } from './turns.ts';
import { QuotaUsage } from './usage.ts';

export interface ResourceQuotaOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly configs?: ReadonlyMap<string, unknown>;
}

/** @throws UsageError for a configuration that is none */
export function createResourceQuota(options: ResourceQuotaOptions): AdmissionPlugin {
  const { registry, clock } = options;
  const limited = readLimited(options.configs?.get('ResourceQuota'));
  const keeper = new Keeper(options);
  return {
    name: 'ResourceQuota',
    validate(request) {
      const { resource, info, object, old } = request;
      if (!object || !resource.namespaced || info.namespace === '') return undefined;
      const quotas = registry.list(resourceQuotas, info.namespace);
      if (quotas.length === 0 && limited.length === 0) return undefined;
      const evaluator = evaluatorOf(resource);
      if (!evaluator?.handles(request)) return undefined;
      const charge: Charge = { evaluator, object, old, now: clock.now() };
      for (const quota of quotas) {
        const lack = findLack(quota, charge);
        if (lack) throw forbidden(request, lack);
      }
      const uncovered = findUncovered(limited, {
        resource,
        object,
        evaluator,
        quotas,
        charge: wholeCharge(charge),
      });
      if (uncovered) throw forbidden(request, uncovered);
      const isCharged = quotas.some((quota) => chargeOn(quota, charge).size > 0);
      return isCharged ? keeper.admit(request, charge) : undefined;
    },
  };
}

/** Whatever quotas there are. */
function wholeCharge({ evaluator, object, old, now }: Charge): Amounts {
  return moreThan(evaluator.usage(object, now), old ? evaluator.usage(old, now) : new Map());
}

class Keeper {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #usage: QuotaUsage;
  readonly #turns = new Turns();

  constructor({ registry, clock }: ResourceQuotaOptions) {
    this.#registry = registry;
    this.#clock = clock;
    this.#usage = new QuotaUsage(registry);
  }

  /** Rejects with a StatusError when it does not fit. */
  async admit(request: AdmissionRequest, charge: Charge): Promise<Reservation> {
    const end = await this.#turns.take(request.info.namespace);
    try {
      const changed = await this.#check(request, charge);
      return { sideWrites: () => changed.map(writeOf), commit: end, rollback: end };
    } catch (error) {
      end();
      throw error;
    }
  }

  /** The quotas as they are to be written. */
  async #check(request: AdmissionRequest, charge: Charge): Promise<ResourceQuota[]> {
    const changed: ResourceQuota[] = [];
    for (const quota of this.#registry.list(resourceQuotas, request.info.namespace)) {
      const more = chargeOn(quota, charge);
      if (more.size === 0) continue;
      let used = this.#usage.of(quota);
      if (findExcess(quota, used, more)) {
        // Before anybody is refused: what others deleted, and what is overdue, is free again.
        await this.#registry.fresh();
        used = this.#usage.at(quota, this.#clock.now());
      }
      const excess = findExcess(quota, used, more);
      if (excess) throw forbidden(request, excess);
      const status = { hard: { ...quota.spec?.hard }, used: toList(sumOf(used, more)) };
      changed.push({ ...quota, status });
    }
    return changed;
  }
}

function writeOf(quota: ResourceQuota): SideWrite {
  const { namespace, name, resourceVersion } = quota.metadata!;
  return {
    key: `${groupResourceOf(resourceQuotas)}/${namespace}/${name}`,
    value: toStore(resourceQuotas as unknown as Resource, quota),
    revision: Number(resourceVersion),
  };
}
