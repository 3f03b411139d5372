/** Keeps the kernel's rules equal to what the Services ask for: writes changes, audits, repairs. */
import { hash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { FamilyMetrics } from '../metrics.ts';
import { Pending } from '../pending.ts';
import { planService } from '../plan.ts';
import type { Rules, World } from '../world.ts';
import { checkOwner, type Iptables } from './apply.ts';
import { type RenderOptions, renderService } from './render.ts';
import { renderBase } from './render-base.ts';
import { type Base, type Chains, compose, type Rendering } from './ruleset.ts';
import { type Change, changeTransaction, fullTransaction, isAsWanted } from './transaction.ts';

export interface RuleSyncDeps {
  readonly world: World;
  readonly iptables: Iptables;
  /** A number that every change of nf_tables' rules raises. */
  readonly generation: () => Promise<number>;
  /** Gives back what `generation` reads from. */
  readonly close?: () => void;
  readonly options: RenderOptions;
  readonly instance: string;
  readonly masqueradeBit: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: FamilyMetrics;
}

// Beyond this many rules an audit reads only the canaries: printing the rest would cost more than
// it is worth every half minute.
const auditRulesMax = 20_000;

const mismatchesMax = 3;

const unknown = -1;

export class RuleSync implements Rules {
  readonly #deps: RuleSyncDeps;
  readonly #pending: Pending;
  readonly #noted = new Map<string, string>(); // Service → its notes, so that each is logged once.
  #written = new Map<string, Rendering>();
  #rules = 0;
  /** After what we did last, if nobody else did anything meanwhile. */
  #generation = unknown;
  #isUnsettled = false;
  /** How the rules differed just after the last repair, and how often in a row in that way. */
  #mismatch = { what: '', times: 0 };

  constructor(deps: RuleSyncDeps) {
    this.#deps = deps;
    this.#pending = new Pending({ ...deps, mode: 'iptables' });
  }

  close(): void {
    this.#deps.close?.();
  }

  touch(serviceKey: string): void {
    this.#pending.touch(serviceKey);
  }

  touchAll(): void {
    this.#pending.touchAll();
  }

  async claim(): Promise<void> {
    checkOwner(await this.#deps.iptables.save(), this.#deps.instance);
  }

  async write(): Promise<void> {
    const before = await this.#deps.generation();
    // A full write first reads what is there: whoever changes rules just then is not seen by it.
    const isBlind = this.#pending.isAll || before !== this.#generation;
    await this.#pending.write({
      all: () => this.#writeAll(),
      changes: (services) => this.#writeChanges(services),
    });
    const after = await this.#deps.generation();
    this.#generation = isBlind ? unknown : after; // Unknown: the next look compares.
  }

  async audit(): Promise<void> {
    if (this.#pending.isAll) return this.write();
    if ((await this.#findDifference()) === undefined) {
      if (this.#canCompare) this.#mismatch = { what: '', times: 0 };
      return;
    }
    this.#deps.log.info('Found rules changed by somebody else, writing them anew');
    this.touchAll();
    await this.write();
    if (!this.#canCompare) return;
    // Just written, and different again. Always in the same way: then this version of iptables
    // words rules in another way than we do. Else somebody is quick.
    const what = await this.#findDifference();
    if (what === undefined) return;
    this.#isUnsettled = true;
    this.#mismatch = { what, times: what === this.#mismatch.what ? this.#mismatch.times + 1 : 1 };
    if (this.#canCompare) return;
    this.#deps.log.info('Could not compare rules as text, audits read the canaries from now on');
  }

  async look(): Promise<void> {
    const generation = await this.#deps.generation();
    if (generation === this.#generation) return;
    this.#isUnsettled = false;
    await this.audit();
    // Whoever was quick has changed rules before we noted our own change: the next look looks.
    this.#generation = this.#isUnsettled ? unknown : Math.max(generation, this.#generation);
  }

  async #writeAll(): Promise<void> {
    const { world, iptables, instance, clock, log, metrics } = this.#deps;
    const startMs = clock.now();
    const renderings = new Map<string, Rendering>();
    for (const key of [...world.serviceKeys()].sort()) {
      const rendering = this.#render(key);
      if (rendering) renderings.set(key, rendering);
    }
    const base = this.#base();
    const observed = await iptables.save();
    checkOwner(observed, instance);
    const wanted = compose(base, renderings.values());
    await iptables.restore(fullTransaction(wanted, base.jumps, observed));
    this.#written = renderings;
    this.#rules = rulesIn(wanted);
    metrics.rules(this.#rules, this.#rules);
    const ms = clock.now() - startMs;
    log.info('Wrote all rules', { services: renderings.size, rules: this.#rules, ms });
  }

  async #writeChanges(services: readonly string[]): Promise<void> {
    const { iptables, clock, log, metrics } = this.#deps;
    const startMs = clock.now();
    const changes = new Map<string, Change>();
    for (const key of services) {
      changes.set(key, { before: this.#written.get(key), after: this.#render(key) });
    }
    const transaction = changeTransaction(changes.values());
    if (transaction === '') return;
    await iptables.restore(transaction);
    let rulesWritten = 0;
    for (const [key, { before, after }] of changes) {
      this.#rules += rulesOf(after) - rulesOf(before);
      rulesWritten += rulesOf(after);
      if (after) this.#written.set(key, after);
      else this.#written.delete(key);
    }
    metrics.rules(this.#rules, rulesWritten);
    log.debug('Wrote rules', { services: changes.size, ms: clock.now() - startMs });
  }

  #render(key: string): Rendering | undefined {
    const { world, options } = this.#deps;
    const service = world.service(key);
    if (!service) {
      this.#noted.delete(key);
      return undefined;
    }
    const plan = planService(service, world.slices(key), world.node());
    this.#note(key, plan.notes);
    return plan.ports.length > 0 ? renderService(plan, options) : undefined;
  }

  #note(key: string, notes: readonly string[]): void {
    const text = notes.join('; ');
    if ((this.#noted.get(key) ?? '') === text) return;
    this.#noted.set(key, text);
    if (text !== '')
      this.#deps.log.info('Left out endpoints that are none', { service: key, text });
  }

  get #canCompare(): boolean {
    return this.#mismatch.times < mismatchesMax;
  }

  #base(): Base {
    const { world, options, instance, masqueradeBit } = this.#deps;
    const { nodePortCidrs } = world.node();
    const serviceRanges = world.serviceRanges();
    const { family } = options;
    const { isTcpLiberal } = options;
    const where = { nodePortCidrs, serviceRanges };
    return renderBase({ family, instance, masqueradeBit, isTcpLiberal, ...where });
  }

  /** Undefined when all is as written; otherwise a text that is the same for the same state. */
  async #findDifference(): Promise<string | undefined> {
    const { iptables, instance } = this.#deps;
    if (!this.#canCompare || this.#rules > auditRulesMax) {
      const owner = await iptables.owner();
      return owner === instance ? undefined : 'canary';
    }
    const base = this.#base();
    const wanted = compose(base, this.#written.values());
    const observed = await iptables.save();
    if (isAsWanted(wanted, base.jumps, observed)) return undefined;
    return hash('sha256', JSON.stringify([...observed]));
  }
}

const rulesOf = (rendering: Rendering | undefined): number =>
  rendering ? rulesIn(rendering.own) + rulesIn(rendering.shared) : 0;

const rulesIn = (chains: Chains): number =>
  [...chains.values()].reduce((sum, rules) => sum + rules.length, 0);
