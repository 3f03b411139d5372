/**
 * What a port of a bridge may send (`macspoofchk`, and our own `ipspoofchk`): a map from the port to
 * its chain in the bridge family, which sees frames before they are forwarded.
 *
 * - `macspoofchk`: only its own MAC address, in the frame and in ARP; no router advertisements and
 *   no redirects, with which a pod would draw the others' IPv6 traffic to itself (CVE-2020-10749).
 * - `ipspoofchk`: only its own addresses, in packets, in ARP and in neighbour advertisements.
 */
import { parseIp } from '../../base/ip-address.ts';
import { parseMac } from '../../native/netlink.ts';
import {
  compare,
  type Expression,
  loadField,
  loadMeta,
  verdict,
  verdictFrom,
} from '../../native/nftables.ts';
import type { Host } from '../plugin.ts';
import type { PluginRequest } from '../request.ts';
import {
  addRules,
  hasRules,
  keepOnlyRules,
  type Rule,
  type RuleTable,
  removeRules,
} from './attachment-rules.ts';
import { ownerOf } from './masquerade.ts';
import { familyOf, ifNameBytes } from './matches.ts';

const role = 'port';

const guardTable: RuleTable = {
  table: { family: 'bridge', name: 'cni-guard' },
  comment: 'CNI: what ports of bridges may send',
  roles: [role],
  maps: [{ name: 'ports', key: ['ifname'] }],
  chains: [
    {
      name: 'prerouting',
      hook: { type: 'filter', hook: 'prerouting', priority: -300 },
      rules: [[loadMeta('iifname', 0), verdictFrom('ports', 0)]],
    },
  ],
};

export interface GuardSpec {
  readonly port: string; // The host's end.
  readonly mac: string;
  /** Absent: any. */
  readonly addresses?: readonly string[];
}

const waysOf = (port: string) => [{ map: 'ports', key: ifNameBytes(port).toString('latin1') }];

export async function addGuard(request: PluginRequest, host: Host, spec: GuardSpec): Promise<void> {
  const chain = { role, rules: guardRules(spec), ways: waysOf(spec.port) };
  await addRules(await host.nftables(), guardTable, ownerOf(request), [chain]);
}

export async function removeGuard(request: PluginRequest, host: Host, port: string): Promise<void> {
  await removeRules(await host.nftables(), guardTable, ownerOf(request), waysOf(port));
}

export async function keepOnlyGuards(request: PluginRequest, host: Host): Promise<void> {
  const { conf, validAttachments } = request;
  await keepOnlyRules(await host.nftables(), guardTable, conf.name, validAttachments);
}

export async function hasGuard(request: PluginRequest, host: Host): Promise<boolean> {
  return await hasRules(await host.nftables(), guardTable, ownerOf(request), role);
}

const etherTypes = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
const icmpTypes = { routerAdvertisement: 134, neighbourAdvertisement: 136, redirect: 137 } as const;
const icmpv6 = 58;

function guardRules({ port: _port, mac, addresses }: GuardSpec): Rule[] {
  const own = parseMac(mac);
  return [
    [...differs({ base: 'link', offset: 6, length: 6 }, own), verdict('drop')],
    [...isType('arp'), ...differs({ base: 'network', offset: 8, length: 6 }, own), verdict('drop')],
    ...[icmpTypes.routerAdvertisement, icmpTypes.redirect].map((type) => [
      ...isIcmp(type),
      verdict('drop'),
    ]),
    ...(addresses ? addressRules(addresses) : []),
  ];
}

/** Each family: `own address → on`, else drop. */
function addressRules(addresses: readonly string[]): Rule[] {
  const of = (family: 'ipv4' | 'ipv6') =>
    addresses
      .map((each) => each.split('/')[0]!)
      .filter((each) => familyOf(each) === family)
      .map(parseIp);
  const unequal = (field: Parameters<typeof loadField>[0], allowed: readonly Buffer[]) =>
    allowed.flatMap((each) => differs(field, each));
  const [v4, v6] = [of('ipv4'), of('ipv6')];
  const anyV4 = Buffer.alloc(4); // DHCP, and ARP probes.
  const anyV6 = Buffer.alloc(16); // Duplicate address detection.
  const linkLocal = differs({ base: 'network', offset: 8, length: 2 }, Buffer.of(0xfe, 0x80));
  const target = { base: 'transport', offset: 8, length: 16 } as const;
  const targetLocal = differs({ base: 'transport', offset: 8, length: 2 }, Buffer.of(0xfe, 0x80));
  return [
    [
      ...isType('arp'),
      ...unequal({ base: 'network', offset: 14, length: 4 }, [...v4, anyV4]),
      verdict('drop'),
    ],
    [
      ...isType('ipv4'),
      ...unequal({ base: 'network', offset: 12, length: 4 }, [...v4, anyV4]),
      verdict('drop'),
    ],
    [
      ...isType('ipv6'),
      ...unequal({ base: 'network', offset: 8, length: 16 }, [...v6, anyV6]),
      ...linkLocal,
      verdict('drop'),
    ],
    [
      ...isIcmp(icmpTypes.neighbourAdvertisement),
      ...unequal(target, v6),
      ...targetLocal,
      verdict('drop'),
    ],
  ];
}

const isType = (type: keyof typeof etherTypes): readonly Expression[] => [
  loadMeta('protocol', 0),
  compare(0, 'equal', Uint8Array.of(etherTypes[type] >> 8, etherTypes[type] & 0xff)),
];

const isIcmp = (type: number): readonly Expression[] => [
  ...isType('ipv6'),
  loadMeta('l4proto', 0),
  compare(0, 'equal', Uint8Array.of(icmpv6)),
  loadField({ base: 'transport', offset: 0, length: 1 }, 0),
  compare(0, 'equal', Uint8Array.of(type)),
];

const differs = (field: Parameters<typeof loadField>[0], value: Uint8Array): Expression[] => [
  loadField(field, 0),
  compare(0, 'unequal', value),
];
