/** The plugin `bridge`: a veth from the pod to a bridge of the host, addresses by IPAM. */
import { runAll } from '../../error.ts';
import { callIpam } from '../../ipam/delegate.ts';
import { deletePair, deleteStrays, findLink } from '../../links.ts';
import { hostNameOf } from '../../names.ts';
import type { Plugin } from '../../plugin.ts';
import { withPodNetns } from '../../pod-netns.ts';
import type { PluginRequest } from '../../request.ts';
import type { CniResult } from '../../result.ts';
import { keepOnlyGuards, removeGuard } from '../../rules/guard.ts';
import { keepOnlyMasquerades, removeMasquerade } from '../../rules/masquerade.ts';
import { withUndo } from '../../undo.ts';
import { checkBridge } from './check.ts';
import { parseBridgeConf, planBridge } from './plan.ts';
import { type Links, type Wiring, wire } from './wire.ts';

export const bridge: Plugin = {
  async add(request, host): Promise<CniResult> {
    const conf = parseBridgeConf(request);
    return await withUndo((undo) =>
      withPodNetns(request, host, async (netns) => {
        const finding = findLink(host.socket(), conf.bridge);
        finding.catch(() => {}); // Told below; IPAM may fail first.
        const ipam = await callIpam(request, host);
        undo.push(async () => void (await callIpam({ ...request, command: 'DEL' }, host)));
        const plan = planBridge(conf, ipam, request);
        const found = await finding;
        const wiring = { conf, plan, request, host, netns };
        return toResult(wiring, ipam, await wire(wiring, found, undo));
      }),
    );
  },

  /** The address last: whoever has it next must not find rules for it. */
  async del(request, host) {
    const { conf } = request;
    await runAll([
      () => (request.dropsNetns ? undefined : deletePair(request, host)),
      () => (conf.ipMasq ? removeMasquerade(request, host) : undefined),
      () => (isGuarded(conf) ? removeGuard(request, host, hostEndOf(request)) : undefined),
      async () => void (await callIpam(request, host)),
    ]);
  },

  async check(request, host) {
    const conf = parseBridgeConf(request);
    await callIpam(request, host);
    await withPodNetns(request, host, (netns) => checkBridge({ conf, request, host, netns }));
  },

  /** Whatever is configured now: what is to go may have been made with another configuration. */
  async gc(request, host) {
    await runAll([
      () => deleteStrays(request, host, 'veth'),
      () => keepOnlyMasquerades(request, host),
      () => keepOnlyGuards(request, host),
      async () => void (await callIpam(request, host)),
    ]);
  },

  async status(request, host) {
    parseBridgeConf(request);
    await callIpam(request, host);
  },
};

const isGuarded = ({ macspoofchk, ipspoofchk }: PluginRequest['conf']) =>
  Boolean(macspoofchk) || Boolean(ipspoofchk);

const hostEndOf = (request: PluginRequest) => hostNameOf(request.conf.name, request);

function toResult(
  { conf, plan, request }: Wiring,
  ipam: CniResult,
  { bridge: bridgeLink, hostEnd }: Links,
): CniResult {
  const { mtu } = hostEnd;
  const hasDns = Object.keys(conf.dns).length > 0;
  return {
    interfaces: [
      { name: conf.bridge, ...(bridgeLink.mac && { mac: bridgeLink.mac }), mtu: bridgeLink.mtu },
      { name: plan.hostName, mac: plan.hostMac, mtu },
      { name: request.ifName, mac: plan.mac, mtu, sandbox: request.netnsPath },
    ],
    ips: plan.ips,
    routes: plan.resultRoutes,
    dns: hasDns ? conf.dns : ipam.dns,
  };
}
