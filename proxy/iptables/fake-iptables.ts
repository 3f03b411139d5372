/**
 * The kernel's tables in memory: takes what iptables-restore takes, refuses what it refuses
 * (all of a table's part or nothing), and gives back what iptables-save would. It knows only the
 * lines that transactions have, and shares no code with those who write them.
 */
import type { Iptables } from './apply.ts';
import type { ChainKey } from './ruleset.ts';

const builtIn: Readonly<Record<string, readonly string[]>> = {
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

export class FakeIptables implements Iptables {
  /** By table, then by chain. */
  #tables = new Map(
    Object.entries(builtIn).map(([table, chains]) => [
      table,
      new Map(chains.map((chain) => [chain, [] as string[]])),
    ]),
  );
  /** What was restored, newest last. */
  readonly transactions: string[] = [];
  /** The next restore fails with this. */
  failure: Error | undefined;

  async save(): Promise<Map<ChainKey, string[]>> {
    const all = new Map<ChainKey, string[]>();
    for (const [table, chains] of this.#tables) {
      for (const [chain, rules] of chains) all.set(`${table} ${chain}` as ChainKey, [...rules]);
    }
    return all;
  }

  async restore(text: string): Promise<void> {
    if (this.failure) {
      const error = this.failure;
      this.failure = undefined;
      throw error;
    }
    this.transactions.push(text);
    let table = '';
    let draft = new Map<string, string[]>();
    for (const line of text.split('\n').filter(Boolean)) {
      if (line.startsWith('*')) {
        table = line.slice(1);
        const chains = this.#tables.get(table);
        if (!chains) throw new Error(`no table ${table}`);
        draft = new Map([...chains].map(([chain, rules]) => [chain, [...rules]]));
      } else if (line === 'COMMIT') this.#tables.set(table, draft);
      else obey(draft, line);
    }
  }

  async owner(): Promise<string | undefined> {
    const owners = [...this.#tables.values()].map(
      (chains) => /"owner:(.*)"/.exec((chains.get('KUBE-PROXY-CANARY') ?? []).join())?.[1],
    );
    return owners[0] === owners[1] ? owners[0] : undefined;
  }

  /** Somebody else's `iptables -F`. */
  flush(table: string): void {
    for (const rules of this.#tables.get(table)?.values() ?? []) rules.length = 0;
  }
}

function obey(chains: Map<string, string[]>, line: string): void {
  const [word = '', name = '', ...rest] = line.split(' ');
  if (word.startsWith(':')) chains.set(word.slice(1), []);
  else if (word === '-X') removeChain(chains, name);
  else changeRule(chains.get(name), { word, rest, line, chains });
}

interface RuleLine {
  readonly word: string;
  readonly rest: readonly string[];
  readonly line: string;
  readonly chains: ReadonlyMap<string, string[]>;
}

function changeRule(rules: string[] | undefined, { word, rest, line, chains }: RuleLine): void {
  if (!rules) throw new Error(`no such chain: ${line}`);
  const rule = rest.slice(word === '-I' ? 1 : 0).join(' ');
  const target = / ?-j (KUBE-\S+)/.exec(rule)?.[1];
  if (word !== '-D' && target && !chains.has(target)) throw new Error(`no target: ${line}`);
  if (word === '-A') rules.push(rule);
  else if (word === '-I') rules.unshift(rule);
  else if (word === '-D' && rules.includes(rule)) rules.splice(rules.indexOf(rule), 1);
  else throw new Error(`Bad rule (does a matching rule exist in that chain?): ${line}`);
}

function removeChain(chains: Map<string, string[]>, name: string): void {
  const isUsed = [...chains.values()].some((rules) =>
    rules.some((rule) => rule.split(' ').includes(name) && rule.includes(`-j ${name}`)),
  );
  if (isUsed || chains.get(name)!.length > 0) throw new Error(`${name} is in use`);
  chains.delete(name);
}
