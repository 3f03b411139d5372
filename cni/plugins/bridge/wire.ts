/** bridge's links: the bridge, the veth between it and the pod, the port, the pod's end. */
import type { Link } from '../../../native/netlink.ts';
import { allowForwarding } from '../../forwarding.ts';
import { createPair } from '../../pair.ts';
import type { Host } from '../../plugin.ts';
import { configurePod } from '../../pod-interface.ts';
import type { PodNetns } from '../../pod-netns.ts';
import type { PluginRequest } from '../../request.ts';
import { addGuard, removeGuard } from '../../rules/guard.ts';
import { addMasquerade, removeMasquerade } from '../../rules/masquerade.ts';
import { runTogether, type Undo } from '../../undo.ts';
import { adoptBridge, ensureAddresses, pathMtu } from './bridge-link.ts';
import type { BridgeConf, BridgePlan } from './plan.ts';
import { ensureVlanGateway, filterVlans, joinVlans } from './vlans.ts';

export interface Wiring {
  readonly conf: BridgeConf;
  readonly plan: BridgePlan;
  readonly request: PluginRequest;
  readonly host: Host;
  readonly netns: PodNetns;
}

export interface Links {
  readonly bridge: Link;
  readonly hostEnd: Link;
}

/** Two sends: the veth, born with its peer in the pod; then all of the pod's side. */
export async function wire(wiring: Wiring, found: Link | undefined, undo: Undo): Promise<Links> {
  const { conf, plan, host } = wiring;
  const socket = host.socket();
  // A new bridge is as wide as the way out; pods are as wide as their bridge.
  const mtu = conf.mtu ?? found?.mtu ?? (await pathMtu(socket));
  const spec = {
    name: conf.bridge,
    mac: plan.bridgeMac,
    isPromiscuous: conf.promiscMode,
    gateways: plan.gateways,
    forceAddress: conf.forceAddress,
    ...(mtu !== undefined && { mtu }),
  };
  const bridgeLink = await adoptBridge(socket, spec, found);
  const { vlans } = conf;
  if (vlans) await filterVlans(socket, conf.bridge);
  const port = {
    ...(conf.hairpinMode && { isHairpin: true }),
    ...(conf.portIsolation && { isIsolated: true }),
  };
  const { hostName, hostMac, mac, alias } = plan;
  const pair = { hostName, hostMac, mac, alias, port, master: bridgeLink.index };
  const sized = { ...pair, ...(mtu !== undefined && { mtu }) };
  const { hostEnd, replies } = await createPair(wiring, sized, undo);
  if (vlans) await joinVlans(socket, hostEnd.index, vlans);
  const { index } = bridgeLink;
  await runTogether([
    configureEnd(wiring, hostEnd.peerIndex ?? 0),
    vlans?.native && plan.gateways.length > 0
      ? ensureVlanGateway(socket, { ...spec, vlan: vlans.native, bridgeIndex: index })
      : ensureAddresses(socket, spec, { index, replies }),
    allowForwarding(host, plan.gateways),
    guard(wiring, undo),
    masquerade(wiring, undo),
  ]);
  return { bridge: bridgeLink, hostEnd };
}

async function configureEnd({ conf, plan, request, netns }: Wiring, index: number): Promise<void> {
  if (conf.disableInterface) return;
  const { addresses, routes } = plan;
  const { enableDad } = conf;
  await configurePod(netns, { index, name: request.ifName, addresses, routes, enableDad });
}

async function guard({ conf, plan, request, host }: Wiring, undo: Undo): Promise<void> {
  if (!conf.macSpoofCheck && !conf.ipSpoofCheck) return;
  const { hostName: port, mac, addresses } = plan;
  undo.push(() => removeGuard(request, host, port));
  await addGuard(request, host, { port, mac, ...(conf.ipSpoofCheck && { addresses }) });
}

async function masquerade({ conf, plan, request, host }: Wiring, undo: Undo): Promise<void> {
  if (!conf.masquerade) return;
  undo.push(() => removeMasquerade(request, host));
  await addMasquerade(request, host, plan.ips);
}
