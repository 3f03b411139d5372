/**
 * The plugin `bandwidth`, in a chain behind one that made a veth. Towards the pod the host's end
 * sends no faster than it may. What the pod sends is led through an ifb, which does the same.
 */
import { hasCode } from '../../../base/errors.ts';
import {
  addIngress,
  addTokenBucket,
  createIfb,
  deleteIngress,
  deleteLink,
  deleteRootQdisc,
  getLink,
  getQdiscs,
  type Link,
  parseLinks,
  parseQdiscs,
  redirectIngress,
  setLink,
} from '../../../native/netlink.ts';
import { failed } from '../../check.ts';
import { CniError, unlessGone } from '../../error.ts';
import { deleteStrays, findLink } from '../../links.ts';
import { aliasOf, digestOf } from '../../names.ts';
import type { Host, Plugin } from '../../plugin.ts';
import { withPodNetns } from '../../pod-netns.ts';
import type { PluginRequest } from '../../request.ts';
import { type CniResult, emptyResult, type Interface } from '../../result.ts';
import { type Undo, withUndo } from '../../undo.ts';
import { planBandwidth, type Shape } from './plan.ts';

export const bandwidth: Plugin = {
  async add(request, host): Promise<CniResult> {
    const { ingress, egress } = planBandwidth(request);
    const { prevResult } = request;
    if (!prevResult) throw new CniError('invalidConfig', 'bandwidth must be in a chain');
    if (!ingress && !egress) return prevResult;
    return await withUndo(async (undo) => {
      const hostEnd = await findHostEnd(request, host);
      if (ingress) await shape(host, hostEnd.index, ingress, undo);
      if (!egress) return prevResult;
      const ifb = await leadThroughIfb(request, host, hostEnd, undo);
      await shape(host, ifb.index, egress, undo);
      const added: Interface = { name: ifb.name, ...(ifb.mac && { mac: ifb.mac }), mtu: ifb.mtu };
      return { ...prevResult, interfaces: [...prevResult.interfaces, added] };
    });
  },

  /** The queues of the veth go with it. */
  async del(request, host) {
    const socket = host.socket();
    const name = ifbNameOf(request);
    if (await findLink(socket, name)) await unlessGone(socket.send(deleteLink({ name })));
  },

  async check(request, host) {
    const { ingress, egress } = planBandwidth(request);
    const hostEnd = await findHostEnd(request, host);
    const ifb = await findLink(host.socket(), ifbNameOf(request));
    if (egress && !ifb) throw failed(`the link ${ifbNameOf(request)} is gone`);
    const qdiscs = parseQdiscs(await host.socket().send(getQdiscs()));
    const rateOf = (link: Link | undefined) =>
      qdiscs.find(({ index, isRoot }) => isRoot && index === link?.index)?.bytesPerSecond;
    const pairs = [
      [ingress, hostEnd],
      [egress, ifb],
    ] as const;
    for (const [wanted, link] of pairs) {
      if (wanted && rateOf(link) !== wanted.bytesPerSecond) {
        throw failed(`${link?.name} is not held to ${wanted.bytesPerSecond} bytes per second`);
      }
    }
  },

  gc: (request, host) => deleteStrays(request, host, 'ifb'),

  async status(request) {
    planBandwidth(request);
  },
};

const ifbNameOf = ({ conf, containerId, ifName }: PluginRequest) =>
  `bwp${digestOf(`${conf.name}/${containerId}/${ifName}`)}`;

/** The other end of the pod's veth. */
async function findHostEnd(request: PluginRequest, host: Host): Promise<Link> {
  const { ifName, prevResult = emptyResult } = request;
  const peer = await withPodNetns(request, host, ({ socket }) => findLink(socket, ifName));
  const names = prevResult.interfaces.filter(({ sandbox }) => !sandbox).map(({ name }) => name);
  const links = await Promise.all(names.map((name) => findLink(host.socket(), name)));
  const link = links.find((each) => each?.kind === 'veth' && each.index === peer?.peerIndex);
  if (link) return link;
  throw new CniError('invalidConfig', `bandwidth: ${ifName} is no veth with an end on the host`);
}

async function shape(host: Host, index: number, spec: Shape, undo: Undo): Promise<void> {
  const socket = host.socket();
  await socket.send(addTokenBucket({ index, ...spec }));
  undo.push(() => unlessGone(socket.send(deleteRootQdisc(index))));
}

async function leadThroughIfb(
  request: PluginRequest,
  host: Host,
  { index, mtu }: Link,
  undo: Undo,
): Promise<Link> {
  const socket = host.socket();
  const name = ifbNameOf(request);
  const alias = aliasOf(request.conf.name, request);
  const [made, ...others] = await socket.transact([
    createIfb({ name, mtu }),
    setLink({ name }, { alias }),
    getLink({ name }),
  ]);
  if (hasCode(made?.error, 'EEXIST')) {
    throw new CniError('interfaceExists', `${name} exists on the host`);
  }
  if (made?.error) throw made.error;
  undo.push(() => unlessGone(socket.send(deleteLink({ name }))));
  for (const { error } of others) if (error) throw error;
  const [ifb] = parseLinks(others.flatMap(({ replies }) => replies));
  if (!ifb) throw new CniError('ioFailure', `link ${name} vanished`);
  await socket.send(addIngress(index));
  undo.push(() => unlessGone(socket.send(deleteIngress(index))));
  await socket.send(redirectIngress(index, ifb.index));
  return ifb;
}
