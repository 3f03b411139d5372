/** The bridge with the node's own address, apart from any pod. */
import { deleteLink } from '../native/netlink.ts';
import { toCniError, unlessGone } from './error.ts';
import { findLink } from './links.ts';
import { macFor } from './names.ts';
import type { Host } from './plugin.ts';
import { ensureBridgeLink } from './plugins/bridge/bridge-link.ts';

export interface BridgeAddress {
  readonly name: string;
  readonly address: string; // 10.42.0.1/24
  readonly mtu?: number;
}

/** Leaves a bridge that is there as it is, but for the address. */
export async function ensureBridge(host: Host, { name, address, mtu }: BridgeAddress) {
  try {
    await ensureBridgeLink(host, {
      name,
      mac: macFor(address, `bridge ${name}`),
      gateways: [address],
      ...(mtu !== undefined && { mtu }),
    });
  } catch (error) {
    throw toCniError(error, `could not set up bridge ${name}`);
  }
}

/** What is no bridge, or not there, is left alone. */
export async function removeBridge(host: Host, name: string): Promise<void> {
  const socket = host.socket();
  const link = await findLink(socket, name);
  if (link?.kind === 'bridge') await unlessGone(socket.send(deleteLink({ index: link.index })));
}
