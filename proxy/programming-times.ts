/** Measures how long after a pod's change the rules say so, where slices tell when that was. */
import type { EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import type { Clock } from '../base/clock.ts';

const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

export interface ProgrammingTimesDeps {
  readonly slices: (serviceKey: string) => readonly EndpointSlice[];
  /** Resolves once every change told so far is in the kernel; one for each family. */
  readonly written: readonly (() => Promise<void>)[];
  readonly observe: (family: number, seconds: number) => void;
  readonly clock: Clock;
}

export class ProgrammingTimes {
  readonly #deps: ProgrammingTimesDeps;
  readonly #seen = new Map<string, Map<string, string>>(); // Service → slice → time.
  /** What was there at the start happened to somebody else. */
  readonly #startMs: number;

  constructor(deps: ProgrammingTimesDeps) {
    this.#deps = deps;
    this.#startMs = deps.clock.now();
  }

  onEndpoints(key: string): void {
    const { slices, written, observe, clock } = this.#deps;
    const before = this.#seen.get(key);
    const now = new Map(slices(key).flatMap(timeOf));
    if (now.size > 0) this.#seen.set(key, now);
    else this.#seen.delete(key);
    const fresh = [...now].filter(([name, time]) => before?.get(name) !== time);
    const times = fresh.map(([, time]) => Date.parse(time)).filter((ms) => ms >= this.#startMs);
    if (times.length === 0) return;
    for (const [family, whenWritten] of written.entries()) {
      void whenWritten().then(() => {
        for (const ms of times) observe(family, Math.max(0, clock.now() - ms) / 1000);
      });
    }
  }

  async stop(): Promise<void> {
    this.#seen.clear();
  }
}

function timeOf({ metadata }: EndpointSlice): [string, string][] {
  const time = metadata?.annotations?.[triggerAnnotation];
  return time ? [[metadata?.name ?? '', time]] : [];
}
