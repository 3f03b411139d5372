/** nf_tables by netlink: what a transaction is made of, and the socket that does it. */

export type { Message } from './netlink-socket.ts';
export * from './nftables/bytes.ts';
export {
  chainOf,
  followNftables,
  type Nftables,
  openNftables,
  type RuleCounter,
  type RuleHandle,
  type SetKey,
  type StoredElement,
} from './nftables/client.ts';
export * from './nftables/expressions.ts';
export * from './nftables/messages.ts';
