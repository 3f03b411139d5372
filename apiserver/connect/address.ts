/** Addresses that this server never connects to for somebody else: its own, and the link's. */
import { BlockList, isIP } from 'node:net';

const refused = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // Clouds answer with credentials there.
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
] as const) {
  refused.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  refused.addSubnet(network, prefix, 'ipv6');
}

/**
 * True for an IP address that a pod, an endpoint or a node may have. Names never are: whoever
 * resolves one twice may be given two answers.
 */
export function isReachable(address: string): boolean {
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return false;
  // An IPv4 address in IPv6's form counts as what it is.
  return !refused.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
