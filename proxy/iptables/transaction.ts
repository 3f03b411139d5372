/** Writes input for `iptables-restore --noflush`: the least text that makes what is wanted. Pure. */
import {
  type Base,
  type ChainKey,
  type Chains,
  isGenerated,
  type Rendering,
  splitKey,
  type Table,
  tables,
} from './ruleset.ts';

/** A Service's rules before and after; absent: it had, or has, none. */
export interface Change {
  readonly before: Rendering | undefined;
  readonly after: Rendering | undefined;
}

/** What one table's part of the file says. Order within it is fixed by `print`. */
interface Draft {
  readonly rewrite: Map<string, readonly string[]>;
  readonly remove: string[];
  readonly edits: string[];
}

type Drafts = Record<Table, Draft>;

/**
 * Everything, whatever is there now: our chains as wanted, generated ones that are no longer
 * wanted removed, each jump once. Chains and rules of others are not named.
 */
export function fullTransaction(wanted: Chains, jumps: Chains, observed: Chains): string {
  const drafts = newDrafts();
  for (const [key, rules] of wanted) {
    const { table, chain } = splitKey(key);
    drafts[table].rewrite.set(chain, rules);
  }
  for (const key of observed.keys()) {
    const { table, chain } = splitKey(key);
    if (isGenerated(chain) && !wanted.has(key)) drafts[table].remove.push(chain);
  }
  const ours = new Set(wanted.keys());
  for (const [key, rules] of jumps) restoreJumps(drafts, { key, rules, observed, ours });
  return print(drafts);
}

/**
 * Only what the changes touch; empty when they touch nothing. A Service's own chains are written
 * whole; in shared chains its rules are taken out and put in one by one, so that a change costs
 * the same beside ten thousand Services as beside ten. Rules go in at the front: the last rule of
 * KUBE-SERVICES must stay the last.
 */
export function changeTransaction(changes: Iterable<Change>): string {
  const drafts = newDrafts();
  for (const { before, after } of changes) {
    for (const [key, rules] of after?.own ?? []) {
      if (isSame(before?.own.get(key), rules)) continue;
      const { table, chain } = splitKey(key);
      drafts[table].rewrite.set(chain, rules);
    }
    for (const key of before?.own.keys() ?? []) {
      const { table, chain } = splitKey(key);
      if (!after?.own.has(key)) drafts[table].remove.push(chain);
    }
    editShared(drafts, before?.shared, after?.shared);
  }
  return print(drafts);
}

/** Takes every rule and chain of ours away, and nothing else; empty when there is none. */
export function removalTransaction(base: Base, observed: Chains): string {
  const drafts = newDrafts();
  const ours = new Set<ChainKey>(
    [...observed.keys()].filter((key) => base.chains.has(key) || isGenerated(splitKey(key).chain)),
  );
  for (const [key, rules] of observed) {
    const { table, chain } = splitKey(key);
    if (ours.has(key)) drafts[table].remove.push(chain);
    else {
      const jumps = rules.filter((rule) => jumpsTo(rule, table, ours));
      drafts[table].edits.push(...jumps.map((rule) => `-D ${chain} ${rule}`));
    }
  }
  return print(drafts);
}

/**
 * Whether the kernel holds all that is wanted and nothing else in chains of ours. In a shared
 * chain the order of Services' rules may be another one than that of a full write.
 */
export function isAsWanted(wanted: Chains, jumps: Chains, observed: Chains): boolean {
  for (const key of observed.keys()) {
    if (isGenerated(splitKey(key).chain) && !wanted.has(key)) return false;
  }
  for (const [key, rules] of wanted) {
    const present = observed.get(key);
    const isOrdered = isGenerated(splitKey(key).chain);
    if (!isSame(isOrdered ? present : present?.toSorted(), isOrdered ? rules : rules.toSorted())) {
      return false;
    }
    // What is for all that no Service's rule took is the last one, whatever came and went before it.
    if (isEnding(rules.at(-1)) && present?.at(-1) !== rules.at(-1)) return false;
  }
  const ours = new Set(wanted.keys());
  return [...jumps].every(([key, rules]) => {
    const { table } = splitKey(key);
    return isSame(
      (observed.get(key) ?? []).filter((rule) => jumpsTo(rule, table, ours)),
      rules,
    );
  });
}

