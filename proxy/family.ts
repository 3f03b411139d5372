/** The proxy of one family of addresses: which rules a change touches, and when they are written. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { Reconciler } from '../client/reconciler.ts';
import type { FamilyMetrics } from './metrics.ts';
import type { Rules, World } from './world.ts';

export interface FamilyDeps {
  readonly rules: Rules;
  readonly world: World;
  readonly metrics: FamilyMetrics;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** At least so long from one write to the next; in milliseconds, as the next. */
  readonly minSyncMs: number;
  readonly auditMs: number;
}

export interface FamilyProxy {
  onService(key: string): void;
  /** One of the Service's endpoint slices. */
  onEndpoints(key: string): void;
  onNode(): void;
  onServiceRanges(): void;
  /** To be called once the API has been listed. */
  begin(): void;
  /** Resolves when the rules have been written for the first time. */
  readonly synced: Promise<void>;
  idle(): Promise<void>;
}

export function createFamily({ rules, world, metrics, ...deps }: FamilyDeps): FamilyProxy {
  const { clock, signal, minSyncMs, auditMs } = deps;
  const first = Promise.withResolvers<void>();
  const reconcile = async (key: string) => {
    if (key === 'audit') {
      await rules.audit();
      reconciler.enqueueAfter('audit', auditMs);
      return;
    }
    // What arrives in between is written together with what is here.
    const waitMs = metrics.lastSyncedMs + minSyncMs - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    if (signal.aborted) return;
    await rules.write();
    first.resolve();
  };
  const reconciler = new Reconciler({ ...deps, reconcile, concurrency: 1 });
  const write = () => reconciler.enqueue('rules');
  const writeAll = () => {
    rules.touchAll();
    write();
  };
  const touch = (key: string) => {
    rules.touch(key);
    write();
  };
  // The node's heartbeats must not write rules.
  let seen = '';
  return {
    onService: (key) => {
      metrics.changed('services');
      touch(key);
    },
    onEndpoints: (key) => {
      metrics.changed('endpoints');
      touch(key);
    },
    onNode: () => {
      const now = JSON.stringify(world.node());
      if (now === seen) return;
      seen = now;
      writeAll();
    },
    onServiceRanges: writeAll,
    begin: () => {
      seen = JSON.stringify(world.node());
      write(); // There may be no Service at all.
      reconciler.enqueueAfter('audit', auditMs);
    },
    synced: first.promise,
    idle: () => reconciler.idle(),
  };
}
