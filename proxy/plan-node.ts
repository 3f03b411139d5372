/** What the proxy reads from its own Node object. Pure. */
import type { Node } from '../api/types/core-v1.generated.ts';
import type { NodeFacts } from './plan.ts';
import { type Family, hostCidr, isAddress } from './plan-address.ts';

export interface NodeView extends NodeFacts {
  /** Ranges on which node ports answer; empty: all addresses but loopback. */
  readonly nodePortCidrs: readonly string[];
  /** False once load balancers shall send nothing new here (KEP-3836). */
  readonly isEligible: boolean;
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
    nodePortCidrs: nodePortAddresses.flatMap((item) =>
      item === 'primary' ? primaryCidr(node, family) : item,
    ),
    isEligible: !isLeaving(node),
  };
}

/** No address known yet: then node ports answer nowhere rather than everywhere. */
function primaryCidr(node: Node | undefined, family: Family): string {
  const addresses = node?.status?.addresses ?? [];
  const primary = addresses.find(
    ({ type, address }) => type === 'InternalIP' && isAddress(address, family),
  );
  return hostCidr(primary?.address ?? (family === 'ipv4' ? '0.0.0.0' : '::'), family);
}

const isLeaving = (node: Node | undefined): boolean =>
  node?.metadata?.deletionTimestamp !== undefined ||
  (node?.spec?.taints ?? []).some(({ key }) => key === 'ToBeDeletedByClusterAutoscaler');
