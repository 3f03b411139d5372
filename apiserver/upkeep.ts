/** What the server does by itself: forgets the store's past, and events that are too old. */
import type { Resource } from '../api/resource.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Store } from '../store/store.ts';
import { Compactor } from './compaction.ts';
import type { Registry } from './registry/registry.ts';

const compactMs = 10_000;
const sweepMs = 60_000;

interface UpkeepDeps {
  readonly store: Store;
  readonly registry: Registry;
  readonly resources: readonly Resource[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Runs until the signal aborts. */
export function startUpkeep(deps: UpkeepDeps): void {
  void repeat(deps, sweepMs, () => sweepExpired(deps));
  const compactor = new Compactor(deps.store);
  void repeat(deps, compactMs, async () => {
    await compactor.tick(deps.clock.now());
  });
}

async function repeat(deps: UpkeepDeps, everyMs: number, work: () => Promise<void>) {
  const { clock, signal, log } = deps;
  for (;;) {
    await clock.sleep(everyMs, signal);
    if (signal.aborted) return;
    try {
      await work();
    } catch (error) {
      log.error('Could not tidy up', error);
    }
  }
}

/** Removes objects whose resource says that they last only so long after their last write. */
export async function sweepExpired({ registry, resources, clock }: UpkeepDeps): Promise<void> {
  for (const resource of resources) {
    const { ttlSeconds } = resource;
    if (ttlSeconds === undefined) continue;
    const limit = clock.now() - ttlSeconds * 1000;
    for (const stored of registry.cacheOf(resource).list()) {
      if (lastWrite(stored.object) < limit) await registry.remove(resource, stored);
    }
  }
}

/** The newest of an object's own times: the store does not keep when it was written. */
function lastWrite(object: object): number {
  const { metadata, lastTimestamp, series, eventTime } = object as {
    metadata?: { creationTimestamp?: string };
    lastTimestamp?: string | null;
    eventTime?: string | null;
    series?: { lastObservedTime?: string };
  };
  const times = [
    metadata?.creationTimestamp,
    lastTimestamp,
    eventTime,
    series?.lastObservedTime,
  ].map((time) => Date.parse(time ?? ''));
  return Math.max(...times.filter((time) => !Number.isNaN(time)), 0);
}
