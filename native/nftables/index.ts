/** nf_tables by netlink: what a transaction is made of, and the socket that does it. */
export {
  followNftables,
  type Nftables,
  openNftables,
  type RuleHandle,
  type StoredElement,
} from './client.ts';
export * from './expressions.ts';
export * from './messages.ts';
