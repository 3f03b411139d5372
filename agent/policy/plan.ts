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
  #policies = new Map<PolicyPlan, MadePolicy>();
  #groups = new Map<Group, ChainPlan>();

  constructor(family: Family) {
    this.#family = family;
  }

  plan(view: PolicyView): TablePlan {
    const draft: Draft = {
      view,
      chains: new Map(),
      sets: new Map(),
      policies: new Map(),
      groups: new Map(),
    };
    const maps = { ingress: new Map<string, string>(), egress: new Map<string, string>() };
    for (const pod of view.localPods()) {
      const own = pod.view.addresses.filter((each) => familyOf(each) === this.#family);
      if (own.length === 0) continue;
      for (const direction of directions) {
        const group = pod[direction];
        if (!group) continue;
        for (const address of own) maps[direction].set(address, group.name);
        if (!draft.groups.has(group)) this.#addGroup(group, draft);
      }
    }
    this.#policies = draft.policies;
    this.#groups = draft.groups;
    return { family: this.#family, chains: draft.chains, sets: draft.sets, maps };
  }

  #addGroup(group: Group, draft: Draft): void {
    const { direction } = group;
    const jumps: string[] = [];
    for (const key of group.policies) {
      const policy = draft.view.policy(key);
      if (!policy) continue;
      const made = draft.policies.get(policy)?.[direction] ?? this.#addPolicy(policy, group, draft);
      if (made.chain.rules.length > 0) jumps.push(made.chain.name); // Else it allows nothing.
    }
    const known = this.#groups.get(group);
    const chain = known && hasJumps(known, jumps) ? known : groupChain(group, jumps);
    draft.groups.set(group, chain);
    draft.chains.set(chain.name, chain);
  }

  #addPolicy(policy: PolicyPlan, { direction }: Group, draft: Draft): MadeChain {
    const made = this.#policies.get(policy)?.[direction] ?? this.#make(policy, direction, draft);
    draft.policies.set(policy, { ...draft.policies.get(policy), [direction]: made });
    if (made.chain.rules.length > 0) draft.chains.set(made.chain.name, made.chain);
    for (const source of made.sources) {
      const set = draft.view.setOf(source);
      draft.sets.set(set.name, set);
    }
    return made;
  }

  #make(policy: PolicyPlan, direction: Direction, { view }: Draft): MadeChain {
    const allowances = (policy[direction] ?? []).filter((each) => this.#canMatch(each));
    const rules = allowances.map(({ peer, ports }): RulePlan => {
      const service = ports && view.setOf(ports).name;
      return {
        ...(peer && { peer: view.setOf(peer).name }),
        ...(service && (ports.kind === 'named' ? { named: service } : { ports: service })),
        verdict: 'accept',
      };
    });
    const name = policyChain(direction, policy.key, this.#serialOf);
    const sources = allowances.flatMap(({ peer, ports }) => [
      ...(peer ? [peer] : []),
      ...(ports ? [ports] : []),
    ]);
    return { chain: { name, direction, rules }, sources };
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

interface MadeChain {
  readonly chain: ChainPlan;
  readonly sources: readonly Source[];
}

type MadePolicy = { readonly [D in Direction]?: MadeChain };

interface Draft {
  readonly view: PolicyView;
  readonly chains: Map<string, ChainPlan>;
  readonly sets: Map<string, SourceSet>;
  readonly policies: Map<PolicyPlan, MadePolicy>;
  readonly groups: Map<Group, ChainPlan>;
}

const groupChain = (group: Group, jumps: readonly string[]): ChainPlan => ({
  name: group.name,
  direction: group.direction,
  rules: [
    ...jumps.map((jump): RulePlan => ({ verdict: { jump } })),
    { verdict: 'drop', comment: commentOf(group) },
  ],
});

/** Whether the chain of a group consists of just these jumps, and the drop. */
const hasJumps = ({ rules }: ChainPlan, jumps: readonly string[]): boolean =>
  rules.length === jumps.length + 1 &&
  jumps.every((jump, index) => {
    const { verdict } = rules[index]!;
    return typeof verdict === 'object' && verdict.jump === jump;
  });

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
