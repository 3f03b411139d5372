/** The IPAM plugin `static`: gives the addresses that it is told, and remembers nothing. */
import { CniError } from '../../error.ts';
import type { Plugin } from '../../plugin.ts';
import { planStatic } from './plan.ts';

export const staticAddresses: Plugin = {
  add: async (request) => planStatic(request),

  async check(request) {
    const held = new Set(request.prevResult?.ips.map(({ address }) => address));
    const missing = planStatic(request).ips.find(({ address }) => !held.has(address));
    if (missing) throw new CniError('checkFailed', `prevResult has no ${missing.address}`);
  },

  async status(request) {
    planStatic(request);
  },

  // There is nothing that could be left.
  async del() {},
  async gc() {},
};
