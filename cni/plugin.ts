/** What a plugin is to the protocol around it, in process or as an executable. */
import { type Conntrack, openConntrack } from '../native/conntrack.ts';
import { type NetlinkSocket, startNetlink } from '../native/netlink.ts';
import { type Nftables, openNftables } from '../native/nftables.ts';
import type { PluginRequest } from './request.ts';
import type { CniResult } from './result.ts';

/** Each method throws a CniError, or what toCniError makes one. DEL may be repeated. */
export interface Plugin {
  add(request: PluginRequest, host: Host): Promise<CniResult>;
  del(request: PluginRequest, host: Host): Promise<void>;
  check(request: PluginRequest, host: Host): Promise<void>;
  gc(request: PluginRequest, host: Host): Promise<void>;
  status(request: PluginRequest, host: Host): Promise<void>;
}

/** The host's side of the wiring: its own namespace, or in tests a namespace that stands for it. */
export interface Host {
  readonly netnsPath?: string;
  /** Opened at the first call, and kept, as the next two. */
  socket(): NetlinkSocket;
  nftables(): Promise<Nftables>;
  conntrack(): Promise<Conntrack>;
  close(): void;
}

const netlinkRoute = 0;

export function createHost(netnsPath?: string): Host {
  const socket = keep(
    () => startNetlink(netlinkRoute, netnsPath),
    ({ opened }) => opened,
  );
  const nftables = keep(() => openNftables(netnsPath));
  const conntrack = keep(() => openConntrack(netnsPath));
  return {
    ...(netnsPath !== undefined && { netnsPath }),
    socket: socket.get,
    nftables: nftables.get,
    conntrack: conntrack.get,
    close: () => {
      socket.drop((open) => open.close());
      nftables.drop((open) => open.then(close, () => {}));
      conntrack.drop((open) => open.then(close, () => {}));
    },
  };
}

const close = (open: { close(): void }) => open.close();

/** One of a thing, made when it is first asked for; after a failure the next call tries again. */
function keep<T>(
  open: () => T,
  opened: (made: T) => Promise<unknown> = (made) => Promise.resolve(made),
) {
  let kept: T | undefined;
  return {
    get: (): T => {
      if (kept !== undefined) return kept;
      const made = open();
      kept = made;
      opened(made).catch(() => {
        if (kept === made) kept = undefined;
      });
      return made;
    },
    drop: (end: (made: T) => void): void => {
      if (kept !== undefined) end(kept);
      kept = undefined;
    },
  };
}
