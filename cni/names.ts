/** Names and MAC addresses, each from what it stands for: nothing needs to be remembered. */
import { createHash } from 'node:crypto';
import { parseCidr } from '../base/ip-address.ts';
import type { Attachment } from './request.ts';

/** From the attachment alone, so that DEL and CHECK find the link without any record. */
export function hostNameOf(network: string, { containerId, ifName }: Attachment): string {
  return `veth${digestOf(`${network}/${containerId}/${ifName}`)}`;
}

/** Eleven letters and digits that stand for a text. */
export function digestOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest();
  return bytes.readBigUInt64BE().toString(36).padStart(11, '0').slice(-11);
}

/** Stands at the link, for those who look at it, and for GC. */
export const aliasOf = (network: string, { containerId, ifName }: Attachment): string =>
  `cni:${network}/${containerId}/${ifName}`.slice(0, 255);

/** Does `alias` name an attachment to `network`? */
export const isAliasOf = (network: string, alias: string): boolean =>
  alias.startsWith(`cni:${network}/`);

/**
 * Out of the IPv4 address: whoever remembers the address of a pod that is gone finds the one that
 * has its IP now, without gratuitous ARP. A bridge needs an address of its own all the more: it
 * takes its smallest port's when it is given none, and changes it as pods come and go.
 */
export function macFor(address: string | undefined, seed: string): string {
  const isV4 = address !== undefined && !address.includes(':');
  return isV4 ? formatMac([0x0a, 0x58, ...parseCidr(address).address]) : macOf(seed);
}

/** Locally administered, and the same every time. */
export function macOf(seed: string): string {
  const bytes = createHash('sha256').update(seed).digest();
  return formatMac([0x0a, 0x5a, ...bytes.subarray(0, 4)]);
}

const formatMac = (bytes: readonly number[]) =>
  bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
