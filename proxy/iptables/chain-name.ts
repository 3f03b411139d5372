/** Names of the chains that belong to one Service port or endpoint. */
import { hash } from 'node:crypto';
import type { PortPlan } from '../plan.ts';

/** `KUBE-SVC-` and 16 letters: the same name as every kube-proxy gives it. */
export function chainName(prefix: string, { name, protocol }: PortPlan, endpoint = ''): string {
  return prefix + base32(hash('sha256', `${name}${protocol}${endpoint}`, 'buffer'));
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first 16 letters of RFC 4648 base32: ten bytes, five bits each. */
function base32(digest: Uint8Array): string {
  let text = '';
  for (let bit = 0; bit < 80; bit += 5) {
    const byte = bit >> 3;
    const pair = (digest[byte]! << 8) | digest[byte + 1]!;
    text += alphabet[(pair >> (11 - (bit & 7))) & 31];
  }
  return text;
}
