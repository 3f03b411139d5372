/**
 * portmap's table: maps from the host's ports to pods' chains. A packet passes two look-ups, that
 * of its address with its port and that of its port alone, however many ports are mapped.
 */
import { parseIp } from '../../../base/ip-address.ts';
import {
  addressBytes,
  bitwise,
  compare,
  destinationNat,
  type Expression,
  immediate,
  loadAddressType,
  loadField,
  loadMeta,
  localAddress,
  masquerade,
  portBytes,
  protocolBytes,
  setMark,
  verdict,
  verdictFrom,
} from '../../../native/nftables.ts';
import type { AttachmentChain, Rule, RuleTable, Way } from '../../rules/attachment-rules.ts';
import { isAddressIn, isFamily, isInterface, loadAddress } from '../../rules/matches.ts';
import type { Family, PortMapping, PortmapPlan, Target } from './plan.ts';
import type { Condition } from './plan-conditions.ts';

const families: readonly Family[] = ['ipv4', 'ipv6'];
const roleOf = (what: 'in' | 'back', family: Family) => `${what}${family === 'ipv4' ? 4 : 6}`;
const isLocal = [loadAddressType('destination', 0), compare(0, 'equal', localAddress)];

export const portTable: RuleTable = {
  table: { family: 'inet', name: 'cni-hostport' },
  comment: "CNI: the host's ports that lead to pods",
  roles: families.flatMap((family) => [roleOf('in', family), roleOf('back', family)]),
  maps: families.flatMap((family) => [
    { name: `ports-${family}`, key: ['inet_proto', 'inet_service'] as const },
    {
      name: `addresses-${family}`,
      key: [`${family}_addr`, 'inet_proto', 'inet_service'] as const,
    },
    { name: `pods-${family}`, key: [`${family}_addr`] as const },
  ]),
  chains: [
    {
      name: 'prerouting',
      hook: { type: 'nat', hook: 'prerouting', priority: -100 },
      rules: into(),
    },
    { name: 'output', hook: { type: 'nat', hook: 'output', priority: -100 }, rules: into() },
    {
      name: 'postrouting',
      hook: { type: 'nat', hook: 'postrouting', priority: 100 },
      rules: families.map((family) => [
        ...isFamily(family),
        loadAddress('destination', family, 0),
        verdictFrom(`pods-${family}`, 0),
      ]),
    },
    {
      // That localhost may be mapped must not open it to the neighbours (CVE-2020-8558).
      name: 'localhost',
      hook: { type: 'filter', hook: 'prerouting', priority: -300 },
      rules: [
        [
          ...isInterface('iifname', 'lo', true),
          ...isFamily('ipv4'),
          ...isAddressIn('destination', '127.0.0.0/8'),
          verdict('drop'),
        ],
      ],
    },
  ],
};

function into(): Rule[] {
  const port = (at: number) => loadField({ base: 'transport', offset: 2, length: 2 }, at);
  return families.flatMap((family): Rule[] => {
    const words = family === 'ipv4' ? 1 : 4;
    return [
      [
        ...isFamily(family),
        ...isLocal,
        loadAddress('destination', family, 0),
        loadMeta('l4proto', words),
        port(words + 1),
        verdictFrom(`addresses-${family}`, 0),
      ],
      [
        ...isFamily(family),
        ...isLocal,
        loadMeta('l4proto', 0),
        port(1),
        verdictFrom(`ports-${family}`, 0),
      ],
    ];
  });
}

export function portChains(plan: PortmapPlan): AttachmentChain[] {
  return plan.targets.flatMap((target) => {
    const { family, address, mappings } = target;
    const inward = {
      role: roleOf('in', family),
      rules: mappings.flatMap((mapping) => mappingRules(plan, target, mapping)),
      ways: mappings.map((mapping) => wayOf(family, mapping)),
    };
    if (!plan.snat && !plan.masqueradesAll) return [inward];
    const back = {
      role: roleOf('back', family),
      rules: [[...isMarked(plan.markBit), masquerade]],
      ways: [{ map: `pods-${family}`, key: addressBytes(address) }],
    };
    return [inward, back];
  });
}

function wayOf(family: Family, { hostIp, protocol, hostPort }: PortMapping): Way {
  const port = protocolBytes(protocol) + portBytes(hostPort);
  if (hostIp === undefined) return { map: `ports-${family}`, key: port };
  return { map: `addresses-${family}`, key: addressBytes(hostIp) + port };
}

function mappingRules(plan: PortmapPlan, target: Target, mapping: PortMapping): Rule[] {
  const { family, address, subnet, conditions } = target;
  const isIt: readonly Expression[] = [
    loadMeta('l4proto', 0),
    compare(0, 'equal', Buffer.from(protocolBytes(mapping.protocol)[0]!, 'latin1')),
    loadField({ base: 'transport', offset: 2, length: 2 }, 0),
    compare(0, 'equal', twoBytes(mapping.hostPort)),
    ...(mapping.hostIp ? isAddressIn('destination', mapping.hostIp) : []),
    ...conditions.flatMap(conditionOf),
  ];
  const marked = plan.masqueradesAll
    ? [[]]
    : plan.snat
      ? [subnet, ...(family === 'ipv4' ? ['127.0.0.0/8'] : [])].map((cidr) =>
          isAddressIn('source', cidr),
        )
      : [];
  return [
    ...marked.map((isFrom) => [...isIt, ...isFrom, ...mark(plan.markBit)]),
    [
      ...isIt,
      immediate(parseIp(address), 0),
      immediate(twoBytes(mapping.containerPort), 4),
      destinationNat(family, { address: 0, port: 4 }),
    ],
  ];
}

function conditionOf({ field, value, isNot }: Condition): readonly Expression[] {
  if (field === 'interface') return isInterface('iifname', value, isNot);
  return isAddressIn(field, value, isNot);
}

const twoBytes = (port: number) => Uint8Array.of(port >> 8, port & 0xff);

/** In the order of this machine, as marks are. */
function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

const mark = (bit: number): readonly Expression[] => [
  loadMeta('mark', 0),
  bitwise(0, word(~(1 << bit)), word(1 << bit)),
  setMark(0),
];

const isMarked = (bit: number): readonly Expression[] => [
  loadMeta('mark', 0),
  bitwise(0, word(1 << bit), word(0)),
  compare(0, 'unequal', word(0)),
];
