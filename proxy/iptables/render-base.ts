/** Writes the rules that are there whatever the Services are: how packets come to our chains. */

import type { Protocol } from '../plan.ts';
import { type Family, hostCidr } from '../plan-address.ts';
import { type Base, type ChainKey, comment } from './ruleset.ts';

export interface BaseOptions {
  readonly family: Family;
  /** Which proxy these rules belong to; another one in the same network namespace stays away. */
  readonly instance: string;
  readonly masqueradeBit: number;
  /** Where node ports answer: addresses and ranges; empty: on every address but loopback. */
  readonly nodePortCidrs: readonly string[];
  /** Ranges that Services' addresses are from. */
  readonly serviceRanges: readonly string[];
  /** Packets outside of a connection's window pass: none is INVALID by mistake. */
  readonly isTcpLiberal?: boolean | undefined;
}

/** The chain whose one rule says whose rules these are, and that nobody flushed them. */
export const canaryChain = 'KUBE-PROXY-CANARY';

export function renderBase(options: BaseOptions): Base {
  const { family } = options;
  const canary = [comment(`owner:${options.instance}`)];
  const bit = `0x${(2 ** options.masqueradeBit).toString(16)}`;
  const chains = new Map<ChainKey, readonly string[]>([
    [`nat ${canaryChain}`, canary],
    ['nat KUBE-MARK-MASQ', [`-j MARK --set-xmark ${bit}/${bit}`]],
    ['nat KUBE-POSTROUTING', postroutingRules(bit)],
    ['nat KUBE-NODEPORTS', []],
    ['nat KUBE-SERVICES', nodePortJumps(options)],
    [`filter ${canaryChain}`, canary],
    ['filter KUBE-SERVICES', strangerJumps(options)],
    [`filter ${clusterIpChain}`, ['-j DROP']],
    [`filter ${refuseChain}`, [`-p tcp ${rejectOf('tcp', family)}`, rejectOf('udp', family)]],
    ['filter KUBE-EXTERNAL-SERVICES', []],
    ['filter KUBE-NODEPORTS', []],
    ['filter KUBE-FORWARD', forwardRules(bit, options.isTcpLiberal)],
    ['filter KUBE-PROXY-FIREWALL', []],
  ]);
  return { chains, jumps };
}

/**
 * What comes here was meant for a Service that is not there, or not on this port. Only such packets
 * meet its rules, one a Service: others do not pay for them.
 */
export const clusterIpChain = 'KUBE-CLUSTER-IPS';
export const refuseChain = 'KUBE-REFUSE';

/** TCP is told by a reset: the kernel sends few ICMP messages a second to one host. */
export const rejectOf = (protocol: Protocol, family: Family): string =>
  `-j REJECT --reject-with ${protocol === 'tcp' ? 'tcp-reset' : replies[family]}`;

const replies = { ipv4: 'icmp-port-unreachable', ipv6: 'icmp6-port-unreachable' } as const;

/** The owner that a canary chain's rules name; undefined when they name none. */
export function ownerOf(rules: readonly string[] | undefined): string | undefined {
  return rules?.map((rule) => /--comment "owner:([^"]*)"/.exec(rule)?.[1]).find(Boolean);
}

function postroutingRules(bit: string): string[] {
  return [
    `-m mark ! --mark ${bit}/${bit} -j RETURN`,
    // A packet may pass here again (IPsec, VXLAN): the mark is spent.
    `-j MARK --set-xmark ${bit}/0x0`,
    // Fully random ports: two clients of one node must not race for the same one.
    `${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
  ];
}

function forwardRules(bit: string, isTcpLiberal = false): string[] {
  return [
    // What conntrack gave up on is not translated back; the peer would answer it with a reset.
    ...(isTcpLiberal ? [] : ['-m conntrack --ctstate INVALID -j DROP']),
    `${comment('kubernetes forwarding rules')} -m mark --mark ${bit}/${bit} -j ACCEPT`,
    `${comment('kubernetes forwarding conntrack rule')} ${isKnown} -j ACCEPT`,
  ];
}

function nodePortJumps({ family, nodePortCidrs }: BaseOptions): string[] {
  const what = 'kubernetes service nodeports; NOTE: this must be the last rule in this chain';
  const jump = `${comment(what)} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`;
  if (nodePortCidrs.length > 0) return nodePortCidrs.map((cidr) => `-d ${cidr} ${jump}`);
  // Turned away from loopback a packet would be a martian: it would vanish instead of failing.
  const loopback = family === 'ipv4' ? '127.0.0.0/8' : hostCidr('::1', 'ipv6');
  return [`! -d ${loopback} ${jump}`];
}

function strangerJumps({ serviceRanges }: BaseOptions): string[] {
  const what = 'kubernetes service addresses; NOTE: this must be the last rule in this chain';
  return serviceRanges.map((cidr) => `-d ${cidr} ${comment(what)} -j ${clusterIpChain}`);
}

const isKnown = '-m conntrack --ctstate RELATED,ESTABLISHED';
const isNew = '-m conntrack --ctstate NEW';
const portals = comment('kubernetes service portals');
const external = comment('kubernetes externally-visible service portals');
const firewall = comment('kubernetes load balancer firewall');

const jumps = new Map<ChainKey, readonly string[]>([
  ['nat PREROUTING', [`${portals} -j KUBE-SERVICES`]],
  ['nat OUTPUT', [`${portals} -j KUBE-SERVICES`]],
  ['nat POSTROUTING', [`${comment('kubernetes postrouting rules')} -j KUBE-POSTROUTING`]],
  [
    'filter INPUT',
    [
      `${isNew} ${firewall} -j KUBE-PROXY-FIREWALL`,
      `${comment('kubernetes health check service ports')} -j KUBE-NODEPORTS`,
      `${isNew} ${external} -j KUBE-EXTERNAL-SERVICES`,
    ],
  ],
  [
    'filter FORWARD',
    [
      `${isNew} ${firewall} -j KUBE-PROXY-FIREWALL`,
      `${comment('kubernetes forwarding rules')} -j KUBE-FORWARD`,
      `${isNew} ${portals} -j KUBE-SERVICES`,
      `${isNew} ${external} -j KUBE-EXTERNAL-SERVICES`,
    ],
  ],
  [
    'filter OUTPUT',
    [
      `${isNew} ${firewall} -j KUBE-PROXY-FIREWALL`,
      `${isNew} ${portals} -j KUBE-SERVICES`,
      // Upstream lets the node's own packets out to a balancer that can only send them back.
      `${isNew} ${external} -j KUBE-EXTERNAL-SERVICES`,
    ],
  ],
]);
