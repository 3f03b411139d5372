/**
 * Firewall rules that belong to attachments, in nf_tables by netlink.
 *
 * A plugin has a table of its own (`RuleTable`). In it each attachment has chains, named after
 * network and attachment, so that nothing has to be remembered to find them again; elements of
 * verdict maps lead to them, so that a packet passes one look-up however many pods there are.
 */
import { hasCode } from '../../base/errors.ts';
import {
  addElements,
  chainOf,
  deleteChain,
  deleteSet,
  deleteTable,
  type Expression,
  exclusive,
  flushChain,
  type Hook,
  type Message,
  type Nftables,
  newChain,
  newRule,
  newSet,
  newTable,
  onlyIfEmpty,
  type Part,
  removeElements,
  type TableName,
} from '../../native/nftables.ts';
import { aliasOf, digestOf } from '../names.ts';
import type { Attachment } from '../request.ts';

export type Rule = readonly Expression[];

export interface RuleTable {
  readonly table: TableName;
  readonly comment: string;
  /** Of the chains that an attachment may have. */
  readonly roles: readonly string[];
  /** Verdict maps. */
  readonly maps: readonly { readonly name: string; readonly key: readonly Part[] }[];
  /** Where packets come in; their rules look the maps up. */
  readonly chains: readonly {
    readonly name: string;
    readonly hook: Hook;
    readonly rules: readonly Rule[];
  }[];
}

export interface Way {
  readonly map: string;
  /** As it lies in registers: see Element. */
  readonly key: string;
}

export interface AttachmentChain {
  readonly role: string; // One of the table's.
  readonly rules: readonly Rule[];
  /** The elements that lead here. */
  readonly ways: readonly Way[];
}

export interface Owner extends Attachment {
  readonly network: string;
}

const attempts = 5;

/**
 * All of an attachment's chains at once, in place of those that it has. Where an element of
 * somebody else's is in the way, it goes: its address or port is ours now.
 */
export async function addRules(
  nft: Nftables,
  ruleTable: RuleTable,
  owner: Owner,
  chains: readonly AttachmentChain[],
): Promise<void> {
  const { table } = ruleTable;
  const messages = chains.flatMap((chain) => chainMessages(table, owner, chain));
  const ways = chains.flatMap((chain) => chain.ways);
  let first: readonly Message[] = [];
  for (let attempt = 1; ; attempt++) {
    try {
      await nft.commit([...first, ...messages]);
      return;
    } catch (error) {
      if (attempt === attempts) throw error;
      // The table is not there, or another process has just made it; an element is there.
      if (hasCode(error, 'ENOENT')) first = baseMessages(ruleTable);
      else if (hasCode(error, 'EEXIST', 'EBUSY')) first = await evictions(nft, table, ways);
      else throw error;
    }
  }
}

/** May be repeated. `ways` that are known save looking through the maps. */
export async function removeRules(
  nft: Nftables,
  ruleTable: RuleTable,
  owner: Owner,
  ways?: readonly Way[],
): Promise<void> {
  const names = ruleTable.roles.map((role) => nameOf(role, owner));
  const present = await Promise.all(names.map((name) => nft.hasChain(ruleTable.table, name)));
  const chains = names.filter((_, index) => present[index]);
  await removeChains(nft, ruleTable, chains, ways);
}

/** The attachment has a chain of that role. */
export const hasRules = (
  nft: Nftables,
  { table }: RuleTable,
  owner: Owner,
  role: string,
): Promise<boolean> => nft.hasChain(table, nameOf(role, owner));

/** Takes away what belongs to the network and to none of `valid`; with the last one the table. */
export async function keepOnlyRules(
  nft: Nftables,
  ruleTable: RuleTable,
  network: string,
  valid: readonly Attachment[],
): Promise<void> {
  const suffixes = new Set(valid.map((each) => suffixOf({ ...each, network })));
  const scope = scopeOf(network);
  const isStray = (chain: string) => {
    const [, chainScope, ...rest] = chain.split('-');
    return chainScope === scope && !suffixes.has([chainScope, ...rest].join('-'));
  };
  const chains = (await nft.chains(ruleTable.table)).filter(isStray);
  await removeChains(nft, ruleTable, chains);
  await removeIfEmpty(nft, ruleTable);
}

