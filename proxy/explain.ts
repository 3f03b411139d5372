/**
 * Tells in words what this node does with a packet that is addressed to a Service: the same plan
 * that the rules are made from, read aloud. Pure.
 */
import type { Service } from '../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import { chainName } from './iptables/chain-name.ts';
import { addressBytes, portBytes, protocolBytes } from './nftables/bytes.ts';
import { renderService } from './nftables/render.ts';
import { type PortPlan, type Protocol, planService, type ServicePlan } from './plan.ts';
import { hostPort } from './plan-address.ts';
import type { NodeView } from './plan-node.ts';

export interface Question {
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
  readonly from: 'pod' | 'node' | 'outside';
}

export interface Known {
  readonly services: readonly Service[];
  /** Those that name a Service, by `namespace/name`. */
  readonly slicesOf: (key: string) => readonly EndpointSlice[];
  readonly node: NodeView;
  /** The node's own addresses: node ports answer there. */
  readonly nodeAddresses: readonly string[];
}

/** How the packet meets the Service's port. */
type Way = 'cluster IP' | 'load balancer address' | 'external IP' | 'node port';

interface Match {
  readonly service: ServicePlan;
  readonly port: PortPlan;
  readonly way: Way;
}

/** Lines for people; the first names the Service, or says that there is none. */
export function explain(question: Question, known: Known): string[] {
  const match = findMatch(question, known);
  if (!match) return nobody(question, known);
  const { port, way } = match;
  return [
    `It is the ${way} of ${port.name}.`,
    ...guardLines(match),
    ...placeLines(match, question),
    ...sourceLines(match, question),
  ];
}

function findMatch(question: Question, known: Known): Match | undefined {
  for (const service of known.services) {
    const key = `${service.metadata?.namespace}/${service.metadata?.name}`;
    const plan = planService(service, known.slicesOf(key), known.node);
    for (const port of plan.ports) {
      if (port.protocol !== question.protocol) continue;
      const way = wayOf(port, question, known);
      if (way) return { service: plan, port, way };
    }
  }
  return undefined;
}

function wayOf(port: PortPlan, { address, port: number }: Question, known: Known): Way | undefined {
  if (port.nodePort === number && known.nodeAddresses.includes(address)) return 'node port';
  if (port.port !== number) return undefined;
  if (port.clusterIp === address) return 'cluster IP';
  if (port.loadBalancerIps.includes(address)) return 'load balancer address';
  return port.externalIps.includes(address) ? 'external IP' : undefined;
}

function nobody({ address, protocol, port }: Question, { services }: Known): string[] {
  const owner = services.find(
    ({ spec }) => spec?.clusterIP === address || spec?.clusterIPs?.includes(address),
  );
  if (!owner) return ['No Service has this address and port: its packets pass as they are.'];
  const name = `${owner.metadata?.namespace}/${owner.metadata?.name}`;
  const ports = (owner.spec?.ports ?? []).map((each) => `${each.port}/${each.protocol ?? 'TCP'}`);
  return [
    `The address is that of ${name}, which has no port ${port}/${protocol.toUpperCase()}.`,
    `It has ${ports.join(', ') || 'none'}.`,
  ];
}

function guardLines({ port, way }: Match): string[] {
  if (way !== 'load balancer address' || !port.sourceRanges) return [];
  return [`Only clients in ${port.sourceRanges.join(', ') || 'no range at all'} may use it.`];
}

const isExternal = (way: Way) => way !== 'cluster IP';

/** Endpoints that this packet may go to: a Local policy binds who is not of this node. */
function endpointsFor({ port, way }: Match, from: Question['from']) {
  const policy = isExternal(way) ? port.externalPolicy : port.internalPolicy;
  const isBound = policy === 'Local' && (!isExternal(way) || from === 'outside');
  return { policy, isBound, endpoints: isBound ? port.local : port.cluster };
}

function placeLines(match: Match, question: Question): string[] {
  const { port } = match;
  const { endpoints, isBound } = endpointsFor(match, question.from);
  if (port.cluster.length === 0) return ['Nobody serves it: the packet is refused.'];
  if (endpoints.length === 0) {
    return ['Nobody on this node serves it, and its policy is Local: the packet is dropped.'];
  }
  const sticky = port.affinitySeconds;
  const how =
    sticky === undefined ? 'at random' : `the client's own for ${sticky} s, else at random`;
  return [
    `It goes to one of ${endpoints.length}${isBound ? ' on this node' : ''}, ${how}:`,
    ...endpoints.map((endpoint) => {
      const place = hostPort(endpoint.address, endpoint.port);
      const chain = chainName('KUBE-SEP-', port, place);
      return `  ${place}${endpoint.isLocal ? ' (here)' : ''}  ${chain}`;
    }),
    `Rules: iptables ${chainName('KUBE-SVC-', port)}, nftables set ${setOf(match, question)}.`,
  ];
}

function setOf({ service, way }: Match, { protocol, address, port }: Question): string {
  const end = protocolBytes(protocol) + portBytes(port);
  const key = way === 'node port' ? end : addressBytes(address) + end;
  const entries = renderService(service).fronts.flatMap((front) => front.entries);
  return entries.find((entry) => entry.key === key && entry.data === undefined)?.set ?? 'none';
}

function sourceLines(match: Match, { from }: Question): string[] {
  const { policy, endpoints } = endpointsFor(match, from);
  if (endpoints.length === 0) return [];
  if (isExternal(match.way)) {
    if (policy === 'Local' && from === 'outside') return ["The client's address is kept."];
    if (policy === 'Local' && from === 'pod') return ["The pod's address is kept."];
    return ["The client's address is replaced by this node's."];
  }
  if (from === 'pod') return ["The pod's address is kept, unless it reaches itself."];
  return ["The client's address is replaced by this node's, if pods' addresses are known."];
}
