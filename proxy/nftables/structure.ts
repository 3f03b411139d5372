/** Writes what is there whatever the Services are: sets, chains, and how packets come to them. Pure. */

import type { Message } from '../../native/nftables.ts';
import {
  bitwise,
  compare,
  counter,
  type Expression,
  isIn,
  loadAddressType,
  loadConntrack,
  loadField,
  loadMeta,
  loadOriginalAddress,
  loadOriginalPort,
  localAddress,
  masquerade,
  newChain,
  newRule,
  newSet,
  type Part,
  reject,
  type SetShape,
  setMark,
  type TableName,
  verdict,
} from '../../native/nftables.ts';
import type { Family } from '../plan-address.ts';
import { type FrontKind, fronts, type LayoutOptions, sets, setsOf, tableName } from './layout.ts';

export const tableOf = (family: Family): TableName => ({ family, name: tableName });

const offsets = {
  ipv4: { source: 12, destination: 16, length: 4 },
  ipv6: { source: 8, destination: 24, length: 16 },
} as const;

/** How many registers an address takes. */
export const addressRegisters = (family: Family): number => offsets[family].length / 4;

export const loadAddress = (
  which: 'source' | 'destination',
  family: Family,
  to: number,
): Expression => {
  const { length, [which]: offset } = offsets[family];
  return loadField({ base: 'network', offset, length }, to);
};

/** Loads what a packet is addressed to, from register 0 on; `next` is the first free register. */
export function loadFront(kind: FrontKind, family: Family): { load: Expression[]; next: number } {
  const size = kind === 'services' ? addressRegisters(family) : 0;
  const address = kind === 'services' ? [loadAddress('destination', family, 0)] : [];
  return {
    load: [
      ...address,
      loadMeta('l4proto', size),
      loadField({ base: 'transport', offset: 2, length: 2 }, size + 1),
    ],
    next: size + 2,
  };
}

/** The same of a packet that has been rewritten already: what its connection began with. */
export function loadOriginalFront(kind: FrontKind, family: Family) {
  const size = kind === 'services' ? addressRegisters(family) : 0;
  const address = kind === 'services' ? [loadOriginalAddress('destination', family, 0)] : [];
  const load = [...address, loadMeta('l4proto', size), loadOriginalPort(size + 1)];
  return { load, next: size + 2 };
}

/** The parts of a front's key. */
export const frontParts = (kind: FrontKind, family: Family): readonly Part[] =>
  kind === 'services' ? [addressPart(family), 'inet_proto', 'inet_service'] : nodePortParts;

const nodePortParts = ['inet_proto', 'inet_service'] as const;
const addressPart = (family: Family): Part => (family === 'ipv4' ? 'ipv4_addr' : 'ipv6_addr');

/** Marks a packet so that its source is rewritten on the way out. */
export function markToMasquerade(bit: number): Expression[] {
  const mask = wordOf(2 ** bit);
  return [loadMeta('mark', 0), bitwise(0, inverse(mask), mask), setMark(0)];
}

const wordOf = (value: number): Buffer => {
  const word = Buffer.alloc(4);
  word.writeUInt32LE(value >>> 0);
  return word;
};
const inverse = (word: Uint8Array): Buffer => Buffer.from(word.map((byte) => byte ^ 0xff));
const zero = wordOf(0);

export function staticSets(family: Family): SetShape[] {
  const address = addressPart(family);
  const front = frontParts('services', family);
  const ranges = (name: string, comment: string): SetShape => ({
    name,
    key: [address],
    flags: ['interval'],
    comment,
  });
  return [
    { name: sets.clusterIps, key: [address], comment: 'addresses of Services' },
    ranges(sets.podRanges, 'addresses of pods'),
    ranges(sets.serviceRanges, 'addresses that are for Services'),
    ranges(sets.nodeAddresses, 'where node ports answer'),
    { name: sets.guarded, key: front, comment: 'load balancers with source ranges' },
    {
      name: sets.allowed,
      key: [...front, address],
      flags: ['interval'],
      comment: 'who may use them',
    },
    { name: sets.hairpin, key: [address, address], comment: 'endpoints that reach themselves' },
    ...fronts.flatMap((kind) => frontSets(kind, family)),
  ];
}

