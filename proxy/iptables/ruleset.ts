/** The words in which rules are passed around: chains of rules, in iptables-save's normal form. */

export type Table = 'nat' | 'filter';
export const tables: readonly Table[] = ['nat', 'filter'];

/** `nat KUBE-SERVICES`. */
export type ChainKey = `${Table} ${string}`;

/**
 * Chain → its rules without `-A CHAIN`, exactly as iptables-save prints them, so that what was
 * meant can be compared with what is there as text.
 */
export type Chains = ReadonlyMap<ChainKey, readonly string[]>;

/** What one Service adds. */
export interface Rendering {
  /** Chains of its own. */
  readonly own: Chains;
  /** Its rules in shared chains. Their order there has no meaning: no two match one packet. */
  readonly shared: Chains;
}

/** Everything wanted, Services apart. */
export interface Base {
  /** Shared and static chains; rules of Services go before those listed here. */
  readonly chains: Chains;
  /** Rules in the kernel's built-in chains, first one first; each jumps to a chain of ours. */
  readonly jumps: Chains;
}

/** All chains of ours as they shall be. Renderings count in the order given. */
export function compose(base: Base, renderings: Iterable<Rendering>): Map<ChainKey, string[]> {
  const chains = new Map<ChainKey, string[]>();
  for (const key of base.chains.keys()) chains.set(key, []);
  for (const { own, shared } of renderings) {
    for (const [key, rules] of shared) chains.get(key)?.push(...rules);
    for (const [key, rules] of own) chains.set(key, [...rules]);
  }
  for (const [key, rules] of base.chains) chains.get(key)?.push(...rules);
  return chains;
}

/** `nat KUBE-SERVICES` → `nat`, `KUBE-SERVICES`. */
export function splitKey(key: ChainKey): { table: Table; chain: string } {
  const space = key.indexOf(' ');
  return { table: key.slice(0, space) as Table, chain: key.slice(space + 1) };
}

const generated = /^KUBE-(?:SVC|SVL|SEP|EXT|FW)-[A-Z2-7]{16}$/;

/** Chains made for one Service port or endpoint; they come and go. */
export const isGenerated = (chain: string): boolean => generated.test(chain);

/** The argument of `--comment`, quoted where iptables-save quotes it. */
export function comment(text: string): string {
  // What is not in a Kubernetes name has no business in a rule either: the file is line by line.
  const safe = text.replace(/[^\w\-./:; >]/g, '?');
  return `-m comment --comment ${/^[\w-]+$/.test(safe) ? safe : `"${safe}"`}`;
}
