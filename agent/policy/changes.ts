/** From one plan to the next: the messages of one transaction, only for what differs. */
import {
  addElements,
  addressBytes,
  deleteChain,
  deleteSet,
  type Element,
  flushChain,
  type Message,
  newChain,
  newSet,
  removeElements,
  type TableName,
} from '../../native/nftables.ts';
import { elementsOf, memberElements, shapeOf } from './elements.ts';
import { directions, mapOf, selfSet } from './layout.ts';
import type { TablePlan } from './plan.ts';
import { chainRules } from './structure.ts';

export interface Change {
  readonly messages: readonly Message[];
  /** Chains whose rules are new. */
  readonly chains: readonly string[];
}

/** Nothing for two plans that are equal. */
export function changesBetween(table: TableName, before: TablePlan, after: TablePlan): Change {
  const { family } = after;
  const newSets = [...after.sets.values()].filter(({ name }) => !before.sets.has(name));
  const goneSets = [...before.sets.keys()].filter((name) => !after.sets.has(name));
  const changed = [...after.chains.values()].filter(
    (chain) => before.chains.get(chain.name) !== chain,
  );
  const gone = [...before.chains.keys()].filter((name) => !after.chains.has(name));
  const { removed, added } = elementChanges(before, after);
  const isOld = ({ name }: { readonly name: string }) => before.chains.has(name);
  const messages = [
    ...newSets.flatMap((set, index) => [
      newSet(table, shapeOf(set, family), index + 1),
      ...addElements(table, set.name, elementsOf(set, family)),
    ]),
    ...changed.filter((chain) => !isOld(chain)).map(({ name }) => newChain(table, name)),
    // The kernel refuses to delete what is still referred to, so references go first.
    ...[...removed].flatMap(([set, elements]) => removeElements(table, set, elements)),
    ...changed.filter(isOld).map(({ name }) => flushChain(table, name)),
    ...gone.map((name) => flushChain(table, name)),
    ...changed.flatMap((chain) => chainRules(table, family, chain)),
    ...[...added].flatMap(([set, elements]) => addElements(table, set, elements)),
    ...gone.map((name) => deleteChain(table, name)),
    ...goneSets.map((name) => deleteSet(table, name)),
  ];
  return { messages, chains: changed.map(({ name }) => name) };
}

type Elements = Map<string, Element[]>;

function elementChanges(before: TablePlan, after: TablePlan) {
  const removed: Elements = new Map();
  const added: Elements = new Map();
  for (const { name, members } of after.sets.values()) {
    const old = before.sets.get(name)?.members;
    if (!old || old === members) continue;
    put(removed, name, memberElements(difference(old, members), after.family));
    put(added, name, memberElements(difference(members, old), after.family));
  }
  for (const direction of directions) {
    const [old, wanted] = [before.maps[direction], after.maps[direction]];
    const name = mapOf(direction);
    put(removed, name, mapElements(old, wanted));
    put(added, name, mapElements(wanted, old));
  }
  const [old, wanted] = [isolatedIn(before), isolatedIn(after)];
  put(removed, selfSet, selfElements(difference(old, wanted)));
  put(added, selfSet, selfElements(difference(wanted, old)));
  return { removed, added };
}

function put(lists: Elements, set: string, elements: Element[]): void {
  if (elements.length > 0) lists.set(set, elements);
}

/** What is in the first and not in the second. */
function difference(one: ReadonlySet<string>, other: ReadonlySet<string>): string[] {
  const found: string[] = [];
  for (const each of one) if (!other.has(each)) found.push(each);
  return found;
}

/** What is in the first and not, or other, in the second. */
export const mapElements = (
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): Element[] => {
  const found: Element[] = [];
  for (const [address, chain] of one) {
    if (other.get(address) === chain) continue;
    found.push({ key: addressBytes(address), data: { goto: chain } });
  }
  return found;
};

export const isolatedIn = ({ maps }: TablePlan): ReadonlySet<string> =>
  new Set([...maps.ingress.keys(), ...maps.egress.keys()]);

export const selfElements = (addresses: Iterable<string>): Element[] =>
  [...addresses].map((address) => ({ key: addressBytes(address) + addressBytes(address) }));
