/** What a plugin is to the protocol around it, in process or as an executable. */
import { type NetlinkSocket, openNetlink } from '../native/netlink-socket.ts';
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
  socket(): Promise<NetlinkSocket>;
  close(): Promise<void>;
}

const netlinkRoute = 0;

export function createHost(netnsPath?: string): Host {
  let opening: Promise<NetlinkSocket> | undefined;
  return {
    ...(netnsPath !== undefined && { netnsPath }),
    socket: () => {
      opening ??= openNetlink(netlinkRoute, netnsPath);
      opening.catch(() => {
        opening = undefined;
      });
      return opening;
    },
    close: async () => {
      const socket = await opening?.catch(() => undefined);
      socket?.close();
      opening = undefined;
    },
  };
}