function frontSets(kind: FrontKind, family: Family): SetShape[] {
  const front = frontParts(kind, family);
  const endpoint = [addressPart(family), 'inet_service'] as const;
  const own = setsOf(kind);
  return [
    { name: own.endpoints, key: [...front, 'mark'], data: endpoint },
    { name: own.localEndpoints, key: [...front, 'mark'], data: endpoint },
    { name: own.noEndpoints, key: front, comment: 'nobody serves them' },
    { name: own.noLocalEndpoints, key: front, comment: 'nobody on this node serves them' },
    {
      name: own.affinity,
      key: [...front, addressPart(family)],
      data: endpoint,
      flags: ['timeout', 'dynamic'],
      // The kernel fills it: a limit keeps it from taking all memory.
      size: 1 << 20,
    },
  ];
}

interface ChainShape {
  readonly name: string;
  readonly hook?: Parameters<typeof newChain>[2];
  readonly rules: readonly {
    readonly expressions: readonly Expression[];
    readonly comment?: string;
  }[];
}

/** Base chains have upstream's priorities: what others hook in around ours is a contract too. */
export interface StructureOptions extends LayoutOptions {
  readonly hasPodRanges: boolean;
  readonly hasNodeAddresses: boolean;
}

export function structure(options: StructureOptions): Message[] {
  const table = tableOf(options.family);
  const chains = [...natChains(options), ...filterChains(options)];
  return [
    ...staticSets(options.family).map((shape, index) => newSet(table, shape, index + 1)),
    ...chains.map(({ name, hook }) => newChain(table, name, hook)),
    ...chains.flatMap(({ name, rules }) => rules.map((rule) => newRule(table, name, rule))),
  ];
}

function natChains(options: StructureOptions): ChainShape[] {
  const { family } = options;
  const dispatch = [
    { expressions: [verdict('jump', 'services')] },
    { expressions: [...onNodePortAddress(options), verdict('jump', 'node-ports')] },
  ];
  return [
    // First of all, so that the jumps to them can be written.
    { name: 'services', rules: clusterIpRules(options) },
    { name: 'node-ports', rules: [] },
    { name: 'remember', rules: [] },
    {
      name: 'nat-input',
      hook: { type: 'nat', hook: 'input', priority: 100 },
      rules: [{ expressions: [verdict('jump', 'remember')] }],
    },
    {
      name: 'nat-prerouting',
      hook: { type: 'nat', hook: 'prerouting', priority: -100 },
      rules: dispatch,
    },
    { name: 'nat-output', hook: { type: 'nat', hook: 'output', priority: -100 }, rules: dispatch },
    {
      name: 'nat-postrouting',
      hook: { type: 'nat', hook: 'postrouting', priority: 100 },
      rules: [
        { expressions: [verdict('jump', 'remember')] },
        { expressions: masqueradeMarked(options.masqueradeBit) },
        {
          expressions: [
            loadAddress('source', family, 0),
            loadAddress('destination', family, addressRegisters(family)),
            isIn(sets.hairpin, 0),
            masquerade,
          ],
          comment: 'a pod that reaches itself must see another source',
        },
      ],
    },
  ];
}

/** A packet may pass here again (IPsec, VXLAN): the mark is spent. */
function masqueradeMarked(bit: number): Expression[] {
  const mask = wordOf(2 ** bit);
  return [
    loadMeta('mark', 0),
    bitwise(0, mask, zero),
    compare(0, 'unequal', zero),
    loadMeta('mark', 0),
    bitwise(0, inverse(mask), zero),
    setMark(0),
    masquerade,
  ];
}

const linkNameBytes = 16;

/** Whether a packet comes from a pod of this node. What this node itself sends comes in nowhere. */
export function isFromPods({ family, podLink }: LayoutOptions, isNot = false): Expression[] {
  if (podLink === undefined) {
    return [loadAddress('source', family, 0), isIn(sets.podRanges, 0, isNot)];
  }
  const name = Buffer.alloc(linkNameBytes);
  name.write(podLink);
  const begin = podLink.endsWith('+') ? name.subarray(0, podLink.length - 1) : name;
  return [loadMeta('iifname', 0), compare(0, isNot ? 'unequal' : 'equal', begin)];
}

/** Answers to a caller outside the pod network must come back through this node. */
function clusterIpRules(options: StructureOptions) {
  const { family, masqueradeBit, masqueradeAll, hasPodRanges, podLink } = options;
  if (!masqueradeAll && !hasPodRanges && podLink === undefined) return [];
  const isOutside = masqueradeAll ? [] : isFromPods(options, true);
  return [
    {
      expressions: [
        loadAddress('destination', family, 0),
        isIn(sets.clusterIps, 0),
        ...isOutside,
        ...markToMasquerade(masqueradeBit),
      ],
      comment: 'not from a pod',
    },
  ];
}

