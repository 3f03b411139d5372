/**
 * Where things are in the table `kube-proxy`: a contract for whoever reads `nft list table`.
 *
 * A Service port has no chain of its own. Its front (address, protocol, port) is an element of one
 * set, which says how many endpoints it has and how it is served (its class); chains are made for
 * classes, and find the endpoint by front and a random number in one map. So a change is a change
 * of elements: it costs the same whatever else there is.
 */
import type { Family } from '../plan-address.ts';

export const tableName = 'kube-proxy';

/** What packets are addressed to: an address with a port, or a port of the node. */
export type FrontKind = 'services' | 'node-ports';

export interface Class {
  readonly front: FrontKind;
  /** `external`: masqueraded; `local`: endpoints of this node only. */
  readonly kind: 'internal' | 'internal-local' | 'external' | 'external-local';
  /** How many endpoints there are in the cluster and on this node, as far as the kind needs them. */
  readonly cluster: number;
  readonly local: number;
  /** 0: every connection is sent anew. */
  readonly stickySeconds: number;
}

/** `services-3`, `services-external-local-3-1-sticky-10800`: the set of its fronts. */
export function className({ front, kind, cluster, local, stickySeconds }: Class): string {
  const name = kind === 'internal' ? front : `${front}-${kind}`;
  const sticky = stickySeconds > 0 ? `-sticky-${stickySeconds}` : '';
  if (kind === 'external-local') return `${name}-${cluster}-${local}${sticky}`;
  return `${name}-${kind === 'internal-local' ? local : cluster}${sticky}`;
}

/** Sets and maps that are there whatever the Services are. */
export const sets = {
  /** Addresses of Services: what comes to them on other ports is refused. */
  clusterIps: 'cluster-ips',
  /** Pods' addresses: who else calls a cluster IP is masqueraded. */
  podRanges: 'pod-ranges',
  /** Addresses that belong to Services, given out or not. */
  serviceRanges: 'service-ranges',
  /** Where node ports answer; unused when they answer everywhere. */
  nodeAddresses: 'node-addresses',
  /** Fronts of load balancers that only `allowed` sources may use. */
  guarded: 'guarded',
  allowed: 'allowed',
  /** Endpoints of this node, as source and destination: a pod that reaches itself. */
  hairpin: 'hairpin',
} as const;

const setsOfServices = {
  /** Front and number → endpoint. */
  endpoints: 'endpoints',
  localEndpoints: 'local-endpoints',
  /** Fronts that nobody serves, and those that nobody on this node serves. */
  noEndpoints: 'no-endpoints',
  noLocalEndpoints: 'no-local-endpoints',
  /** Front and client → the endpoint that it went to; written by the kernel. */
  affinity: 'affinity',
};

const setsOfNodePorts: typeof setsOfServices = {
  endpoints: 'node-port-endpoints',
  localEndpoints: 'node-port-local-endpoints',
  noEndpoints: 'no-endpoints-node-ports',
  noLocalEndpoints: 'no-local-endpoints-node-ports',
  affinity: 'affinity-node-ports',
};

/** Those that each kind of front has for itself. */
export const setsOf = (front: FrontKind): Readonly<typeof setsOfServices> =>
  front === 'services' ? setsOfServices : setsOfNodePorts;

export const fronts: readonly FrontKind[] = ['services', 'node-ports'];

/** All that only we write to, whatever the Services are. */
export const writtenSets: readonly string[] = [
  ...Object.values(sets),
  ...fronts.flatMap((front) => {
    const { affinity: _, ...written } = setsOf(front);
    return Object.values(written);
  }),
];

export interface LayoutOptions {
  readonly family: Family;
  readonly masqueradeBit: number;
  readonly masqueradeAll: boolean;
  /** Where links tell pods instead of addresses: `br0`, or `veth+` for all that begin so. */
  readonly podLink?: string | undefined;
  /** Packets outside of a connection's window pass: none is invalid by mistake. */
  readonly isTcpLiberal?: boolean | undefined;
}
