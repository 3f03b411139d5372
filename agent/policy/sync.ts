/** Keeps both tables equal to what the policies ask for: one transaction at a time for both. */
import type { Clock } from '../../base/clock.ts';
import { hasCode } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { deleteTable, type Nftables, type RuleCounter } from '../../native/nftables.ts';
import { families, tableOf } from './layout.ts';
import type { TablePlan } from './plan.ts';
import { PolicyTable } from './table.ts';
import type { PolicyWorld } from './world.ts';

export interface PolicyRulesDeps {
  readonly world: PolicyWorld;
  readonly nftables: Nftables;
  readonly instance: string;
  readonly bridge: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One write or audit at a time is the caller's promise. */
export class PolicyRules {
  readonly #deps: PolicyRulesDeps;
  readonly #tables: readonly PolicyTable[];
  #mustWriteAll = true;
  /** The ruleset's number if nobody else has changed anything since we did. */
  #generation = -1;

  constructor(deps: PolicyRulesDeps) {
    this.#deps = deps;
    const { instance, bridge } = deps;
    this.#tables = families.map((family) => new PolicyTable({ instance, family, bridge }));
  }

  /** Writes what has changed, all or nothing. After a failure the next write is a full one. */
  async write(): Promise<void> {
    const { world, nftables, clock, log } = this.#deps;
    const startMs = clock.now();
    const isFull = this.#mustWriteAll;
    const plans = this.#tables.map((table) => table.plan(world));
    const messages = this.#tables.flatMap((table, index) =>
      isFull ? table.fullMessages(plans[index]!) : table.changeMessages(plans[index]!),
    );
    if (messages.length > 0) {
      this.#mustWriteAll = true;
      if (isFull) this.#generation = await nftables.generation();
      await nftables.commitMany(messages);
      this.#generation += 1;
    }
    this.#wrote(plans, isFull);
    if (messages.length === 0) return;
    const fields = { pods: isolatedCount(plans), ms: clock.now() - startMs };
    if (isFull) log.info('Wrote all network policies', fields);
    else log.debug('Wrote network policies', fields);
  }

  /** Finds out whether somebody else has touched our tables, and puts them right. */
  async audit(): Promise<void> {
    if (this.#mustWriteAll) return this.write();
    const { nftables, log } = this.#deps;
    const generation = await nftables.generation();
    if (generation === this.#generation) return this.#learn();
    for (const table of this.#tables) {
      const difference = await table.findDifference(nftables);
      if (difference === undefined) continue;
      log.info('Found network policies changed by somebody else, writing them anew', {
        difference,
      });
      this.#mustWriteAll = true;
      return this.write();
    }
    this.#generation = generation;
  }

  #wrote(plans: readonly TablePlan[], isFull: boolean): void {
    const used = new Set<string>();
    for (const [index, table] of this.#tables.entries()) {
      table.wrote(plans[index]!, isFull);
      for (const name of table.sets) used.add(name);
    }
    this.#deps.world.keep(used);
    this.#mustWriteAll = false;
  }

  async #learn(): Promise<void> {
    const { nftables } = this.#deps;
    for (const table of this.#tables) {
      const learned = await table.learn(nftables);
      // Somebody may have come between: then what was read may not be ours.
      if (learned.length > 0 && (await nftables.generation()) !== this.#generation) {
        table.forget(learned);
      }
    }
  }
}

const isolatedCount = (plans: readonly TablePlan[]): number =>
  plans.reduce((sum, { maps }) => sum + Math.max(maps.ingress.size, maps.egress.size), 0);

/** What the policies' chains have dropped, of both families. */
export async function readDrops(nftables: Nftables, instance: string): Promise<RuleCounter[]> {
  const lists = await Promise.all(
    families.map((family) => nftables.counters(tableOf(instance, family))),
  );
  return lists.flat();
}

/** Takes the tables of this instance away; may be repeated. */
export async function removePolicies(nftables: Nftables, instance: string): Promise<void> {
  for (const family of families) {
    try {
      await nftables.commit([deleteTable(tableOf(instance, family))]);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}
