/** The proxy of one family of addresses: which rules a change touches, and when they are written. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { Reconciler } from '../client/reconciler.ts';
import type { FamilyMetrics } from './metrics.ts';
import type { Rules, World } from './world.ts';

/** Changes often come in groups; one look is enough for them. */
const lookMs = 200;

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
  /** Calls back soon after anybody's changes of the kernel's rules, until the signal. */
  readonly followChanges: (onChange: () => void, signal: AbortSignal) => Promise<void>;
  /** Called with the Services whose rules have just been written. */
  readonly onWritten: (services: Iterable<string>) => Promise<void>;
}

export class FamilyProxy {
  readonly #deps: FamilyDeps;
  readonly #reconciler: Reconciler;
  readonly #first = Promise.withResolvers<void>();
  /** Services that changed since the last write. Undefined: all of them, as at first. */
  #touched: Set<string> | undefined;
  readonly #waiting: (() => void)[] = [];
  #isWriting = false;
  #seenNode = '';

  constructor(deps: FamilyDeps) {
    this.#deps = deps;
    const { clock, log, signal } = deps;
    const reconcile = (key: string) => this.#reconcile(key);
    this.#reconciler = new Reconciler({ clock, log, signal, reconcile, concurrency: 1 });
  }

  /** Resolves when the rules have been written for the first time. */
  get synced(): Promise<void> {
    return this.#first.promise;
  }

  onService(key: string): void {
    this.#deps.metrics.changed('services');
    this.#touch(key);
  }

  /** One of the Service's endpoint slices. */
  onEndpoints(key: string): void {
    this.#deps.metrics.changed('endpoints');
    this.#touch(key);
  }

  /** The node's heartbeats must not write rules. */
  onNode(): void {
    const now = JSON.stringify(this.#deps.world.node());
    if (now === this.#seenNode) return;
    this.#seenNode = now;
    this.#touchAll();
  }

  onServiceRanges(): void {
    this.#touchAll();
  }

  /** To be called once the API has been listed. */
  begin(): void {
    const { world, followChanges, auditMs, signal, log } = this.#deps;
    this.#seenNode = JSON.stringify(world.node());
    this.#reconciler.enqueue('rules'); // There may be no Service at all.
    this.#reconciler.enqueueAfter('audit', auditMs);
    const look = () => this.#reconciler.enqueueAfter('look', lookMs);
    followChanges(look, signal).catch((error: unknown) => {
      log.error('Could not follow changes of the rules: audits go on', error);
    });
  }

  /** Resolves once every change told so far is in the kernel. */
  written(): Promise<void> {
    if (this.#touched?.size === 0 && !this.#isWriting) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Not while there is more to write: changes came in meanwhile. */
  #tellWritten(): void {
    if (this.#touched?.size !== 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** To be called once the signal has aborted; resolves when nothing runs any more. */
  async close(): Promise<void> {
    await this.#reconciler.idle();
    this.#deps.rules.close?.();
  }

  #touch(key: string): void {
    this.#deps.rules.touch(key);
    this.#touched?.add(key);
    this.#reconciler.enqueue('rules');
  }

  #touchAll(): void {
    this.#deps.rules.touchAll();
    this.#touched = undefined;
    this.#reconciler.enqueue('rules');
  }

  async #reconcile(key: string): Promise<void> {
    const { rules, auditMs } = this.#deps;
    if (key === 'rules') return this.#write();
    if (key === 'look') return rules.look();
    await rules.audit();
    this.#reconciler.enqueueAfter('audit', auditMs);
  }

  async #write(): Promise<void> {
    const { rules, world, metrics, clock, signal, minSyncMs } = this.#deps;
    // What arrives in between is written together with what is here.
    const waitMs = metrics.lastSyncedMs + minSyncMs - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    if (signal.aborted) return;
    const services = this.#touched;
    this.#touched = new Set();
    this.#isWriting = true;
    try {
      await rules.write();
    } catch (error) {
      this.#touched = undefined; // As the rules themselves: all of them the next time.
      throw error;
    } finally {
      this.#isWriting = false;
    }
    this.#first.resolve();
    this.#tellWritten();
    await this.#deps.onWritten(services ?? world.serviceKeys());
  }
}
