/** Keeps the table equal to what the Services ask for: writes changed elements, audits, repairs. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Message } from '../../native/nftables.ts';
import { deleteTable, type Nftables, newTable } from '../../native/nftables.ts';
import type { FamilyMetrics } from '../metrics.ts';
import { Pending } from '../pending.ts';
import { planService } from '../plan.ts';
import type { Family } from '../plan-address.ts';
import type { Rules, World } from '../world.ts';
import { findGone, keepClients, letGo } from './affinity.ts';
import { findDifference, type RuleHandle } from './audit.ts';
import { Claims } from './claims.ts';
import { Classes } from './classes.ts';
import { Delta } from './delta.ts';
import { type LayoutOptions, sets, writtenSets } from './layout.ts';
import { rangeEntries } from './ranges.ts';
import { type Entry, type FrontEntries, type Rendering, renderService } from './render.ts';
import { structure, tableOf } from './structure.ts';

export interface NftRulesOptions extends LayoutOptions {
  readonly instance: string;
  readonly podRanges: readonly string[];
}

export interface NftRulesDeps {
  readonly world: World;
  readonly nftables: Nftables;
  readonly options: NftRulesOptions;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: FamilyMetrics;
}

/** What one Service has in the table now. */
interface Written {
  readonly fronts: readonly FrontEntries[];
  readonly entries: readonly Entry[];
  readonly localEndpoints: readonly string[];
  /** Fronts that it wants and another Service has. */
  readonly waits: readonly string[];
}

const nothing: Written = { fronts: [], entries: [], localEndpoints: [], waits: [] };

export class NftRules implements Rules {
  readonly #deps: NftRulesDeps;
  readonly #pending: Pending;
  #written = new Map<string, Written>();
  #claims = new Claims();
  #classes: Classes;
  #hairpins = new Map<string, number>(); // Endpoint of this node → how many Services have it.
  /** What the ruleset's number is if nobody else has changed anything, and our rules' handles. */
  #generation = -1;
  #handles: RuleHandle[] = [];

  constructor(deps: NftRulesDeps) {
    this.#deps = deps;
    this.#pending = new Pending({ ...deps, mode: 'nftables' });
    this.#classes = new Classes(deps.options);
  }

  touch(serviceKey: string): void {
    this.#pending.touch(serviceKey);
  }

  touchAll(): void {
    this.#pending.touchAll();
  }

  async claim(): Promise<void> {
    const { nftables, options } = this.#deps;
    checkOwner(await nftables.tableComment(tableOf(options.family)), options.instance);
  }

