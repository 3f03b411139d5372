/** The plugin `portmap`, in a chain: ports of the host that lead to ports of the pod. */
import { hasCode } from '../../../base/errors.ts';
import { kernel } from '../../../native/index.ts';
import { failed } from '../../check.ts';
import { CniError } from '../../error.ts';
import type { Host, Plugin } from '../../plugin.ts';
import type { PluginRequest } from '../../request.ts';
import type { CniResult } from '../../result.ts';
import { addRules, hasRules, keepOnlyRules, removeRules } from '../../rules/attachment-rules.ts';
import { ownerOf } from '../../rules/masquerade.ts';
import { withUndo } from '../../undo.ts';
import { forgetOthers, forgetOwn } from './connections.ts';
import { type PortmapPlan, planPortmap } from './plan.ts';
import { portChains, portTable } from './rules.ts';

export const portmap: Plugin = {
  async add(request, host): Promise<CniResult> {
    const { prevResult } = request;
    if (!prevResult) throw new CniError('invalidConfig', 'portmap must be in a chain');
    const plan = planPortmap(request);
    if (plan.targets.length === 0) return prevResult;
    return await withUndo(async (undo) => {
      undo.push(() => removePorts(request, host, plan));
      await addRules(await host.nftables(), portTable, ownerOf(request), portChains(plan));
      if (plan.snat) await routeLocalhost(host, prevResult);
      await forgetOthers(host, plan.targets);
      return prevResult;
    });
  },

  async del(request, host) {
    await removePorts(request, host, planOf(request));
  },

  async check(request, host) {
    const nft = await host.nftables();
    for (const { role } of portChains(planPortmap(request))) {
      if (!(await hasRules(nft, portTable, ownerOf(request), role))) {
        throw failed('the rules of mapped ports are gone');
      }
    }
  },

  async gc({ conf, validAttachments }, host) {
    await keepOnlyRules(await host.nftables(), portTable, conf.name, validAttachments);
  },

  async status(request) {
    planPortmap(request);
  },
};

/** DEL goes on with a configuration that is broken by now: what is there is found without. */
function planOf(request: PluginRequest): PortmapPlan | undefined {
  try {
    return planPortmap(request);
  } catch {
    return undefined;
  }
}

async function removePorts(request: PluginRequest, host: Host, plan: PortmapPlan | undefined) {
  // Without a result of the ADD the addresses are not known, and with them the ways.
  const ways = request.prevResult && plan && portChains(plan).flatMap((chain) => chain.ways);
  await removeRules(await host.nftables(), portTable, ownerOf(request), ways);
  if (plan) await forgetOwn(host, plan.targets);
}

/** The host's own programs reach mapped ports at 127.0.0.1: over these links they may leave. */
async function routeLocalhost(host: Host, { interfaces, ips }: CniResult): Promise<void> {
  if (!ips.some(({ address }) => !address.includes(':'))) return;
  const names = interfaces.filter(({ sandbox }) => !sandbox).map(({ name }) => name);
  await Promise.all(
    names.map(async (name) => {
      try {
        const sysctl = `net/ipv4/conf/${name}/route_localnet`;
        await kernel.writeSysctl(sysctl, '1', host.netnsPath);
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    }),
  );
}
