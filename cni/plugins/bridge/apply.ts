/** The plugin `bridge`: a veth from the pod to a bridge of the host, addresses by IPAM. */
import { hasCode } from '../../../base/errors.ts';
import { kernel } from '../../../native/index.ts';
import {
  addAddress,
  addRoute,
  createVeth,
  deleteLink,
  getAddresses,
  getLink,
  getLinks,
  type Link,
  parseAddresses,
  parseLinks,
  type Reply,
  setHairpin,
  setLink,
} from '../../../native/netlink.ts';
import { CniError, runAll, unlessGone } from '../../error.ts';
import { callIpam } from '../../ipam/delegate.ts';
import type { Host, Plugin } from '../../plugin.ts';
import { type PodNetns, withPodNetns, withPodNetnsIfAny } from '../../pod-netns.ts';
import type { PluginRequest } from '../../request.ts';
import type { CniResult } from '../../result.ts';
import { adoptBridge, allowForwarding, ensureAddresses, findLink } from './bridge-link.ts';
import { checkBridge } from './check.ts';
import { aliasOf, hostNameOf, isAliasOf } from './names.ts';
import { type BridgeConf, type BridgePlan, parseBridgeConf, planBridge } from './plan.ts';

export const bridge: Plugin = {
  async add(request, host): Promise<CniResult> {
    const conf = parseBridgeConf(request);
    const undo: Undo = [];
    try {
      return await withPodNetns(request, host, async (netns) => {
        const finding = findLink(host.socket(), conf.bridge);
        finding.catch(() => {}); // Told below; IPAM may fail first.
        const ipam = await callIpam(request, host);
        undo.push(async () => void (await callIpam({ ...request, command: 'DEL' }, host)));
        const plan = planBridge(conf, ipam, request);
        const found = await finding;
        const links = await wire({ conf, plan, request, host, netns }, found, undo);
        return toResult({ conf, plan, request, ipam }, links);
      });
    } catch (error) {
      // The first failure is the one to tell; what cannot be undone is GC's.
      await runAll(undo.reverse()).catch(() => {});
      throw error;
    }
  },

  async del(request, host) {
    await runAll([
      () => (request.dropsNetns ? undefined : deleteLinks(request, host)),
      async () => void (await callIpam(request, host)),
    ]);
  },

  async check(request, host) {
    const conf = parseBridgeConf(request);
    await callIpam(request, host);
    await withPodNetns(request, host, (netns) => checkBridge({ conf, request, host, netns }));
  },

  async gc(request, host) {
    await runAll([
      async () => void (await callIpam(request, host)),
      () => deleteStrayLinks(request, host),
    ]);
  },

  async status(request, host) {
    parseBridgeConf(request);
    await callIpam(request, host);
  },
};

type Undo = (() => Promise<void>)[];

interface Wiring {
  readonly conf: BridgeConf;
  readonly plan: BridgePlan;
  readonly request: PluginRequest;
  readonly host: Host;
  readonly netns: PodNetns;
}

interface Links {
  readonly bridge: Link;
  readonly hostEnd: Link;
}

/** Two sends: the veth, born with its peer in the pod; then all of the pod's side. */
async function wire(wiring: Wiring, found: Link | undefined, undo: Undo): Promise<Links> {
  const { conf, plan, host } = wiring;
  const spec = {
    name: conf.bridge,
    mac: plan.bridgeMac,
    isPromiscuous: conf.promiscMode,
    gateways: plan.gateways,
    forceAddress: conf.forceAddress,
    ...(conf.mtu !== undefined && { mtu: conf.mtu }),
  };
  const socket = host.socket();
  const bridgeLink = await adoptBridge(socket, spec, found);
  const { hostEnd, replies } = await createPair(wiring, bridgeLink, undo);
  const { index } = bridgeLink;
  await runTogether([
    configurePod(wiring, hostEnd.peerIndex ?? 0),
    ensureAddresses(socket, spec, { index, replies }),
    allowForwarding(host, spec),
  ]);
  return { bridge: bridgeLink, hostEnd };
}