/** Addresses of this node, but those of loopback: nothing may be routed from there. */
function onNodePortAddress({ family, hasNodeAddresses }: StructureOptions): Expression[] {
  const isLocal = [loadAddressType('destination', 0), compare(0, 'equal', localAddress)];
  const load = loadAddress('destination', family, 0);
  if (hasNodeAddresses) return [load, isIn(sets.nodeAddresses, 0), ...isLocal];
  return [load, ...isNotLoopback(family), ...isLocal];
}

function isNotLoopback(family: Family): Expression[] {
  if (family === 'ipv6') {
    const loopback = Buffer.alloc(16);
    loopback[15] = 1;
    return [compare(0, 'unequal', loopback)];
  }
  return [
    bitwise(0, Buffer.from([255, 0, 0, 0]), zero),
    compare(0, 'unequal', Buffer.from([127, 0, 0, 0])),
  ];
}

function filterChains(options: StructureOptions): ChainShape[] {
  const { family } = options;
  const hookOf = (hook: 'input' | 'forward' | 'output', priority = 0) =>
    ({ type: 'filter', hook, priority }) as const;
  const nodePort = [...onNodePortAddress(options)];
  const jump = (chain: string) => ({ expressions: [...isNew, verdict('jump', chain)] });
  return [
    { name: 'refuse-services', rules: refusals('services', family, []) },
    { name: 'refuse-node-ports', rules: refusals('node-ports', family, nodePort) },
    { name: 'refuse-strangers', rules: strangers(family) },
    ...(['prerouting', 'output'] as const).map((hook) => ({
      name: hook === 'output' ? 'filter-output-early' : 'filter-prerouting',
      // Before addresses are rewritten.
      hook: { type: 'filter', hook, priority: -110 } as const,
      rules: [{ expressions: guard(family), comment: 'not in the source ranges' }],
    })),
    {
      name: 'filter-input',
      hook: hookOf('input'),
      rules: [jump('refuse-node-ports'), jump('refuse-services')],
    },
    {
      name: 'filter-forward',
      hook: hookOf('forward'),
      rules: [
        ...(options.isTcpLiberal ? [] : [dropInvalid]),
        jump('refuse-services'),
        jump('refuse-strangers'),
      ],
    },
    {
      name: 'filter-output',
      hook: hookOf('output'),
      rules: [jump('refuse-node-ports'), jump('refuse-services'), jump('refuse-strangers')],
    },
  ];
}

const newBit = Buffer.from([8, 0, 0, 0]); // NF_CT_STATE_BIT(IP_CT_NEW)
const isNew: readonly Expression[] = [
  loadConntrack('state', 0),
  bitwise(0, newBit, zero),
  compare(0, 'unequal', zero),
];

const invalidBit = Buffer.from([1, 0, 0, 0]); // NF_CT_STATE_INVALID_BIT
/** It would not be translated back; the peer would answer it with a reset. */
const dropInvalid = {
  expressions: [
    loadConntrack('state', 0),
    bitwise(0, invalidBit, zero),
    compare(0, 'unequal', zero),
    counter,
    verdict('drop'),
  ],
  comment: 'of no connection that is known',
};

const tcp = Uint8Array.of(6);

/** TCP is told by a reset: the kernel sends few ICMP messages a second to one host. */
function refuseWith(family: Family, before: readonly Expression[]) {
  return [
    {
      expressions: [
        ...before,
        loadMeta('l4proto', 0),
        compare(0, 'equal', tcp),
        reject('reset', family),
      ],
    },
    { expressions: [...before, reject('unreachable', family)] },
  ];
}

function refusals(kind: FrontKind, family: Family, before: readonly Expression[]) {
  const { load } = loadFront(kind, family);
  const own = setsOf(kind);
  return [
    ...refuseWith(family, [...before, ...load, isIn(own.noEndpoints, 0)]),
    { expressions: [...before, ...load, isIn(own.noLocalEndpoints, 0), verdict('drop')] },
  ];
}

/** What was meant for a Service that is not there, or not on this port. */
function strangers(family: Family) {
  const load = loadAddress('destination', family, 0);
  return [
    ...refuseWith(family, [load, isIn(sets.clusterIps, 0)]),
    { expressions: [load, isIn(sets.serviceRanges, 0), verdict('drop')] },
  ];
}

function guard(family: Family): Expression[] {
  const { load, next } = loadFront('services', family);
  return [
    ...load,
    isIn(sets.guarded, 0),
    loadAddress('source', family, next),
    isIn(sets.allowed, 0, true),
    verdict('drop'),
  ];
}