const isEnding = (rule = ''): boolean => /this must be the last rule|^-j DROP$/.test(rule);

/** `iptables-save` text → chains of the tables that we write to, built-in ones included. */
export function parseSave(text: string): Map<ChainKey, string[]> {
  const chains = new Map<ChainKey, string[]>();
  let table: string | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = tables.find((each) => each === line.slice(1));
    if (!table) continue;
    const [, mark, chain, rest] = /^(:|-A )(\S+) ?(.*)$/.exec(line) ?? [];
    if (mark === ':') chains.set(`${table as Table} ${chain}`, []);
    else if (mark) chains.get(`${table as Table} ${chain}`)?.push(rest!);
  }
  return chains;
}

interface JumpsOf {
  readonly key: ChainKey;
  readonly rules: readonly string[];
  readonly observed: Chains;
  readonly ours: ReadonlySet<ChainKey>;
}

/** Leaves a built-in chain alone when its jumps into ours are exactly those wanted. */
function restoreJumps(drafts: Drafts, { key, rules, observed, ours }: JumpsOf): void {
  const { table, chain } = splitKey(key);
  const present = (observed.get(key) ?? []).filter((rule) => jumpsTo(rule, table, ours));
  if (isSame(present, rules)) return;
  const { edits } = drafts[table];
  edits.push(...present.map((rule) => `-D ${chain} ${rule}`));
  edits.push(...rules.toReversed().map((rule) => `-I ${chain} 1 ${rule}`));
}

function editShared(drafts: Drafts, before?: Chains, after?: Chains): void {
  for (const key of new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])) {
    const { table, chain } = splitKey(key);
    const old = new Set(before?.get(key));
    const wanted = new Set(after?.get(key));
    const { edits } = drafts[table];
    for (const rule of old) if (!wanted.has(rule)) edits.push(`-D ${chain} ${rule}`);
    for (const rule of wanted) if (!old.has(rule)) edits.push(`-I ${chain} 1 ${rule}`);
  }
}

function jumpsTo(rule: string, table: Table, ours: ReadonlySet<ChainKey>): boolean {
  const target = / ?-[jg] (\S+)/.exec(rule)?.[1];
  return target !== undefined && ours.has(`${table} ${target}`);
}

/** Chains are made (and emptied) first and removed last: in between, rules may name any of them. */
function print(drafts: Drafts): string {
  return tables.map((table) => printTable(table, drafts[table])).join('');
}

function printTable(table: Table, { rewrite, remove, edits }: Draft): string {
  const lines: string[] = [];
  // iptables-nft-restore keeps chains in a sorted list: out of order they cost it quadratic time.
  const chains = new Set([...rewrite.keys(), ...remove]);
  for (const chain of [...chains].sort()) lines.push(`:${chain} - [0:0]`);
  for (const [chain, rules] of rewrite) {
    for (const rule of rules) lines.push(`-A ${chain} ${rule}`);
  }
  lines.push(...edits);
  for (const chain of remove) lines.push(`-X ${chain}`);
  return lines.length > 0 ? `*${table}\n${lines.join('\n')}\nCOMMIT\n` : '';
}

const newDrafts = (): Drafts => ({ nat: newDraft(), filter: newDraft() });
const newDraft = (): Draft => ({ rewrite: new Map(), remove: [], edits: [] });

export const isSame = (
  left: readonly string[] | undefined,
  right: readonly string[] | undefined,
): boolean =>
  left?.length === right?.length && (left ?? []).every((rule, index) => rule === right?.[index]);
