/** Tells once, with figures, what serves this node better than the way in which it is set up. */
import type { Logger } from '../base/log.ts';
import type { Recorder } from '../client/events.ts';
import type { BackendChoice } from './iptables/backend.ts';
import { describeMix } from './iptables/backend.ts';
import type { World } from './world.ts';

/** Beyond this many iptables is slower than it need be (docs/benchmarks.md). */
export const servicesMax = 1000;

export interface AdviceDeps {
  readonly nodeName: string;
  readonly world: Pick<World, 'service'>;
  /** Resolves when all changes are written. */
  readonly written: () => Promise<unknown>;
  /** Of the last write. */
  readonly figures: () => { readonly rules: number; readonly ms: number };
  readonly recorder: Recorder;
  readonly log: Logger;
}

export class Advice {
  readonly #deps: AdviceDeps;
  readonly #services = new Set<string>();
  #isTold = false;

  constructor(deps: AdviceDeps) {
    this.#deps = deps;
  }

  onService(key: string): void {
    if (this.#isTold) return;
    if (this.#deps.world.service(key)) this.#services.add(key);
    else this.#services.delete(key);
    if (this.#services.size <= servicesMax) return;
    this.#isTold = true;
    const { written, figures } = this.#deps;
    void written().then(() => {
      const { rules, ms } = figures();
      const services = this.#services.size;
      this.#services.clear();
      this.#tell(
        'SlowProxyMode',
        `${services} Services are ${rules} rules of iptables: the last write took ${Math.round(ms)} ms, ` +
          `and a packet to the last of them passes ${services} rules; with --proxy-mode=nftables ` +
          'both cost the same however many there are',
      );
    });
  }

  tellMix(choice: BackendChoice): void {
    this.#tell('MixedIptables', describeMix(choice));
  }

  async stop(): Promise<void> {
    this.#isTold = true;
  }

  #tell(reason: string, message: string): void {
    const { nodeName, recorder, log } = this.#deps;
    log.info('Could serve better', { node: nodeName, reason, message });
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } };
    recorder.event(node, 'Warning', reason, message);
  }
}
