/**
 * What the table of one family should hold: chains, sets and maps, as data. Pure.
 *
 * Parts that are the same as before are the same objects, so that comparing two plans costs little
 * however much there is.
 */

import type { Group } from './groups.ts';
import { type Direction, directions, type Family, familyOf, mapOf, policyChain } from './layout.ts';
import type { Allowance, PolicyPlan, Source } from './plan-policy.ts';
import type { LocalPod, SourceSet } from './world.ts';

export interface RulePlan {
  /** A set of addresses: of whoever is at the other end. */
  readonly peer?: string;
  /** A set of protocols and ports of the destination. */
  readonly ports?: string;
  /** A set of addresses, protocols and ports of the destination. */
  readonly named?: string;
  readonly verdict: 'accept' | 'drop' | { readonly jump: string };
  /** For `drop`: who is to blame. */
  readonly comment?: string;
}

export interface ChainPlan {
  readonly name: string;
  readonly direction: Direction;
  readonly rules: readonly RulePlan[];
}

export interface TablePlan {
  readonly family: Family;
  readonly chains: ReadonlyMap<string, ChainPlan>;
  readonly sets: ReadonlyMap<string, SourceSet>;
  /** Address of a pod of this node → chain. */
  readonly maps: Readonly<Record<Direction, ReadonlyMap<string, string>>>;
}

export const emptyPlan = (family: Family): TablePlan => ({
  family,
  chains: new Map(),
  sets: new Map(),
  maps: { ingress: new Map(), egress: new Map() },
});

/** Where the plan finds what it needs: the world, or a test's. */
export interface PolicyView {
  localPods(): Iterable<LocalPod>;
  policy(key: string): PolicyPlan | undefined;
  setOf(source: Source): SourceSet;
}

/** Chains as they were made; each stays as long as it is used and what it is made of is the same. */
export class Planner {
  readonly #family: Family;
  readonly #serials = new Map<string, number>();
  #madeOf = new Map<string, { readonly from: object; readonly chain: ChainPlan }>();

  constructor(family: Family) {
    this.#family = family;
  }

  plan(view: PolicyView): TablePlan {
    const drafts: Drafts = { chains: new Map(), sets: new Map(), view, madeOf: new Map() };
    const maps = { ingress: new Map<string, string>(), egress: new Map<string, string>() };
    for (const pod of view.localPods()) {
      const own = pod.view.addresses.filter((each) => familyOf(each) === this.#family);
      if (own.length === 0) continue;
      for (const direction of directions) {
        const group = pod[direction];
        if (!group) continue;
        for (const address of own) maps[direction].set(address, group.name);
        if (!drafts.chains.has(group.name)) this.#addGroup(group, drafts);
      }
    }
    this.#madeOf = drafts.madeOf;
    return { family: this.#family, chains: drafts.chains, sets: drafts.sets, maps };
  }

  #addGroup(group: Group, drafts: Drafts): void {
    const { direction } = group;
    const chains = group.policies.flatMap((key) => {
      const policy = drafts.view.policy(key);
      const allowances = policy?.[direction] ?? [];
      if (!policy || allowances.length === 0) return []; // It allows nothing: no jump is needed.
      const name = policyChain(direction, key, this.#serialOf);
      if (!drafts.chains.has(name)) this.#addPolicy(name, { policy, direction }, drafts);
      return drafts.chains.get(name)!.rules.length > 0 ? [name] : [];
    });
    const jumps = chains.map((jump): RulePlan => ({ verdict: { jump } }));
    const drop: RulePlan = { verdict: 'drop', comment: commentOf(group) };
    const known = this.#madeOf.get(group.name);
    const text = chains.join(' ');
    const isSame = known?.from === group && known.chain.rules.length === jumps.length + 1;
    const rules = [...jumps, drop];
    const chain = { name: group.name, direction, rules };
    const kept = isSame && jumpsOf(known.chain) === text ? known.chain : chain;
    keep(drafts, kept, group);
  }

  #addPolicy(
    name: string,
    { policy, direction }: { policy: PolicyPlan; direction: Direction },
    drafts: Drafts,
  ): void {
    const allowances = (policy[direction] ?? []).filter((each) => this.#canMatch(each));
    for (const { peer, ports } of allowances) {
      for (const source of [peer, ports]) {
        if (!source) continue;
        const set = drafts.view.setOf(source);
        drafts.sets.set(set.name, set);
      }
    }
    const known = this.#madeOf.get(name);
    if (known?.from === policy) {
      keep(drafts, known.chain, policy);
      return;
    }
    const nameOf = (source: Source | undefined) => source && drafts.view.setOf(source).name;
    const rules = allowances.map(({ peer, ports }): RulePlan => {
      const peerSet = nameOf(peer);
      const portSet = nameOf(ports);
      return {
        ...(peerSet && { peer: peerSet }),
        ...(portSet && (ports?.kind === 'named' ? { named: portSet } : { ports: portSet })),
        verdict: 'accept',
      };
    });
    keep(drafts, { name, direction, rules }, policy);
  }

  /** A block of the other family is nobody here. */
  #canMatch({ peer }: Allowance): boolean {
    return peer?.kind !== 'block' || peer.family === this.#family;
  }

  readonly #serialOf = (policy: string): number => {
    const serial = this.#serials.get(policy) ?? this.#serials.size + 1;
    this.#serials.set(policy, serial);
    return serial;
  };
}

