/** CHECK: is what ADD has told still there? */
import type { NetlinkSocket } from '../../../native/netlink.ts';
import { checkAddresses, checkPodLink, failed } from '../../check.ts';
import { findLink } from '../../links.ts';
import type { Host } from '../../plugin.ts';
import type { PodNetns } from '../../pod-netns.ts';
import type { PluginRequest } from '../../request.ts';
import { type CniResult, emptyResult } from '../../result.ts';
import { hasGuard } from '../../rules/guard.ts';
import { hasMasquerade } from '../../rules/masquerade.ts';
import type { BridgeConf } from './plan.ts';

interface Checked {
  readonly conf: BridgeConf;
  readonly request: PluginRequest;
  readonly host: Host;
  readonly netns: PodNetns;
}

/** @throws CniError 103 that names the first thing that is missing */
export async function checkBridge({ conf, request, host, netns }: Checked): Promise<void> {
  const { prevResult = emptyResult, ifName } = request;
  const socket = host.socket();
  const bridge = await findLink(socket, conf.bridge);
  if (bridge?.kind !== 'bridge') throw failed(`there is no bridge ${conf.bridge}`);
  const link = await checkPodLink(request, netns, 'veth');
  if (!link.isUp && !conf.disableInterface) throw failed(`${ifName} is down`);
  const outer = prevResult.interfaces.filter(
    ({ name, sandbox }) => !sandbox && name !== bridge.name,
  );
  await checkPort(socket, { outer, bridgeIndex: bridge.index, peerIndex: link.peerIndex });
  await checkAddresses(netns.socket, prevResult, link.index);
  if (conf.masquerade && !(await hasMasquerade(request, host, prevResult.ips))) {
    throw failed('the masquerade rules are gone');
  }
  if ((conf.macSpoofCheck || conf.ipSpoofCheck) && !(await hasGuard(request, host))) {
    throw failed('the rules against spoofing are gone');
  }
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
