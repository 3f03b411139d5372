/** `--detect-local-mode=NodeCIDR`: pods are those of this node's range, which its object names. */
import { nodes } from '../api/resources.ts';
import type { Node } from '../api/types/core-v1.generated.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Client } from '../client/client.ts';
import { Informer } from '../client/informer.ts';
import type { Config } from './config.ts';

export interface PodRangesDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Waits until the node has its range, as upstream does; in every other mode there is no need. */
export async function settlePodRanges(
  config: Config,
  nodeName: string,
  { client, ...deps }: PodRangesDeps,
): Promise<Config> {
  if (config.detectLocalMode !== 'NodeCIDR') return config;
  const following = new AbortController();
  const fieldSelector = `metadata.name=${nodeName}`;
  const informer = new Informer<Node>(client, nodes, { fieldSelector }, deps);
  const ranges = await new Promise<readonly string[]>((resolve) => {
    informer.onChange((_, node) => {
      const { podCIDRs = [], podCIDR } = node?.spec ?? {};
      const all = podCIDRs.length > 0 ? podCIDRs : podCIDR ? [podCIDR] : [];
      if (all.length > 0) resolve(all);
    });
    informer.start(following.signal);
  });
  following.abort();
  return { ...config, clusterCidr: ranges.join(',') };
}
