/** Each node gets a range of addresses for its pods. */
import { nodes } from '../../api/resources.ts';
import type { Node } from '../../api/types/core-v1.generated.ts';
import { type Context, type Controller, createReconciler, watching } from '../controller.ts';
import { parseCidr, planNodeCidr, type Range } from './plan.ts';

export const nodeIpamController: Controller = {
  name: 'node-ipam-controller',
  watches: watching(nodes),
  start(context) {
    const { informers } = context;
    const given = new Map<string, string>(); // Node → what we gave it: our cache may be behind.
    // One key, so that two nodes are never served at the same time.
    const reconciler = createReconciler('node-ipam', context, () => reconcile(context, given));
    informers.of(nodes).onChange((name, node) => {
      if (!node) given.delete(name);
      if (!node?.spec?.podCIDR) reconciler.enqueue('nodes');
    });
  },
};

async function reconcile(context: Context, given: Map<string, string>): Promise<void> {
  const { informers, client, config, recorder } = context;
  const cluster = parseCidr(config.clusterCidr);
  for (const node of informers.of(nodes).list()) {
    const name = node.metadata?.name ?? '';
    if (node.spec?.podCIDR || node.metadata?.deletionTimestamp) continue;
    const cidr =
      given.get(name) ?? planNodeCidr(cluster, usedRanges(informers.of(nodes).list(), given));
    if (!cidr) {
      const message = `Node ${name} status is now: CIDRNotAvailable`;
      recorder.event(node, 'Normal', 'CIDRNotAvailable', message);
      continue;
    }
    given.set(name, cidr);
    await client.update(nodes, {
      ...node,
      spec: { ...node.spec, podCIDR: cidr, podCIDRs: [cidr] },
    });
  }
}

function usedRanges(all: readonly Node[], given: ReadonlyMap<string, string>): Range[] {
  const texts = [...all.flatMap(({ spec }) => spec?.podCIDR ?? []), ...given.values()];
  return texts.filter((text) => !text.includes(':')).map(parseCidr);
}
