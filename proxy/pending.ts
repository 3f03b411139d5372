/** What has changed and is not in the kernel yet, and the one way to write it: measured, whole. */
import type { Clock } from '../base/clock.ts';
import type { FamilyMetrics } from './metrics.ts';

export interface PendingDeps {
  readonly mode: 'iptables' | 'nftables';
  readonly clock: Clock;
  readonly metrics: FamilyMetrics;
}

export interface Writer {
  all(): Promise<void>;
  changes(services: readonly string[]): Promise<void>;
}

export class Pending {
  readonly #deps: PendingDeps;
  readonly #services = new Set<string>();
  #isAll = true;

  constructor(deps: PendingDeps) {
    this.#deps = deps;
  }

  /** Whether the next write is a full one. */
  get isAll(): boolean {
    return this.#isAll;
  }

  touch(service: string): void {
    this.#services.add(service);
    this.#deps.metrics.queued(this.#deps.clock.now());
  }

  touchAll(): void {
    this.#isAll = true;
    this.#deps.metrics.queued(this.#deps.clock.now());
  }

  /** What is touched meanwhile waits for the next write; after a failure that is a full one. */
  async write(writer: Writer): Promise<void> {
    const { mode, clock, metrics } = this.#deps;
    const startMs = clock.now();
    const isFull = this.#isAll;
    const services = [...this.#services];
    this.#isAll = false;
    this.#services.clear();
    try {
      if (isFull) await writer.all();
      else await writer.changes(services);
      metrics.synced(clock.now(), clock.now() - startMs, isFull);
    } catch (error) {
      metrics.failed(mode, isFull);
      this.#isAll = true;
      throw error;
    }
  }
}