interface Drafts {
  readonly view: PolicyView;
  readonly chains: Map<string, ChainPlan>;
  readonly sets: Map<string, SourceSet>;
  readonly madeOf: Map<string, { readonly from: object; readonly chain: ChainPlan }>;
}

function keep(drafts: Drafts, chain: ChainPlan, from: object): void {
  drafts.chains.set(chain.name, chain);
  drafts.madeOf.set(chain.name, { from, chain });
}

const jumpsOf = ({ rules }: ChainPlan): string =>
  rules.flatMap(({ verdict }) => (typeof verdict === 'object' ? [verdict.jump] : [])).join(' ');

/** The kernel keeps 127 bytes. */
const commentMax = 120;

function commentOf({ policies }: Group): string {
  const text = policies.join(', ');
  if (text.length <= commentMax) return text;
  const more = (shown: number) => `, and ${policies.length - shown} more`;
  let shown = 0;
  let length = 0;
  for (const each of policies) {
    if (length + each.length + 2 + more(policies.length).length > commentMax) break;
    length += each.length + 2;
    shown++;
  }
  if (shown === 0) return `${text.slice(0, commentMax - 20)}…${policies.length > 1 ? more(1) : ''}`;
  return policies.slice(0, shown).join(', ') + more(shown);
}

/** The table in words close to nft's, for tests and for `trace`. */
export function describePlan({ chains, sets, maps }: TablePlan): string[] {
  return [
    ...[...sets.values()].map(({ name, source, members }) => {
      const elements = [...members].sort().join(', ');
      return `set ${name} ${source.key}${elements && ` = ${elements}`}`;
    }),
    ...directions.flatMap((direction) =>
      [...maps[direction]].map(([address, chain]) => `${mapOf(direction)} ${address} : ${chain}`),
    ),
    ...[...chains.values()].flatMap((chain) =>
      chain.rules.map((rule) => `${chain.name}: ${describeRule(rule)}`),
    ),
  ].sort();
}

function describeRule({ peer, ports, named, verdict, comment }: RulePlan): string {
  const words = [
    ...(peer ? [`peer @${peer}`] : []),
    ...(ports ? [`ports @${ports}`] : []),
    ...(named ? [`named @${named}`] : []),
    typeof verdict === 'object' ? `jump ${verdict.jump}` : verdict,
    ...(comment ? [`(${comment})`] : []),
  ];
  return words.join(' ');
}
