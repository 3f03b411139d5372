/** CHECK: is what ADD has told still there? */
import { formatCidr, networkOf, parseCidr } from '../../../base/ip-address.ts';
import {
  getAddresses,
  getRoutes,
  type NetlinkSocket,
  parseAddresses,
  parseRoutes,
} from '../../../native/netlink.ts';
import { CniError } from '../../error.ts';
import { findLink } from '../../links.ts';
import type { Host } from '../../plugin.ts';
import type { PodNetns } from '../../pod-netns.ts';
import type { PluginRequest } from '../../request.ts';
import { type CniResult, emptyResult } from '../../result.ts';
import type { BridgeConf } from './plan.ts';

interface Checked {
  readonly conf: BridgeConf;
  readonly request: PluginRequest;
  readonly host: Host;
  readonly netns: PodNetns;
}

/** @throws CniError 103 that names the first thing that is missing */
export async function checkBridge({ conf, request, host, netns }: Checked): Promise<void> {
  const { prevResult = emptyResult, ifName, netnsPath } = request;
  const socket = host.socket();
  const bridge = await findLink(socket, conf.bridge);
  if (bridge?.kind !== 'bridge') throw failed(`there is no bridge ${conf.bridge}`);
  const inner = prevResult.interfaces.find(
    ({ name, sandbox }) => name === ifName && sandbox === netnsPath,
  );
  if (!inner) throw failed(`prevResult has no ${ifName} in ${netnsPath}`);
  const link = await findLink(netns.socket, ifName);
  if (!link) throw failed(`there is no link ${ifName} in ${netnsPath}`);
  if (link.kind !== 'veth') throw failed(`${ifName} is no veth`);
  if (!link.isUp && !conf.disableInterface) throw failed(`${ifName} is down`);
  if (inner.mac && link.mac !== inner.mac.toLowerCase()) {
    throw failed(`${ifName} has the address ${link.mac}, not ${inner.mac}`);
  }
  const outer = prevResult.interfaces.filter(
    ({ name, sandbox }) => !sandbox && name !== bridge.name,
  );
  await checkPort(socket, { outer, bridgeIndex: bridge.index, peerIndex: link.peerIndex });
  await checkAddresses(netns.socket, prevResult, link.index);
}

interface Port {
  readonly outer: CniResult['interfaces'];
  readonly bridgeIndex: number;
  readonly peerIndex: number | undefined;
}

/** One of the host's links is the other end, and a port of the bridge. */
async function checkPort(socket: NetlinkSocket, { outer, bridgeIndex, peerIndex }: Port) {
  const links = await Promise.all(outer.map(({ name }) => findLink(socket, name)));
  const end = links.find((link) => link?.kind === 'veth' && link.index === peerIndex);
  if (!end) throw failed(`the host's end is gone: ${outer.map(({ name }) => name).join(', ')}`);
  if (end.master !== bridgeIndex) throw failed(`${end.name} is no port of the bridge`);
}

export async function checkAddresses(
  socket: NetlinkSocket,
  { ips, routes }: CniResult,
  index: number,
): Promise<void> {
  const present = new Set(
    parseAddresses(await socket.send(getAddresses(index)))
      .filter((each) => each.index === index)
      .map(({ address }) => address),
  );
  for (const { address } of ips) {
    if (!present.has(formatCidr(parseCidr(address)))) throw failed(`address ${address} is gone`);
  }
  const known = parseRoutes(await socket.send(getRoutes()));
  for (const { dst, gw } of routes) {
    const destination = formatCidr(networkOf(parseCidr(dst)));
    const isThere = known.some(
      (route) =>
        route.destination === destination &&
        route.index === index &&
        (gw === undefined || route.gateway === gw),
    );
    if (!isThere) throw failed(`the route to ${dst} is gone`);
  }
}

const failed = (message: string) => new CniError('checkFailed', message);
