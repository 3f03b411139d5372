/**
 * Says what NetworkPolicies allow, read off the API's words one by one, in the dumbest way. It
 * shares no code with the agent: what both say must be the same.
 */
import { BlockList } from 'node:net';
import type { LabelSelector } from '../../api/types/meta-v1.generated.ts';
import type {
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../api/types/networking-v1.generated.ts';

export interface OraclePod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  /** `http=80`, `dns=53/UDP` */
  readonly ports?: readonly string[];
}

export interface Traffic {
  readonly from: OraclePod;
  readonly to: OraclePod;
  readonly family: 'ipv4' | 'ipv6';
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
}

type NamespaceLabels = Readonly<Record<string, Readonly<Record<string, string>>>>;

export function isAllowed(
  policies: readonly NetworkPolicy[],
  namespaces: NamespaceLabels,
  traffic: Traffic,
): boolean {
  if (traffic.from === traffic.to) return true;
  return (
    mayPass(policies, namespaces, { traffic, direction: 'Egress' }) &&
    mayPass(policies, namespaces, { traffic, direction: 'Ingress' })
  );
}

interface Question {
  readonly traffic: Traffic;
  readonly direction: 'Ingress' | 'Egress';
}

function mayPass(
  policies: readonly NetworkPolicy[],
  namespaces: NamespaceLabels,
  { traffic, direction }: Question,
): boolean {
  const subject = direction === 'Ingress' ? traffic.to : traffic.from;
  const other = direction === 'Ingress' ? traffic.from : traffic.to;
  let isIsolated = false;
  for (const { metadata, spec = {} } of policies) {
    if (metadata?.namespace !== subject.namespace) continue;
    if (!selects(spec.podSelector ?? {}, subject.labels)) continue;
    const listed = spec.policyTypes ?? [];
    const isOf =
      listed.length > 0
        ? listed.includes(direction)
        : direction === 'Ingress' || (spec.egress ?? []).length > 0;
    if (!isOf) continue;
    isIsolated = true;
    const rules =
      direction === 'Ingress'
        ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
        : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
    for (const { peers, ports } of rules) {
      const isPeer =
        !peers?.length ||
        peers.some((peer) =>
          isThePeer(peer, other, { namespaces, family: traffic.family, own: subject.namespace }),
        );
      const isPort = !ports?.length || ports.some((port) => isThePort(port, traffic));
      if (isPeer && isPort) return true;
    }
  }
  return !isIsolated;
}

interface PeerContext {
  readonly namespaces: NamespaceLabels;
  readonly family: 'ipv4' | 'ipv6';
  readonly own: string;
}

function isThePeer(peer: NetworkPolicyPeer, pod: OraclePod, context: PeerContext): boolean {
  const { ipBlock, namespaceSelector, podSelector } = peer;
  if (ipBlock) {
    const { family } = context;
    const address = pod.addresses.find((each) => each.includes(':') === (family === 'ipv6'));
    const isIn = (cidr: string) => {
      const [network = '', prefix = ''] = cidr.split('/');
      const list = new BlockList();
      list.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4');
      // Node finds addresses of IPv4 in blocks of IPv6, too.
      const isFamily = network.includes(':') === (family === 'ipv6');
      return isFamily && address !== undefined && list.check(address, family);
    };
    return isIn(ipBlock.cidr) && !(ipBlock.except ?? []).some(isIn);
  }
  const isNamespace = namespaceSelector
    ? selects(namespaceSelector, context.namespaces[pod.namespace] ?? {})
    : pod.namespace === context.own;
  return isNamespace && (podSelector === undefined || selects(podSelector, pod.labels));
}

function isThePort({ protocol = 'TCP', port, endPort }: NetworkPolicyPort, traffic: Traffic) {
  if (protocol !== traffic.protocol) return false;
  if (port === undefined) return true;
  if (typeof port === 'number') return traffic.port >= port && traffic.port <= (endPort ?? port);
  return (traffic.to.ports ?? []).some((text) => {
    const [name, number = ''] = text.split('=');
    const [value, own = 'TCP'] = number.split('/');
    return name === port && own === protocol && Number(value) === traffic.port;
  });
}

function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labels[key] !== value) return false;
  }
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const has = key in labels;
    const isListed = has && values.includes(labels[key]!);
    if (operator === 'In' && !isListed) return false;
    if (operator === 'NotIn' && isListed) return false;
    if (operator === 'Exists' && !has) return false;
    if (operator === 'DoesNotExist' && has) return false;
  }
  return true;
}
