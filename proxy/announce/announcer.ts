/** Keeps this node answering for the load balancer addresses that the controller gave it. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { Reconciler } from '../../client/reconciler.ts';
import type { World } from '../world.ts';
import { type AnnounceOptions, announce, setAddresses } from './apply.ts';
import { announcedIps } from './plan.ts';

export interface AnnouncerDeps extends AnnounceOptions {
  readonly world: Pick<World, 'service'>;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A frame may be lost: it is said again. */
const againMs = 1000;

export class Announcer {
  readonly #deps: AnnouncerDeps;
  readonly #stop = new AbortController();
  readonly #reconciler: Reconciler;
  readonly #ips = new Map<string, readonly string[]>(); // By Service; only those that have any.
  #announced: readonly string[] = [];

  constructor(deps: AnnouncerDeps) {
    this.#deps = deps;
    const reconcile = (key: string) => (key === 'say' ? this.#say() : this.#reconcile());
    const { clock, log } = deps;
    this.#reconciler = new Reconciler({ clock, log, signal: this.#stop.signal, reconcile });
    // Once at least: an earlier run may have left some.
    this.#reconciler.enqueue('addresses');
  }

  /** The Service has changed. */
  onService(key: string): void {
    const { world, nodeName } = this.#deps;
    const ips = announcedIps(world.service(key), nodeName);
    const before = this.#ips.get(key) ?? [];
    if (ips.join() === before.join()) return;
    if (ips.length > 0) this.#ips.set(key, ips);
    else this.#ips.delete(key);
    this.#reconciler.enqueue('addresses');
  }

  /** The addresses stay, as the rules do: the next proxy goes on with them. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#reconciler.idle();
  }

  async #reconcile(): Promise<void> {
    const wanted = [...new Set([...this.#ips.values()].flat())];
    this.#announced = wanted;
    const added = await setAddresses(this.#deps, wanted);
    if (added.length === 0) return;
    this.#deps.log.info('Announced load balancer addresses', { addresses: added.join(' ') });
    await this.#say();
    this.#reconciler.enqueueAfter('say', againMs);
  }

  #say(): Promise<void> {
    return announce(this.#deps, this.#announced);
  }
}
