/** The veth between host and pod, of bridge and ptp. */
import { hasCode } from '../base/errors.ts';
import {
  createVeth,
  deleteLink,
  getAddresses,
  getLink,
  type Link,
  type PortChange,
  parseLinks,
  type Reply,
  setLink,
  setPort,
} from '../native/netlink.ts';
import { CniError, unlessGone } from './error.ts';
import type { Host } from './plugin.ts';
import type { PodNetns } from './pod-netns.ts';
import type { PluginRequest } from './request.ts';
import type { Undo } from './undo.ts';

export interface PairSpec {
  readonly hostName: string;
  readonly hostMac: string;
  readonly mac: string; // Of the pod's end.
  readonly alias: string;
  readonly mtu?: number;
  /** The bridge that the host's end becomes a port of. */
  readonly master?: number;
  readonly port?: PortChange;
}

interface Place {
  readonly request: PluginRequest;
  readonly host: Host;
  readonly netns: PodNetns;
}

export interface Pair {
  /** Its `peerIndex` is the pod's end. */
  readonly hostEnd: Link;
  /** The master's addresses: they come with the same send. */
  readonly replies: readonly Reply[];
}

/** One send. @throws CniError 101 where either name is taken */
export async function createPair(
  { request, host, netns }: Place,
  spec: PairSpec,
  undo: Undo,
): Promise<Pair> {
  const { hostName: name, hostMac, mac, alias, mtu, master, port = {} } = spec;
  const socket = host.socket();
  const [made, ...others] = await socket.transact([
    createVeth({
      name,
      mac: hostMac,
      peer: { name: request.ifName, mac, netnsFd: netns.fd },
      ...(master !== undefined && { master }),
      ...(mtu !== undefined && { mtu }),
    }),
    setLink({ name }, { alias }),
    ...(Object.keys(port).length > 0 ? [setPort({ name }, port)] : []),
    getLink({ name }),
    ...(master === undefined ? [] : [getAddresses(master)]),
  ]);
  if (hasCode(made?.error, 'EEXIST')) {
    throw new CniError(
      'interfaceExists',
      `${request.ifName} exists in ${request.netnsPath}, or ${name} on the host`,
    );
  }
  if (made?.error) throw made.error;
  undo.push(() => unlessGone(socket.send(deleteLink({ name }))));
  for (const { error } of others) if (error) throw error;
  const replies = others.flatMap((each) => each.replies);
  const [hostEnd] = parseLinks(replies);
  if (!hostEnd) throw new CniError('ioFailure', `link ${name} vanished`);
  return { hostEnd, replies };
}
