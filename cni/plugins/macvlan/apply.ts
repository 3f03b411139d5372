/** The plugin `macvlan`: the pod has a MAC address of its own on a device of the host. */
import { hasCode } from '../../../base/errors.ts';
import {
  createMacvlan,
  deleteLink,
  getLink,
  getLinks,
  getRoutes,
  type Link,
  type NetlinkSocket,
  parseLinks,
  parseRoutes,
} from '../../../native/netlink.ts';
import { checkAddresses, checkPodLink } from '../../check.ts';
import { CniError, runAll, unlessGone } from '../../error.ts';
import { callIpam, ipamTypeOf } from '../../ipam/delegate.ts';
import { deletePodLink, findLink } from '../../links.ts';
import type { Plugin } from '../../plugin.ts';
import { configurePod } from '../../pod-interface.ts';
import { type PodNetns, withPodNetns } from '../../pod-netns.ts';
import type { PluginRequest } from '../../request.ts';
import { type CniResult, emptyResult, withGateway } from '../../result.ts';
import { type Undo, withUndo } from '../../undo.ts';
import { type MacvlanConf, parseMacvlanConf, planIps } from './plan.ts';

export const macvlan: Plugin = {
  async add(request, host): Promise<CniResult> {
    const conf = parseMacvlanConf(request);
    return await withUndo((undo) =>
      withPodNetns(request, host, async (netns) => {
        const master = await findMaster(conf.isInPod ? netns.socket : host.socket(), conf);
        const place = { request, netns, socket: conf.isInPod ? netns.socket : host.socket() };
        const link = await createLink(conf, master, place, undo);
        const ipam = await callIpam(request, host);
        undo.push(async () => void (await callIpam({ ...request, command: 'DEL' }, host)));
        const ips = planIps(ipam, ipamTypeOf(request) !== undefined);
        await configurePod(netns, {
          index: link.index,
          name: request.ifName,
          addresses: ips.map(({ address }) => address),
          routes: ipam.routes.map((route) => withGateway(route, ips)),
          enableDad: false,
        });
        return toResult({ conf, request, ipam }, link, ips);
      }),
    );
  },

  async del(request, host) {
    await runAll([
      async () => void (request.dropsNetns || (await deletePodLink(request, host))),
      async () => void (await callIpam(request, host)),
    ]);
  },

  async check(request, host) {
    parseMacvlanConf(request);
    await callIpam(request, host);
    await withPodNetns(request, host, async (netns) => {
      const { index } = await checkPodLink(request, netns, 'macvlan');
      await checkAddresses(netns.socket, request.prevResult ?? emptyResult, index);
    });
  },

  /** The link ends with the pod's namespace; there is nothing else but the addresses. */
  async gc(request, host) {
    await callIpam(request, host);
  },

  async status(request, host) {
    const conf = parseMacvlanConf(request);
    if (!conf.isInPod) {
      await findMaster(host.socket(), conf).catch((cause) => {
        throw new CniError('notAvailable', (cause as Error).message, { cause });
      });
    }
    await callIpam(request, host);
  },
};

async function findMaster(socket: NetlinkSocket, { master }: MacvlanConf): Promise<Link> {
  if (master !== undefined) {
    const link = await findLink(socket, master);
    if (link) return link;
    throw new CniError('invalidConfig', `macvlan: there is no link ${master}`);
  }
  const routes = parseRoutes(await socket.send(getRoutes()));
  const way = routes.find(({ destination, index }) => destination === '0.0.0.0/0' && index);
  const links = parseLinks(await socket.send(getLinks()));
  const link = links.find(({ index }) => index === way?.index);
  if (link) return link;
  throw new CniError('invalidConfig', 'macvlan: no master, and no default route that tells one');
}

interface Place {
  readonly request: PluginRequest;
  readonly netns: PodNetns;
  /** Where the master is. */
  readonly socket: NetlinkSocket;
}

async function createLink(
  conf: MacvlanConf,
  master: Link,
  { request, netns, socket }: Place,
  undo: Undo,
): Promise<Link> {
  const { mode, mac, mtu = master.mtu, broadcastQueueLength } = conf;
  if (mtu > master.mtu) {
    throw new CniError('invalidConfig', `mtu ${mtu} is above that of ${master.name}`);
  }
  const name = request.ifName;
  const [made] = await socket.transact([
    createMacvlan({
      name,
      parent: master.index,
      mode,
      mtu,
      netnsFd: netns.fd,
      ...(mac !== undefined && { mac }),
      ...(broadcastQueueLength !== undefined && { broadcastQueueLength }),
    }),
  ]);
  if (hasCode(made?.error, 'EEXIST')) {
    throw new CniError('interfaceExists', `${name} exists in ${request.netnsPath}`);
  }
  if (made?.error) throw made.error;
  undo.push(() => unlessGone(netns.socket.send(deleteLink({ name }))));
  const [link] = parseLinks(await netns.socket.send(getLink({ name })));
  if (!link) throw new CniError('ioFailure', `link ${name} vanished`);
  return link;
}

interface Made {
  readonly conf: MacvlanConf;
  readonly request: PluginRequest;
  readonly ipam: CniResult;
}

function toResult({ conf, request, ipam }: Made, link: Link, ips: CniResult['ips']): CniResult {
  const { ifName: name, netnsPath: sandbox } = request;
  return {
    interfaces: [{ name, mtu: link.mtu, sandbox, ...(link.mac && { mac: link.mac }) }],
    ips,
    routes: ipam.routes,
    dns: Object.keys(conf.dns).length > 0 ? conf.dns : ipam.dns,
  };
}
