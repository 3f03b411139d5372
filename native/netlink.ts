/**
 * rtnetlink for the rooms: messages as values, a socket that sends them in batches, replies as
 * plain objects. Apart from index.ts, since the codecs take 11 ms to import.
 */
export * from './bridge-ports.ts';
export * from './neighbour-messages.ts';
export * from './netlink-messages.ts';
export * from './netlink-replies.ts';
export {
  type Message,
  type NetlinkSocket,
  type Outcome,
  openNetlink,
  type Reply,
  startNetlink,
} from './netlink-socket.ts';
export * from './traffic-control.ts';
