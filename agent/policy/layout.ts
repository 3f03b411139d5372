/**
 * Where things are in the tables `ip NAME-policy` and `ip6 NAME-policy`: a contract for whoever
 * reads `nft list table`.
 *
 *   chain egress    forwarded packets, first of all; verdict map `egress-pods`: source address →
 *   chain ingress   then these; verdict map `ingress-pods`: destination address →
 *   chain isolate-… one for each set of policies that some pod has: a jump to the chain of each,
 *                   and at its end a counter with their names, and the drop
 *   chain egress:NAMESPACE/POLICY, ingress:…   one rule for each peer and its ports: accept
 *   set pods-…      the addresses of the pods that a selector selects; policies with the same
 *                   selector share it, as they share the next three
 *   set block-…     an ipBlock without its exceptions
 *   set ports-…     protocols and ports
 *   set named-…     where pods have the port of that name: address, protocol, port
 *   set self        pods that are in a map, each with itself: nobody is cut off from itself
 *
 * Only pods of this node that a policy selects are in the maps; so a pod that comes is a few
 * elements, and a policy that changes is one chain. Two base chains, so that `accept` by an
 * egress policy still leaves the packet to the ingress policies of where it goes.
 *
 * What is not here: replies (`ct state established,related`), neighbour discovery, and whatever
 * the node itself sends or is sent, which is never forwarded. A connection is judged by its first
 * packet, after a Service's address has become a pod's and before its source is masqueraded.
 */
import type { TableName } from '../../native/nftables.ts';

export type Family = 'ipv4' | 'ipv6';
export type Direction = 'ingress' | 'egress';

export const families: readonly Family[] = ['ipv4', 'ipv6'];
export const directions: readonly Direction[] = ['ingress', 'egress'];

export const tableOf = (instance: string, family: Family): TableName => ({
  family,
  name: `${instance}-policy`,
});

export const mapOf = (direction: Direction): string => `${direction}-pods`;
export const selfSet = 'self';

export const familyOf = (address: string): Family => (address.includes(':') ? 'ipv6' : 'ipv4');

/** The kernel takes names of up to 255 bytes; a namespace and a name may have more together. */
const nameMax = 200;

/** `serialOf` tells apart what is cut. */
export function policyChain(
  direction: Direction,
  policy: string,
  serialOf: (policy: string) => number,
): string {
  const name = `${direction}:${policy}`;
  return name.length <= nameMax ? name : `${name.slice(0, nameMax)}~${serialOf(policy)}`;
}
