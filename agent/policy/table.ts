/** One family's table in the kernel: writes what differs, finds out what others have changed. */
import {
  chainOf,
  deleteTable,
  type Element,
  type Message,
  type Nftables,
  newTable,
  type TableName,
} from '../../native/nftables.ts';
import { changesBetween, isolatedIn, mapElements, selfElements } from './changes.ts';
import { elementsOf } from './elements.ts';
import { directions, type Family, mapOf, selfSet, tableOf } from './layout.ts';
import { emptyPlan, Planner, type PolicyView, type TablePlan } from './plan.ts';
import { baseRuleCount, structure } from './structure.ts';

export interface TableOptions {
  readonly instance: string;
  readonly family: Family;
  readonly bridge: string;
}

export class PolicyTable {
  readonly #options: TableOptions;
  readonly #table: TableName;
  readonly #planner: Planner;
  #written: TablePlan;
  /** Rules as they were when the kernel was asked last, by chain. */
  readonly #handles = new Map<string, string>();

  constructor(options: TableOptions) {
    this.#options = options;
    this.#table = tableOf(options.instance, options.family);
    this.#planner = new Planner(options.family);
    this.#written = emptyPlan(options.family);
  }

  /** Names of the sets that are in the table. */
  get sets(): Iterable<string> {
    return this.#written.sets.keys();
  }

  plan(view: PolicyView): TablePlan {
    return this.#planner.plan(view);
  }

  /** The whole table anew, whether there is one or not. */
  fullMessages(plan: TablePlan): readonly Message[] {
    const { family, bridge, instance } = this.#options;
    const table = this.#table;
    return [
      newTable(table),
      deleteTable(table),
      newTable(table, `NetworkPolicies of ${instance}'s pods on this node`),
      ...structure({ table, family, bridge }),
      ...changesBetween(table, emptyPlan(family), plan).messages,
    ];
  }

  changeMessages(plan: TablePlan): readonly Message[] {
    return changesBetween(this.#table, this.#written, plan).messages;
  }

  /** To be called once the messages for this plan have been done. */
  wrote(plan: TablePlan, isFull: boolean): void {
    const isKept = (name: string) => plan.chains.get(name) === this.#written.chains.get(name);
    for (const name of this.#handles.keys()) {
      const isBase = (directions as readonly string[]).includes(name);
      if (isFull || (!isBase && !isKept(name))) this.#handles.delete(name);
    }
    this.#written = plan;
  }

  /** Notes what rules chains have of which that is not known yet, and gives their names. */
  async learn(nftables: Nftables): Promise<readonly string[]> {
    const missing = this.#chains().filter((name) => !this.#handles.has(name));
    if (missing.length === 0) return missing;
    const found = await this.#readHandles(nftables, missing.length > 8 ? undefined : missing);
    for (const name of missing) this.#handles.set(name, found.get(name) ?? '');
    return missing;
  }

  forget(chains: readonly string[]): void {
    for (const name of chains) this.#handles.delete(name);
  }

  /** What differs from what was written, in words; undefined when nothing does. */
  async findDifference(nftables: Nftables): Promise<string | undefined> {
    const found = await this.#readHandles(nftables);
    for (const name of this.#chains()) {
      const known = this.#handles.get(name);
      const handles = found.get(name) ?? '';
      const isSame =
        known === undefined ? countOf(handles) === this.#countOf(name) : known === handles;
      if (!isSame) return `rules of ${name}`;
    }
    for (const [set, wanted] of this.#expected()) {
      const elements = await nftables.elements(this.#table, set);
      if (!elements) return `the set ${set}`;
      const texts = elements.map((each) => textOf({ ...each, chain: chainIn(each) }));
      if (texts.length !== wanted.size || !texts.every((each) => wanted.has(each))) {
        return `elements of ${set}`;
      }
    }
    return undefined;
  }

  #chains(): string[] {
    return [...directions, ...this.#written.chains.keys()];
  }

  #countOf(chain: string): number {
    const { family } = this.#options;
    return this.#written.chains.get(chain)?.rules.length ?? baseRuleCount(family, chain);
  }

  async #readHandles(nftables: Nftables, chains?: readonly string[]) {
    const lists = chains
      ? await Promise.all(chains.map((name) => nftables.rules(this.#table, name)))
      : [await nftables.rules(this.#table)];
    const found = new Map<string, string>();
    for (const { chain, handle } of lists.flat()) {
      found.set(chain, `${found.get(chain) ?? ''}${handle} `);
    }
    return found;
  }

  #expected(): Map<string, ReadonlySet<string>> {
    const { family } = this.#options;
    const { sets, maps } = this.#written;
    const expected = new Map<string, ReadonlySet<string>>();
    for (const set of sets.values()) expected.set(set.name, textsOf(elementsOf(set, family)));
    for (const direction of directions) {
      expected.set(mapOf(direction), textsOf(mapElements(maps[direction], new Map())));
    }
    return expected.set(selfSet, textsOf(selfElements(isolatedIn(this.#written))));
  }
}

const countOf = (handles: string): number => handles.split(' ').length - 1;

interface Shown {
  readonly key: string;
  readonly keyEnd?: string;
  readonly isEnd?: boolean;
  readonly chain?: string | undefined;
}

const textOf = ({ key, keyEnd = '', isEnd = false, chain = '' }: Shown): string =>
  [key, keyEnd, isEnd, chain].join('\n');

const textsOf = (elements: readonly Element[]): ReadonlySet<string> =>
  new Set(
    elements.map((each) =>
      textOf({ ...each, chain: typeof each.data === 'object' ? each.data.goto : undefined }),
    ),
  );

const chainIn = (element: Parameters<typeof chainOf>[0]): string | undefined =>
  element.data === undefined ? undefined : chainOf(element);
