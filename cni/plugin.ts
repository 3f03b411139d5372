/** What a plugin is to the protocol around it, in process or as an executable. */
import { type NetlinkSocket, startNetlink } from '../native/netlink.ts';
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
  /** Opened at the first call, and kept. */
  socket(): NetlinkSocket;
  close(): void;
}

const netlinkRoute = 0;

export function createHost(netnsPath?: string): Host {
  let socket: NetlinkSocket | undefined;
  const open = () => {
    const started = startNetlink(netlinkRoute, netnsPath);
    started.opened.catch(() => {
      socket = undefined; // The next call tries again.
    });
    return started;
  };
  return {
    ...(netnsPath !== undefined && { netnsPath }),
    socket: () => {
      socket ??= open();
      return socket;
    },
    close: () => {
      socket?.close();
      socket = undefined;
    },
  };
}
