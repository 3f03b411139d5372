/** Looks after the ServiceCIDRs: the one of the flags, and those that users add and delete. */
import { type Block, formatBlock } from '../../../api/addresses.ts';
import type { Resource } from '../../../api/resource.ts';
import { ipAddresses } from '../../../api/resources/ip-address.ts';
import { serviceCidrs } from '../../../api/resources/service-cidr.ts';
import type { ServiceCIDR } from '../../../api/types/networking-v1.generated.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/log.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Stored } from '../../registry/stored.ts';
import { isFinished } from '../../write/store-object.ts';
import { createMakeObject } from '../make-object.ts';
import { blocksIn } from './ledger.ts';
import { defaultName, planCidr } from './plan-cidr.ts';

const resource = serviceCidrs as unknown as Resource;

export interface CidrDeps {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the flags. */
  readonly blocks: readonly Block[];
  readonly signal: AbortSignal;
}

/** The object that stands for the flags. */
export async function ensureDefaultCidr({ registry, clock, log, blocks }: CidrDeps): Promise<void> {
  const cidrs = blocks.map(formatBlock);
  const stored = registry.cacheOf(resource).get(defaultName);
  if (!stored) {
    await createMakeObject(registry, clock)(serviceCidrs, {
      metadata: { name: defaultName },
      spec: { cidrs },
    });
    return;
  }
  const before = (stored.object as ServiceCIDR).spec?.cidrs ?? [];
  if (before.join() === cidrs.join()) return;
  const isGrown = before.length === 1 && cidrs.length === 2 && before[0] === cidrs[0];
  if (!isGrown) {
    const message = 'Left the default ServiceCIDR as it is: the flags now say otherwise';
    log.error(message, undefined, { stored: before.join(), flags: cidrs.join() });
    return;
  }
  const draft = stored.draft() as ServiceCIDR;
  draft.spec = { cidrs };
  await registry.put(resource, draft, stored.revision);
}

/** Until the signal aborts. */
export function keepCidrs(deps: CidrDeps): void {
  const { registry, clock, log, signal } = deps;
  let isWoken = false;
  let isRunning = false;
  const wake = () => {
    isWoken = true;
    if (!isRunning && !signal.aborted) void run();
  };
  const run = async () => {
    isRunning = true;
    while (isWoken && !signal.aborted) {
      isWoken = false;
      try {
        const againMs = await settle(deps);
        if (againMs !== undefined) void clock.sleep(againMs, signal).then(wake);
      } catch (error) {
        if (!signal.aborted) log.error('Could not look after the ServiceCIDRs', error);
      }
    }
    isRunning = false;
  };
  const cache = registry.cacheOf(resource);
  cache.listen(wake);
  registry.cacheOf(ipAddresses as unknown as Resource).listen(({ type }) => {
    // Only an address that goes can let a block go.
    const isWaiting = (each: Stored) => each.object.metadata?.deletionTimestamp !== undefined;
    if (type === 'DELETED' && cache.list().some(isWaiting)) wake();
  });
  wake();
}

/** Returns after which time something is to be done although nothing changes. */
async function settle({ registry, clock, blocks }: CidrDeps): Promise<number | undefined> {
  let againMs: number | undefined;
  for (const stored of registry.cacheOf(resource).list()) {
    const others = registry
      .list(serviceCidrs)
      .filter(({ metadata }) => !metadata?.deletionTimestamp && metadata?.name !== stored.key)
      .flatMap(blocksIn);
    const plan = planCidr(stored.object as ServiceCIDR, {
      others: [...blocks, ...others],
      addresses: registry.list(ipAddresses),
      now: clock.now(),
    });
    if (plan.againMs !== undefined) againMs = Math.min(againMs ?? Infinity, plan.againMs);
    if (!plan.wanted) continue;
    // Whoever changes it meanwhile wakes us again.
    if (isFinished(plan.wanted)) await registry.remove(resource, stored);
    else await registry.put(resource, plan.wanted, stored.revision);
  }
  return againMs;
}
