/** The messages that make the table's fixed parts, and the rules of its chains. */
import {
  bitwise,
  compare,
  counter,
  type Expression,
  isIn,
  loadConntrack,
  loadField,
  loadMeta,
  type Message,
  newChain,
  newRule,
  newSet,
  type Part,
  type TableName,
  verdict,
  verdictFrom,
} from '../../native/nftables.ts';
import { type Direction, directions, type Family, mapOf, selfSet } from './layout.ts';
import type { ChainPlan, RulePlan } from './plan.ts';

const offsets = {
  ipv4: { source: 12, destination: 16, length: 4 },
  ipv6: { source: 8, destination: 24, length: 16 },
} as const;

const loadAddress = (which: 'source' | 'destination', family: Family, to: number): Expression => {
  const { length, [which]: offset } = offsets[family];
  return loadField({ base: 'network', offset, length }, to);
};

const registersOf = (family: Family): number => offsets[family].length / 4;

/** After Services' addresses were rewritten, before the proxy refuses those without endpoints. */
const priorities = { egress: -10, ingress: -9 } as const;

export interface StructureOptions {
  readonly table: TableName;
  readonly family: Family;
  /** The bridge of this node's pods. */
  readonly bridge: string;
}

/** Sets, maps and base chains, in a table that is empty. */
export function structure({ table, family, bridge }: StructureOptions): Message[] {
  const address: Part = family === 'ipv4' ? 'ipv4_addr' : 'ipv6_addr';
  const comment = 'pods that a policy selects';
  const sets = [
    { name: selfSet, key: [address, address], comment: 'a pod and itself' },
    ...directions.map((direction) => {
      return { name: mapOf(direction), key: [address], data: 'verdict' as const, comment };
    }),
  ];
  return [
    ...sets.map((shape, index) => newSet(table, shape, index + 1)),
    ...directions.map((direction) =>
      newChain(table, direction, {
        type: 'filter',
        hook: 'forward',
        priority: priorities[direction],
      }),
    ),
    ...directions.flatMap((direction) =>
      baseRules(family, direction, bridge).map((rule) => newRule(table, direction, rule)),
    ),
  ];
}

interface Rule {
  readonly expressions: readonly Expression[];
  readonly comment?: string;
}

function baseRules(family: Family, direction: Direction, bridge: string): Rule[] {
  const own = direction === 'egress' ? 'source' : 'destination';
  return [
    { expressions: [...isReply, verdict('accept')] },
    ...(family === 'ipv6' ? neighbourRules(direction, bridge) : []),
    {
      expressions: [
        loadAddress('source', family, 0),
        loadAddress('destination', family, registersOf(family)),
        isIn(selfSet, 0),
        verdict('accept'),
      ],
      comment: 'a pod that reaches itself, perhaps by a Service',
    },
    { expressions: [loadAddress(own, family, 0), verdictFrom(mapOf(direction), 0)] },
  ];
}

/** How many rules a base chain has. */
export const baseRuleCount = (family: Family, chain: string): number =>
  baseRules(family, chain as Direction, '').length;

const zero = Buffer.alloc(4);
/** NF_CT_STATE_BIT of established and of related, in the host's order. */
const replyBits = Buffer.from([2 | 4, 0, 0, 0]);
const isReply: readonly Expression[] = [
  loadConntrack('state', 0),
  bitwise(0, replyBits, zero),
  compare(0, 'unequal', zero),
];

const icmp6 = Uint8Array.of(58);
// fe80::/10
const linkLocal = Buffer.concat([Buffer.from([0xfe, 0x80]), Buffer.alloc(14)]);
const linkLocalMask = Buffer.concat([Buffer.from([0xff, 0xc0]), Buffer.alloc(14)]);

/**
 * Two pods on one bridge find each other by ICMPv6 that is forwarded, too. But nobody is to reach
 * an isolated pod by its link-local address, which no policy can name.
 */
function neighbourRules(direction: Direction, bridge: string): Rule[] {
  const type = loadField({ base: 'transport', offset: 0, length: 1 }, 0);
  const discovery: Rule = {
    expressions: [
      loadMeta('l4proto', 0),
      compare(0, 'equal', icmp6),
      type,
      compare(0, 'atLeast', Uint8Array.of(130)),
      compare(0, 'atMost', Uint8Array.of(137)),
      verdict('accept'),
    ],
    comment: 'who is on the link: multicast listeners, routers, neighbours',
  };
  if (direction === 'ingress') return [discovery];
  const name = Buffer.alloc(16);
  name.write(bridge);
  return [
    discovery,
    {
      expressions: [
        loadMeta('iifname', 0),
        compare(0, 'equal', name),
        loadAddress('destination', 'ipv6', 0),
        bitwise(0, linkLocalMask, Buffer.alloc(16)),
        compare(0, 'equal', linkLocal),
        counter,
        verdict('drop'),
      ],
      comment: 'from pod to pod by link-local addresses',
    },
  ];
}

/** The rules of one chain of a plan, in order. */
export const chainRules = (table: TableName, family: Family, chain: ChainPlan): Message[] =>
  chain.rules.map((rule) =>
    newRule(table, chain.name, {
      expressions: ruleExpressions(rule, family, chain.direction),
      ...(rule.comment !== undefined && { comment: rule.comment }),
    }),
  );

function ruleExpressions(rule: RulePlan, family: Family, direction: Direction): Expression[] {
  const { peer, ports, named, verdict: what } = rule;
  const other = direction === 'egress' ? 'destination' : 'source';
  const loadService = (to: number) => [
    loadMeta('l4proto', to),
    loadField({ base: 'transport', offset: 2, length: 2 }, to + 1),
  ];
  const size = registersOf(family);
  return [
    ...(peer ? [loadAddress(other, family, 0), isIn(peer, 0)] : []),
    ...(ports ? [...loadService(0), isIn(ports, 0)] : []),
    ...(named ? [loadAddress('destination', family, 0), ...loadService(size), isIn(named, 0)] : []),
    ...(what === 'drop' ? [counter] : []),
    typeof what === 'object' ? verdict('jump', what.jump) : verdict(what),
  ];
}
