/** Watches how full the kernel's table of connections is: full, it drops what is new. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Recorder } from '../../client/events.ts';
import type { Metrics } from '../metrics.ts';
import { countSysctl, isFilling, maxSysctl } from './plan-sysctls.ts';
import { readSysctl, type SysctlPlace } from './sysctls.ts';

export interface PressureDeps {
  readonly nodeName: string;
  readonly place: SysctlPlace;
  readonly everyMs: number;
  readonly metrics: Metrics;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Pressure {
  readonly #deps: PressureDeps;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  #isFilling = false;

  constructor(deps: PressureDeps) {
    this.#deps = deps;
    deps.metrics.connectionTable(() => this.#read());
    this.#following = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { clock, everyMs } = this.#deps;
    while (!this.#stop.signal.aborted) {
      this.#look();
      await clock.sleep(everyMs, this.#stop.signal);
    }
  }

  #look(): void {
    const { nodeName, recorder, log } = this.#deps;
    const { count, max } = this.#read();
    const was = this.#isFilling;
    this.#isFilling = isFilling(was, count, max);
    if (was || !this.#isFilling) return;
    const message = `${count} of ${max} connections: new ones are dropped when the table is full`;
    log.info('Found the table of connections nearly full', { count, max });
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } };
    recorder.event(node, 'Warning', 'ConntrackTableNearlyFull', message);
  }

  #read(): { readonly count: number; readonly max: number } {
    const { place } = this.#deps;
    const number = (name: string) => Number(readSysctl(place, name) ?? 0);
    return { count: number(countSysctl), max: number(maxSysctl) };
  }
}
