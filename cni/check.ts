/** What plugins' CHECKs have in common: what ADD has told must still be there. */
import { formatCidr, networkOf, parseCidr } from '../base/ip-address.ts';
import {
  getAddresses,
  getRoutes,
  type Link,
  type NetlinkSocket,
  parseAddresses,
  parseRoutes,
} from '../native/netlink.ts';
import { CniError } from './error.ts';
import { findLink } from './links.ts';
import type { PodNetns } from './pod-netns.ts';
import type { PluginRequest } from './request.ts';
import { type CniResult, emptyResult } from './result.ts';

/** The pod's end, of the kind that it should be, with the MAC address that was told. */
export async function checkPodLink(
  { prevResult = emptyResult, ifName, netnsPath }: PluginRequest,
  netns: PodNetns,
  kind: string,
): Promise<Link> {
  const told = prevResult.interfaces.find(
    ({ name, sandbox }) => name === ifName && sandbox === netnsPath,
  );
  if (!told) throw failed(`prevResult has no ${ifName} in ${netnsPath}`);
  const link = await findLink(netns.socket, ifName);
  if (!link) throw failed(`there is no link ${ifName} in ${netnsPath}`);
  if (link.kind !== kind) throw failed(`${ifName} is no ${kind}`);
  if (told.mac && link.mac !== told.mac.toLowerCase()) {
    throw failed(`${ifName} has the address ${link.mac}, not ${told.mac}`);
  }
  return link;
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

export const failed = (message: string) => new CniError('checkFailed', message);
