/** What the proxy reads from its own Node object. Pure. */
import type { Node } from '../api/types/core-v1.generated.ts';
import type { NodeFacts } from './plan.ts';
import { type Family, hostCidr, isAddress, isCidr } from './plan-address.ts';

export interface NodeView extends NodeFacts {
  /** Ranges on which node ports answer; empty: all addresses but loopback. */
  readonly nodePortCidrs: readonly string[];
}

export interface NodeQuery {
  readonly nodeName: string;
  readonly family: Family;
  /** Ranges and `primary`, as `--nodeport-addresses` has them. */
  readonly nodePortAddresses: readonly string[];
}

/** `node` is undefined until it has registered. */
export function viewNode(node: Node | undefined, query: NodeQuery): NodeView {
  const { nodeName, family, nodePortAddresses } = query;
  return {
    nodeName,
    family,
    zone: node?.metadata?.labels?.['topology.kubernetes.io/zone'],
    nodePortCidrs: nodePortCidrs(nodePortAddresses, node, family),
  };
}

/** Ranges of the other family say nothing about this one, unless there are no others. */
function nodePortCidrs(items: readonly string[], node: Node | undefined, family: Family) {
  if (items.includes('all')) return [];
  const isOwn = (item: string) => item === 'primary' || (isCidr(item, family) && !onLoopback(item));
  const own = items.filter(isOwn);
  if (items.length > 0 && own.length === 0) return [nowhere(family)];
  if (own.some((item) => item.endsWith('/0'))) return [];
  return own.map((item) => (item === 'primary' ? primaryCidr(node, family) : item));
}

/** Answered by the proxy itself: turned away by the kernel, packets from there would be martians. */
const onLoopback = (cidr: string): boolean => /^(127\.|::1\/)/.test(cidr);

const nowhere = (family: Family) => hostCidr(family === 'ipv4' ? '0.0.0.0' : '::', family);

/** No address known yet: then node ports answer nowhere rather than everywhere. */
function primaryCidr(node: Node | undefined, family: Family): string {
  const addresses = node?.status?.addresses ?? [];
  const primary = addresses.find(
    ({ type, address }) => type === 'InternalIP' && isAddress(address, family),
  );
  return primary ? hostCidr(primary.address, family) : nowhere(family);
}

/** Whether load balancers shall send nothing new here (KEP-3836). */
export const isLeaving = (node: Node | undefined): boolean =>
  node?.metadata?.deletionTimestamp !== undefined ||
  (node?.spec?.taints ?? []).some(({ key }) => key === 'ToBeDeletedByClusterAutoscaler');
