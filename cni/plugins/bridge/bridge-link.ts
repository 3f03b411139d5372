/** The bridge itself: made, brought up, given the gateway's addresses. */

import { hasCode } from '../../../base/errors.ts';
import { contains, parseCidr } from '../../../base/ip-address.ts';
import {
  addAddress,
  createBridge,
  deleteAddress,
  getAddresses,
  getLink,
  getLinks,
  getRoutes,
  type Link,
  type NetlinkSocket,
  parseAddresses,
  parseLinks,
  parseRoutes,
  type Reply,
  setLink,
} from '../../../native/netlink.ts';
import { CniError } from '../../error.ts';
import { allowForwarding } from '../../forwarding.ts';
import { findLink } from '../../links.ts';
import type { Host } from '../../plugin.ts';

export interface BridgeLinkSpec {
  readonly name: string;
  readonly mac: string; // Only for one that is made here.
  readonly mtu?: number;
  readonly isPromiscuous?: boolean;
  readonly gateways: readonly string[]; // 10.42.0.1/24
  /** Take other addresses of the family away instead of giving up. */
  readonly forceAddress?: boolean;
}

/** Leaves alone what is there already. Several callers at once are fine. */
export async function ensureBridgeLink(host: Host, spec: BridgeLinkSpec): Promise<Link> {
  const socket = host.socket();
  const link = await adoptBridge(socket, spec, await findLink(socket, spec.name));
  const replies = await socket.send(getAddresses(link.index));
  await Promise.all([
    ensureAddresses(socket, spec, { index: link.index, replies }),
    allowForwarding(host, spec.gateways),
  ]);
  return link;
}

/** The bridge that was found, brought up, or else a new one. Without addresses yet. */
export async function adoptBridge(
  socket: NetlinkSocket,
  spec: BridgeLinkSpec,
  found: Link | undefined,
): Promise<Link> {
  const link = found ?? (await makeBridge(socket, spec));
  if (link.kind !== 'bridge') {
    throw new CniError('invalidConfig', `link ${spec.name} exists and is no bridge`);
  }
  const isPromiscuous = spec.isPromiscuous === true;
  if (!link.isUp || (isPromiscuous && !link.isPromiscuous)) {
    await socket.send(
      setLink({ index: link.index }, { isUp: true, ...(isPromiscuous && { isPromiscuous }) }),
    );
  }
  return link;
}

/** What fits through the device of the default route; undefined where there is none. */
export async function pathMtu(socket: NetlinkSocket): Promise<number | undefined> {
  const links = parseLinks(await socket.send(getLinks()));
  const sizes = parseRoutes(await socket.send(getRoutes()))
    .filter(({ destination, table }) => destination.endsWith('/0') && table === mainTable)
    .flatMap(({ index }) => links.find((link) => link.index === index) ?? [])
    // lo carries the route that refuses IPv6 where there is no way out.
    .filter(({ name }) => name !== 'lo')
    .map(({ mtu }) => mtu);
  return sizes.length > 0 ? Math.min(...sizes) : undefined;
}

const mainTable = 254;

async function makeBridge(socket: NetlinkSocket, spec: BridgeLinkSpec): Promise<Link> {
  const { name, mac, mtu } = spec;
  const message = createBridge({ name, mac, ...(mtu !== undefined && { mtu }) });
  const [made, found] = await socket.transact([message, getLink({ name })]);
  // EEXIST: another pod's ADD was quicker.
  if (made?.error && !hasCode(made.error, 'EEXIST')) throw made.error;
  const [link] = parseLinks(found?.replies ?? []);
  if (!link) throw found?.error ?? new CniError('ioFailure', `bridge ${name} vanished`);
  return link;
}

/** `replies` are those to getAddresses, which may have been sent with something else. */
export async function ensureAddresses(
  socket: NetlinkSocket,
  { name, gateways, forceAddress }: BridgeLinkSpec,
  { index, replies }: { index: number; replies: readonly Reply[] },
): Promise<void> {
  const present = parseAddresses(replies)
    .filter((each) => each.index === index)
    .map(({ address }) => address);
  for (const gateway of gateways.filter((each) => !present.includes(each))) {
    const rivals = present.filter((each) => isRival(each, gateway));
    if (rivals.length > 0 && !forceAddress) {
      throw new CniError(
        'invalidConfig',
        `bridge ${name} has ${rivals.join(', ')} and not ${gateway}; forceAddress would replace it`,
      );
    }
    for (const address of rivals) await socket.send(deleteAddress({ index, address }));
    const [outcome] = await socket.transact([addAddress({ index, address: gateway, noDad: true })]);
    if (outcome?.error && !hasCode(outcome.error, 'EEXIST')) throw outcome.error;
  }
}

/** Of IPv4 a bridge has one address; of IPv6 several, in subnets that do not overlap. */
function isRival(present: string, wanted: string): boolean {
  const [a, b] = [parseCidr(present), parseCidr(wanted)];
  if (a.address.length !== b.address.length) return false;
  return a.address.length === 4 || contains(a, b.address) || contains(b, a.address);
}
