/** What one NetworkPolicy says, with everything filled in that it leaves open. Pure. */
import { formatBlock, parseBlock } from '../../api/addresses.ts';
import { formatLabelSelector, type Requirement, requirementsOf } from '../../api/labels.ts';
import type { LabelSelector } from '../../api/types/meta-v1.generated.ts';
import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../api/types/networking-v1.generated.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';

export interface PortRange {
  readonly protocol: Protocol;
  readonly first: number;
  readonly last: number;
}

/** Something whose members make a set. Equal keys mean equal members. */
export type Source =
  | {
      readonly kind: 'pods';
      readonly key: string;
      /** Absent: any namespace, or those that the selector selects. */
      readonly namespace?: string;
      readonly namespaces?: readonly Requirement[];
      readonly pods: readonly Requirement[];
    }
  | {
      readonly kind: 'named';
      readonly key: string;
      readonly name: string;
      readonly protocol: Protocol;
    }
  | {
      readonly kind: 'block';
      readonly key: string;
      readonly family: 'ipv4' | 'ipv6';
      readonly cidr: string;
      readonly except: readonly string[];
    }
  | { readonly kind: 'ports'; readonly key: string; readonly ports: readonly PortRange[] };

/** One of the peers on one of the ports; absent: all of them. */
export interface Allowance {
  readonly peer?: Source;
  readonly ports?: Source;
}

export interface PolicyPlan {
  readonly key: string; // namespace/name
  readonly namespace: string;
  readonly selector: readonly Requirement[];
  /** Absent: the policy does not isolate in this direction. */
  readonly ingress?: readonly Allowance[];
  readonly egress?: readonly Allowance[];
}

export function planPolicy({ metadata, spec = {} }: NetworkPolicy): PolicyPlan {
  const { namespace = '', name = '' } = metadata ?? {};
  const { ingress = [], egress = [], podSelector = {} } = spec;
  const types = spec.policyTypes?.length
    ? spec.policyTypes
    : ['Ingress', ...(egress.length > 0 ? ['Egress'] : [])];
  const plan = (rules: readonly Rule[]) => rules.flatMap((rule) => planRule(rule, namespace));
  return {
    key: `${namespace}/${name}`,
    namespace,
    selector: requirementsOf(podSelector),
    ...(types.includes('Ingress') && {
      ingress: plan(ingress.map(({ from = [], ports = [] }) => ({ peers: from, ports }))),
    }),
    ...(types.includes('Egress') && {
      egress: plan(egress.map(({ to = [], ports = [] }) => ({ peers: to, ports }))),
    }),
  };
}

interface Rule {
  readonly peers: readonly NetworkPolicyPeer[];
  readonly ports: readonly NetworkPolicyPort[];
}

function planRule({ peers, ports }: Rule, namespace: string): Allowance[] {
  const sources = peers.length > 0 ? peers.flatMap((peer) => planPeer(peer, namespace)) : [{}];
  const services = ports.length > 0 ? planPorts(ports) : [{}];
  return sources.flatMap((source) => services.map((service) => ({ ...source, ...service })));
}

function planPeer(peer: NetworkPolicyPeer, namespace: string): { peer: Source }[] {
  const { ipBlock, podSelector, namespaceSelector } = peer;
  if (ipBlock) return planBlock(ipBlock.cidr, ipBlock.except ?? []);
  const pods = requirementsOf(podSelector ?? {});
  if (namespaceSelector) {
    const key = `pods ${textOf(namespaceSelector)} : ${textOf(podSelector)}`;
    const namespaces = requirementsOf(namespaceSelector);
    return [{ peer: { kind: 'pods', key, namespaces, pods } }];
  }
  // Neither of the three: the API server refuses that; it would select nothing.
  if (!podSelector) return [];
  const key = `pods ${namespace}/ : ${textOf(podSelector)}`;
  return [{ peer: { kind: 'pods', key, namespace, pods } }];
}

/** No two selectors that differ have the same text: names and values have no spaces or commas. */
const textOf = (selector: LabelSelector | undefined): string => formatLabelSelector(selector);

function planBlock(cidr: string, except: readonly string[]): { peer: Source }[] {
  const block = parseBlock(cidr);
  if (!block) return []; // Not valid: matches nothing rather than everything.
  const holes = except.flatMap((text) => {
    const hole = parseBlock(text);
    return hole && hole.bits === block.bits ? [canonical(hole)] : [];
  });
  const own = canonical(block);
  const family = block.bits === 32 ? 'ipv4' : 'ipv6';
  const key = ['block', own, ...[...holes].sort()].join(' ');
  return [{ peer: { kind: 'block', key, family, cidr: own, except: holes } }];
}

const canonical = (block: NonNullable<ReturnType<typeof parseBlock>>) =>
  formatBlock({ ...block, value: block.network });

/** Numbers go into one set; each name has one of its own. */
function planPorts(ports: readonly NetworkPolicyPort[]): { ports: Source }[] {
  const ranges: PortRange[] = [];
  const named: { ports: Source }[] = [];
  for (const { port, endPort, protocol: text = 'TCP' } of ports) {
    const protocol = text.toLowerCase() as Protocol;
    if (typeof port === 'string') {
      const key = `named ${port}/${protocol}`;
      named.push({ ports: { kind: 'named', key, name: port, protocol } });
    } else {
      const [first, last] = port === undefined ? [0, portMax] : [port, endPort ?? port];
      ranges.push({ protocol, first, last });
    }
  }
  if (ranges.length === 0) return named;
  const merged = mergeRanges(ranges);
  const key = `ports ${merged.map(formatRange).join(' ')}`;
  return [{ ports: { kind: 'ports', key, ports: merged } }, ...named];
}

const portMax = 65_535;

/** `tcp/80`, `udp/5000-6000` */
export const formatRange = ({ protocol, first, last }: PortRange): string =>
  `${protocol}/${first}${first === last ? '' : `-${last}`}`;

/** In order, and no two that overlap or touch: the kernel refuses overlapping keys. */
function mergeRanges(ranges: readonly PortRange[]): PortRange[] {
  const merged: { protocol: Protocol; first: number; last: number }[] = [];
  for (const range of [...ranges].sort(byProtocolAndPort)) {
    const previous = merged.at(-1);
    if (previous?.protocol === range.protocol && range.first <= previous.last + 1) {
      previous.last = Math.max(previous.last, range.last);
    } else merged.push({ ...range });
  }
  return merged;
}

const byProtocolAndPort = (one: PortRange, other: PortRange): number =>
  one.protocol === other.protocol
    ? one.first - other.first
    : one.protocol < other.protocol
      ? -1
      : 1;
