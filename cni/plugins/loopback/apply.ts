/** The plugin `loopback`: brings lo up in the pod, and tells its addresses. */
import { getAddresses, parseAddresses, setLink } from '../../../native/netlink.ts';
import { CniError } from '../../error.ts';
import { findLink } from '../../links.ts';
import type { Plugin } from '../../plugin.ts';
import { withPodNetns, withPodNetnsIfAny } from '../../pod-netns.ts';
import type { CniResult } from '../../result.ts';
import { planLoopback } from './plan.ts';

export const loopback: Plugin = {
  async add(request, host): Promise<CniResult> {
    return await withPodNetns(request, host, async ({ socket }) => {
      const replies = await socket.send(setLink({ name: 'lo' }, { isUp: true }), getAddresses());
      const lo = await findLink(socket, 'lo');
      const addresses = parseAddresses(replies).filter(({ index }) => index === lo?.index);
      return planLoopback(request, addresses);
    });
  },

  async del(request, host) {
    if (request.dropsNetns) return;
    await withPodNetnsIfAny(request, host, async ({ socket }) => {
      await socket.send(setLink({ name: 'lo' }, { isUp: false }));
    });
  },

  async check(request, host) {
    await withPodNetns(request, host, async ({ socket }) => {
      const lo = await findLink(socket, 'lo');
      if (!lo?.isUp) throw new CniError('checkFailed', 'lo is down');
    });
  },

  // There is nothing that could be left, or be missing.
  async gc() {},
  async status() {},
};
