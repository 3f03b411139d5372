/**
 * Decides which connections lead where their Service does not lead any more. A connection of TCP
 * ends by itself; UDP has none, so a client that keeps its port would be sent to an endpoint that
 * is gone for as long as it tries. Pure.
 */
import type { PortPlan, Protocol } from '../plan.ts';

/** Where packets of a connectionless protocol arrive, and where they may go. */
export interface Front {
  readonly protocol: Protocol;
  /** Absent for a node port: any address of this node. */
  readonly address?: string;
  readonly port: number;
  /** As placeOf has them. */
  readonly endpoints: ReadonlySet<string>;
}

/** A connection, its addresses as text. */
export interface Flow {
  readonly destination: string;
  readonly port: number;
  /** Who answers: the endpoint, where there is one. */
  readonly endpoint: string;
  readonly endpointPort: number;
}

export const placeOf = (address: string, port: number): string => `${address} ${port}`;

const isWatched = (protocol: Protocol): boolean => protocol !== 'tcp';

export function frontsOf(ports: readonly PortPlan[]): Front[] {
  return ports
    .filter(({ protocol }) => isWatched(protocol))
    .flatMap((plan) => {
      const { protocol, port, nodePort, clusterIp, loadBalancerIps, externalIps } = plan;
      const all = [...plan.cluster, ...plan.local];
      const endpoints = new Set(all.map(({ address, port: number }) => placeOf(address, number)));
      const fronts: Front[] = [clusterIp, ...loadBalancerIps, ...externalIps].map((address) => {
        return { protocol, address, port, endpoints };
      });
      if (nodePort !== undefined) fronts.push({ protocol, port: nodePort, endpoints });
      return fronts;
    });
}

/**
 * Whether a flow through the front is to be forgotten. It is when its endpoint does not serve the
 * front any more, and when it was let pass unchanged, from a time without endpoints or rules.
 * `isLocal` tells whether an address is this node's own: what is forwarded to another machine's
 * port of the same number is none of ours.
 */
export function isStale(flow: Flow, front: Front, isLocal: (address: string) => boolean): boolean {
  if (flow.port !== front.port) return false;
  if (front.address !== undefined && flow.destination !== front.address) return false;
  if (front.address === undefined && !isLocal(flow.destination)) return false;
  return !front.endpoints.has(placeOf(flow.endpoint, flow.endpointPort));
}