/** Unlike Promise.all it waits for all: what is to be undone must not be under way any more. */
async function runTogether(steps: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(steps)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}

/** Also asks for the bridge's addresses: they come with the same send. */
async function createPair(
  { conf, plan, request, host, netns }: Wiring,
  bridgeLink: Link,
  undo: Undo,
): Promise<{ hostEnd: Link; replies: readonly Reply[] }> {
  const socket = host.socket();
  const name = plan.hostName;
  const veth = createVeth({
    name,
    mac: plan.hostMac,
    master: bridgeLink.index,
    peer: { name: request.ifName, mac: plan.mac, netnsFd: netns.fd },
    ...(conf.mtu !== undefined && { mtu: conf.mtu }),
  });
  const [made, ...others] = await socket.transact([
    veth,
    setLink({ name }, { alias: plan.alias }),
    ...(conf.hairpinMode ? [setHairpin({ name }, true)] : []),
    getLink({ name }),
    getAddresses(bridgeLink.index),
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

async function configurePod({ conf, plan, request, netns }: Wiring, index: number): Promise<void> {
  const hasV6 = plan.addresses.some((address) => address.includes(':'));
  if (hasV6) {
    const name = `net/ipv6/conf/${request.ifName}/disable_ipv6`;
    await kernel.writeSysctl(name, '0', netns.path);
  }
  const noDad = !conf.enableDad;
  await netns.socket.send(
    setLink({ index }, { isUp: true }),
    ...plan.addresses.map((address) => addAddress({ index, address, noDad })),
    ...plan.routes.map(({ dst, gw, ...rest }) =>
      addRoute({ destination: dst, index, ...(gw && { gateway: gw }), ...rest }),
    ),
  );
  if (hasV6 && conf.enableDad) await awaitAddresses(netns, index);
}

const dadRounds = 200;
const dadRoundMs = 50;

/** Duplicate address detection takes about a second. */
async function awaitAddresses({ socket }: PodNetns, index: number): Promise<void> {
  for (let round = 0; round < dadRounds; round++) {
    const addresses = parseAddresses(await socket.send(getAddresses(index)));
    if (!addresses.some(({ isTentative }) => isTentative)) return;
    await new Promise((resolve) => setTimeout(resolve, dadRoundMs));
  }
  throw new CniError('addressTaken', 'an IPv6 address is in use elsewhere, or stays tentative');
}

/** In the pod, or where that is gone, by the host's end: either takes both with it. */
async function deleteLinks(request: PluginRequest, host: Host): Promise<void> {
  const isDeleted = await withPodNetnsIfAny(request, host, async ({ socket }) => {
    const [outcome] = await socket.transact([deleteLink({ name: request.ifName })]);
    if (outcome?.error && !hasCode(outcome.error, 'ENODEV')) throw outcome.error;
    return !outcome?.error;
  });
  if (isDeleted) return;
  const socket = host.socket();
  await unlessGone(socket.send(deleteLink({ name: hostNameOf(request.conf.name, request) })));
}

/** Whatever says that it belongs to this network, but to no attachment that is valid. */
async function deleteStrayLinks({ conf, validAttachments }: PluginRequest, host: Host) {
  const socket = host.socket();
  const valid = new Set(validAttachments.map((each) => aliasOf(conf.name, each)));
  const links = parseLinks(await socket.send(getLinks()));
  const strays = links.filter(
    ({ kind, alias }) =>
      kind === 'veth' && alias !== undefined && isAliasOf(conf.name, alias) && !valid.has(alias),
  );
  await runAll(
    strays.map(
      ({ index }) =>
        () =>
          unlessGone(socket.send(deleteLink({ index }))),
    ),
  );
}

function toResult(
  { conf, plan, request, ipam }: Pick<Wiring, 'conf' | 'plan' | 'request'> & { ipam: CniResult },
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
