/** The pod's network namespace, opened for wiring. */
import { closeSync, fstatSync, openSync, statfsSync, statSync } from 'node:fs';
import { hasCode } from '../base/errors.ts';
import { type NetlinkSocket, startNetlink } from '../native/netlink.ts';
import { CniError } from './error.ts';
import type { Host } from './plugin.ts';
import { netnsOf, type PluginRequest } from './request.ts';

export interface PodNetns {
  /** To say where a link is to be born. */
  readonly fd: number;
  /** Where the addon can open it. */
  readonly path: string;
  /** Being opened while other things go on. */
  readonly socket: NetlinkSocket;
}

const netlinkRoute = 0;

/** @throws CniError 3 when there is no such namespace, 8 when it is the host's own */
export async function withPodNetns<T>(
  request: PluginRequest,
  host: Host,
  work: (netns: PodNetns) => Promise<T>,
): Promise<T> {
  const path = netnsOf(request);
  const fd = open(path);
  try {
    const own = statSync(host.netnsPath ?? '/proc/self/ns/net');
    const its = fstatSync(fd);
    if (own.ino === its.ino && own.dev === its.dev) {
      throw new CniError(8, `CNI_NETNS ${request.netnsPath} is the host's own namespace`);
    }
    const socket = startNetlink(netlinkRoute, path);
    try {
      return await work({ fd, path, socket });
    } finally {
      socket.close();
    }
  } finally {
    closeSync(fd);
  }
}

/** For DEL: undefined where the namespace is gone already. */
export async function withPodNetnsIfAny<T>(
  request: PluginRequest,
  host: Host,
  work: (netns: PodNetns) => Promise<T>,
): Promise<T | undefined> {
  if (netnsOf(request) === '') return undefined;
  try {
    return await withPodNetns(request, host, work);
  } catch (error) {
    if (error instanceof CniError && (error.code === 3 || error.code === 8)) return undefined;
    throw error;
  }
}

const namespaceFs = 0x6e73_6673; // NSFS_MAGIC

function open(path: string): number {
  try {
    // A file that is no namespace, or that was the mount point of one.
    if (statfsSync(path).type !== namespaceFs) throw unknown(path);
    return openSync(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ESRCH')) throw unknown(path, error);
    throw error;
  }
}

const unknown = (path: string, cause?: unknown) =>
  new CniError('unknownContainer', `there is no network namespace ${path}`, { cause });
