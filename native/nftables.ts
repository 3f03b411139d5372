/** nf_tables by netlink: what a transaction is made of, and the socket that does it. */

export type { Message } from './netlink-socket.ts';
export {
  followNftables,
  type Nftables,
  openNftables,
  type RuleHandle,
  type StoredElement,
} from './nftables/client.ts';
export * from './nftables/expressions.ts';
export * from './nftables/messages.ts';
