/** The addresses of this machine on which node ports answer. */
import { networkInterfaces } from 'node:os';
import type { Node } from '../api/types/core-v1.generated.ts';
import { contains, parseCidr, parseIp } from '../base/ip-address.ts';
import { viewNode } from './plan-node.ts';

/** Of both families, without loopback; `items` are ranges and `primary`, none meaning all. */
export function hostAddresses(items: readonly string[], node: Node | undefined): string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const own = all.filter(({ internal, scopeid }) => !internal && !scopeid);
  return own.flatMap(({ address, family: name }) => {
    const family = name === 'IPv4' ? 'ipv4' : 'ipv6';
    const { nodePortCidrs } = viewNode(node, { nodeName: '', family, nodePortAddresses: items });
    const isIn = (cidr: string) => contains(parseCidr(cidr), parseIp(address));
    return nodePortCidrs.length === 0 || nodePortCidrs.some(isIn) ? [address] : [];
  });
}