  write(): Promise<void> {
    return this.#pending.write({
      all: () => this.#writeAll(),
      changes: (services) => this.#writeChanges(services),
    });
  }

  async audit(): Promise<void> {
    if (this.#pending.isAll) return this.write();
    const { nftables, options, log } = this.#deps;
    const generation = await nftables.generation();
    if (generation === this.#generation) return;
    const expected = this.#expected();
    const handles = this.#handles;
    const table = tableOf(options.family);
    const look = () => findDifference(nftables, { table, expected, handles });
    // While the kernel makes a set larger, a list of it may lack an element or have one twice.
    const difference = (await look()) && (await look());
    if (difference === undefined) {
      this.#generation = generation;
      return;
    }
    log.info('Found rules changed by somebody else, writing them anew', { difference });
    this.touchAll();
    await this.write();
  }

  look(): Promise<void> {
    return this.audit();
  }

  async #writeAll(): Promise<void> {
    const { world, nftables, options, clock, log, metrics } = this.#deps;
    const startMs = clock.now();
    await this.claim();
    this.#written = new Map();
    this.#claims = new Claims();
    this.#classes = new Classes(options);
    this.#hairpins = new Map();
    const { nodePortCidrs } = world.node();
    const table = tableOf(options.family);
    const delta = new Delta();
    delta.change([], this.#staticEntries());
    const classes = this.#changeAll([...world.serviceKeys()].sort(), delta);
    const written = [...this.#written.values()].flatMap(({ fronts }) => fronts);
    const clients = await keepClients(nftables, table, written);
    const hasPodRanges = options.podRanges.length > 0;
    const hasNodeAddresses = nodePortCidrs.length > 0;
    const generation = await nftables.generation();
    // The table may or may not be there; all of this is one transaction.
    this.#handles = await nftables.commit([
      newTable(table),
      deleteTable(table),
      newTable(table, ownerComment(options.instance)),
      ...structure({ ...options, hasPodRanges, hasNodeAddresses }),
      ...classes,
      ...delta.messages(table),
      ...clients,
    ]);
    this.#generation = generation + 1;
    const services = this.#written.size;
    metrics.rules(this.#handles.length, this.#handles.length);
    log.info('Wrote all rules', { services, ms: clock.now() - startMs });
  }

  async #writeChanges(services: readonly string[]): Promise<void> {
    const { nftables, options, clock, log } = this.#deps;
    const startMs = clock.now();
    const delta = new Delta();
    const before = services.flatMap((key) => this.#written.get(key)?.fronts ?? []);
    const classes = this.#changeAll(services, delta);
    const table = tableOf(options.family);
    const messages = [...classes, ...delta.messages(table)];
    if (messages.length === 0) return;
    this.#handles.push(...(await nftables.commit(messages)));
    this.#generation++;
    const gone = findGone(
      before,
      services.flatMap((key) => this.#written.get(key)?.fronts ?? []),
    );
    this.#generation += await letGo(nftables, table, gone);
    log.debug('Wrote rules', { services: services.length, ms: clock.now() - startMs });
  }

  /** Collects what changes; gives the messages that make classes which are new. */
  #changeAll(keys: readonly string[], delta: Delta): Message[] {
    const renderings = new Map(keys.map((key) => [key, this.#render(key)]));
    for (const [key, rendering] of renderings) {
      for (const waiting of this.#release(key, rendering)) {
        if (!renderings.has(waiting)) renderings.set(waiting, this.#render(waiting));
      }
    }
    const messages: Message[] = [];
    for (const [key, rendering] of renderings) {
      const before = this.#written.get(key) ?? nothing;
      const after = this.#take(key, rendering);
      for (const front of after.fronts) {
        if (front.class) messages.push(...this.#classes.need(front.class));
      }
      delta.change(before.entries, after.entries);
      this.#changeHairpins(before, after, delta);
      if (after.fronts.length > 0 || after.waits.length > 0) this.#written.set(key, after);
      else this.#written.delete(key);
    }
    return messages;
  }

  #render(key: string): Rendering {
    const { world } = this.#deps;
    const service = world.service(key);
    if (!service) return { fronts: [], localEndpoints: [] };
    const plan = planService(service, world.slices(key), world.node());
    return renderService(plan);
  }

  /** Gives back fronts that the Service wants no more; who waited for one of them. */
  #release(key: string, { fronts: wanted }: Rendering): string[] {
    const before = this.#written.get(key);
    if (!before) return [];
    const ids = new Set(wanted.map(({ id }) => id));
    const gone = [...before.fronts.map(({ id }) => id), ...before.waits].filter(
      (id) => !ids.has(id),
    );
    return gone.flatMap((id) => [...this.#claims.release(id, key)]);
  }

  #take(key: string, rendering: Rendering): Written {
    const fronts: FrontEntries[] = [];
    const waits: string[] = [];
    for (const front of rendering.fronts) {
      // A Service that names a port twice has it once.
      if (fronts.some(({ id }) => id === front.id)) continue;
      if (this.#claims.take(front.id, key)) fronts.push(front);
      else waits.push(front.id);
    }
    const entries = fronts.flatMap((front) => front.entries);
    return { fronts, entries, localEndpoints: rendering.localEndpoints, waits };
  }

  #changeHairpins(before: Written, after: Written, delta: Delta): void {
    const step = (address: string, by: number) => {
      const count = this.#hairpins.get(address) ?? 0;
      const now = count + by;
      if (now === 0) this.#hairpins.delete(address);
      else this.#hairpins.set(address, now);
      const entry = [{ set: sets.hairpin, key: address + address }];
      if (count === 0) delta.change([], entry);
      if (now === 0) delta.change(entry, []);
    };
    if (before.localEndpoints.length + after.localEndpoints.length === 0) return;
    const [old, wanted] = [new Set(before.localEndpoints), new Set(after.localEndpoints)];
    for (const address of wanted) if (!old.has(address)) step(address, 1);
    for (const address of old) if (!wanted.has(address)) step(address, -1);
  }

  #staticEntries(): Entry[] {
    const { world, options } = this.#deps;
    const { podRanges } = options;
    return [
      ...rangeEntries(sets.podRanges, podRanges),
      ...rangeEntries(sets.serviceRanges, world.serviceRanges()),
      ...rangeEntries(sets.nodeAddresses, world.node().nodePortCidrs),
    ];
  }

  #expected(): Map<string, Map<string, string>> {
    const expected = new Map<string, Map<string, string>>();
    const add = ({ set, key, keyEnd = '', data = '' }: Entry) => {
      const elements = expected.get(set) ?? new Map<string, string>();
      expected.set(set, elements.set(key, keyEnd + data));
    };
    for (const set of writtenSets) expected.set(set, new Map());
    for (const made of this.#classes.sets) expected.set(made, new Map());
    for (const entry of this.#staticEntries()) add(entry);
    for (const { entries } of this.#written.values()) for (const entry of entries) add(entry);
    for (const address of this.#hairpins.keys()) add({ set: sets.hairpin, key: address + address });
    return expected;
  }
}

export interface RemovalDeps {
  readonly nftables: Nftables;
  readonly family: Family;
  readonly instance: string;
}

/** Takes the table of this instance away; may be repeated. False when it is somebody else's. */
export async function removeTable({ nftables, family, instance }: RemovalDeps): Promise<boolean> {
  const table = tableOf(family);
  const comment = await nftables.tableComment(table);
  if (comment === undefined) return true;
  if (comment !== ownerComment(instance)) return false;
  await nftables.commit([deleteTable(table)]);
  return true;
}

const ownerComment = (instance: string): string => `owner:${instance}`;

/** `comment` is undefined where there is no table. */
function checkOwner(comment: string | undefined, instance: string): void {
  if (comment === undefined || comment === ownerComment(instance)) return;
  throw new Error(
    comment.startsWith('owner:')
      ? `the table kube-proxy in this network namespace belongs to the proxy instance ` +
          `"${comment.slice('owner:'.length)}", this is "${instance}": stop that one and run it ` +
          `once with --cleanup`
      : 'there is a table kube-proxy in this network namespace that no instance of ours has ' +
          'signed, perhaps that of a kube-proxy: stop it and run it once with --cleanup',
  );
}