async function removeChains(
  nft: Nftables,
  { table, maps }: Pick<RuleTable, 'table' | 'maps'>,
  chains: readonly string[],
  ways?: readonly Way[],
): Promise<void> {
  if (chains.length === 0) return;
  const names = new Set(chains);
  const isMine = (chain: string | undefined) => chain !== undefined && names.has(chain);
  const found = ways ? await lookUp(nft, table, ways) : await listAll(nft, table, maps);
  const elements = found.filter(({ chain }) => isMine(chain));
  try {
    await nft.commit([
      ...elements.flatMap(({ map, key }) => removeElements(table, map, [{ key }])),
      ...chains.flatMap((chain) => [flushChain(table, chain), deleteChain(table, chain)]),
    ]);
  } catch (error) {
    // The same done by another process; or there are elements that the ways do not tell of.
    if (!hasCode(error, 'ENOENT', 'EBUSY')) throw error;
    if (ways) await removeChains(nft, { table, maps }, chains);
    else if (hasCode(error, 'EBUSY')) throw error;
  }
}

interface Found extends Way {
  readonly chain: string | undefined;
}

async function lookUp(
  nft: Nftables,
  table: TableName,
  ways: readonly Way[],
): Promise<readonly Found[]> {
  const found = await nft.find(
    table,
    ways.map(({ map, key }) => ({ set: map, key })),
  );
  return ways.flatMap((way, index) => {
    const element = found[index];
    return element ? [{ ...way, chain: chainOf(element) }] : [];
  });
}

async function listAll(
  nft: Nftables,
  table: TableName,
  maps: RuleTable['maps'],
): Promise<readonly Found[]> {
  const lists = await Promise.all(maps.map(({ name }) => nft.elements(table, name)));
  return lists.flatMap((elements = [], index) =>
    elements.map((element) => ({
      map: maps[index]!.name,
      key: element.key,
      chain: chainOf(element),
    })),
  );
}

async function evictions(
  nft: Nftables,
  table: TableName,
  ways: readonly Way[],
): Promise<readonly Message[]> {
  const found = await lookUp(nft, table, ways);
  return found.flatMap(({ map, key }) => removeElements(table, map, [{ key }]));
}

function chainMessages(table: TableName, owner: Owner, chain: AttachmentChain): Message[] {
  const name = nameOf(chain.role, owner);
  const comment = aliasOf(owner.network, owner);
  return [
    newChain(table, name),
    flushChain(table, name),
    ...chain.rules.map((expressions) => newRule(table, name, { expressions, comment })),
    ...chain.ways.flatMap(({ map, key }) =>
      addElements(table, map, [{ key, data: { goto: name } }]),
    ),
  ];
}

/** Fails as a whole where a part is there: of two processes one makes it. */
function baseMessages({ table, comment, maps, chains }: RuleTable): Message[] {
  return [
    newTable(table, comment),
    ...maps.map(({ name, key }, id) =>
      exclusive(newSet(table, { name, key, data: 'verdict' }, id + 1)),
    ),
    ...chains.flatMap(({ name, hook, rules }) => [
      exclusive(newChain(table, name, hook)),
      ...rules.map((expressions) => newRule(table, name, { expressions })),
    ]),
  ];
}

/** The kernel refuses where another process has just added something. */
async function removeIfEmpty(nft: Nftables, { table, maps, chains }: RuleTable): Promise<void> {
  const own = new Set(chains.map(({ name }) => name));
  const present = await nft.chains(table);
  if (present.length === 0 || present.some((chain) => !own.has(chain))) return;
  try {
    await nft.commit([
      ...present.flatMap((chain) => [flushChain(table, chain), deleteChain(table, chain)]),
      ...maps.map(({ name }) => onlyIfEmpty(deleteSet(table, name))),
      onlyIfEmpty(deleteTable(table)),
    ]);
  } catch (error) {
    if (!hasCode(error, 'EBUSY', 'ENOENT')) throw error;
  }
}

const scopeOf = (network: string) => digestOf(network).slice(-6);

const suffixOf = (owner: Owner) =>
  `${scopeOf(owner.network)}-${digestOf(`${owner.network}/${owner.containerId}/${owner.ifName}`)}`;

const nameOf = (role: string, owner: Owner) => `${role}-${suffixOf(owner)}`;
