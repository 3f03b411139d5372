/** The plugin `ptp`: a veth between pod and host with nothing between, and routes to either end. */
import { kernel } from '../../../native/index.ts';
import {
  addAddress,
  addRoute,
  deleteRoute,
  type Link,
  putNeighbour,
  setLink,
} from '../../../native/netlink.ts';
import { checkAddresses, checkPodLink, failed } from '../../check.ts';
import { runAll } from '../../error.ts';
import { allowForwarding } from '../../forwarding.ts';
import { callIpam } from '../../ipam/delegate.ts';
import { deletePair, deleteStrays, findLink } from '../../links.ts';
import { createPair } from '../../pair.ts';
import type { Host, Plugin } from '../../plugin.ts';
import { type PodNetns, withPodNetns } from '../../pod-netns.ts';
import type { PluginRequest } from '../../request.ts';
import { type CniResult, emptyResult } from '../../result.ts';
import {
  addMasquerade,
  hasMasquerade,
  keepOnlyMasquerades,
  removeMasquerade,
} from '../../rules/masquerade.ts';
import { runTogether, type Undo, withUndo } from '../../undo.ts';
import { type PtpConf, type PtpPlan, parsePtpConf, planPtp } from './plan.ts';

export const ptp: Plugin = {
  async add(request, host): Promise<CniResult> {
    const conf = parsePtpConf(request);
    return await withUndo((undo) =>
      withPodNetns(request, host, async (netns) => {
        const ipam = await callIpam(request, host);
        undo.push(async () => void (await callIpam({ ...request, command: 'DEL' }, host)));
        const plan = planPtp(conf, ipam, request);
        const wiring = { conf, plan, request, host, netns };
        const pair = { ...plan, ...(conf.mtu !== undefined && { mtu: conf.mtu }) };
        const { hostEnd } = await createPair(wiring, pair, undo);
        await runTogether([
          configureHost(wiring, hostEnd.index),
          configurePod(wiring, hostEnd.peerIndex ?? 0),
          masquerade(wiring, undo),
        ]);
        return toResult(wiring, ipam, hostEnd);
      }),
    );
  },

  async del(request, host) {
    await runAll([
      () => (request.dropsNetns ? undefined : deletePair(request, host)),
      () => (request.conf.ipMasq ? removeMasquerade(request, host) : undefined),
      async () => void (await callIpam(request, host)),
    ]);
  },

  async check(request, host) {
    const conf = parsePtpConf(request);
    await callIpam(request, host);
    const { prevResult = emptyResult } = request;
    await withPodNetns(request, host, async (netns) => {
      const link = await checkPodLink(request, netns, 'veth');
      const outer = prevResult.interfaces.find(({ sandbox }) => !sandbox)?.name ?? '';
      const hostEnd = await findLink(host.socket(), outer);
      if (hostEnd?.index !== link.peerIndex) throw failed(`the host's end ${outer} is gone`);
      await checkAddresses(netns.socket, prevResult, link.index);
    });
    if (conf.masquerade && !(await hasMasquerade(request, host, prevResult.ips))) {
      throw failed('the masquerade rules are gone');
    }
  },

  async gc(request, host) {
    await runAll([
      () => deleteStrays(request, host, 'veth'),
      () => keepOnlyMasquerades(request, host),
      async () => void (await callIpam(request, host)),
    ]);
  },

  async status(request, host) {
    parsePtpConf(request);
    await callIpam(request, host);
  },
};

interface Wiring {
  readonly conf: PtpConf;
  readonly plan: PtpPlan;
  readonly request: PluginRequest;
  readonly host: Host;
  readonly netns: PodNetns;
}

/** The gateway's address at this end, and the way to the pod. */
async function configureHost({ plan, host }: Wiring, index: number): Promise<void> {
  const { addresses } = plan;
  await allowForwarding(
    host,
    addresses.map(({ address }) => address),
  );
  await host.socket().send(
    ...addresses.map(({ gatewayHost: address }) => addAddress({ index, address, noDad: true })),
    ...addresses.map(({ podHost }) => addRoute({ destination: podHost, index })),
    // Known already: IPv6's discovery would take a second, for want of a link-local address.
    ...addresses.map(({ address }) => {
      return putNeighbour({ index, address: address.split('/')[0]!, mac: plan.mac });
    }),
  );
}

/** Neighbours of the subnet are reached by the gateway: there is no shared link to them. */
async function configurePod({ plan, request, netns }: Wiring, index: number): Promise<void> {
  const { addresses, routes } = plan;
  if (addresses.some(({ address }) => address.includes(':'))) {
    const name = `net/ipv6/conf/${request.ifName}/disable_ipv6`;
    await kernel.writeSysctl(name, '0', netns.path);
  }
  await netns.socket.send(
    setLink({ index }, { isUp: true }),
    ...addresses.flatMap(({ address, gateway, gatewayHost, subnet }) => [
      addAddress({ index, address, noDad: true }),
      ...(subnet.endsWith('/32') || subnet.endsWith('/128')
        ? []
        : [deleteRoute({ destination: subnet, index })]),
      addRoute({ destination: gatewayHost, index }),
      ...(subnet.endsWith('/32') || subnet.endsWith('/128')
        ? []
        : [addRoute({ destination: subnet, gateway, index })]),
    ]),
    ...addresses.map(({ gateway }) => {
      return putNeighbour({ index, address: gateway, mac: plan.hostMac });
    }),
    ...routes.map(({ dst, gw, ...rest }) =>
      addRoute({ destination: dst, index, ...(gw && { gateway: gw }), ...rest }),
    ),
  );
}

async function masquerade({ conf, plan, request, host }: Wiring, undo: Undo): Promise<void> {
  if (!conf.masquerade) return;
  undo.push(() => removeMasquerade(request, host));
  await addMasquerade(request, host, plan.ips);
}

function toResult({ conf, plan, request }: Wiring, ipam: CniResult, { mtu }: Link): CniResult {
  return {
    interfaces: [
      { name: plan.hostName, mac: plan.hostMac, mtu },
      { name: request.ifName, mac: plan.mac, mtu, sandbox: request.netnsPath },
    ],
    ips: plan.ips,
    routes: ipam.routes,
    dns: Object.keys(conf.dns).length > 0 ? conf.dns : ipam.dns,
  };
}
