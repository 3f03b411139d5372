/** Time as an argument: the simulation passes a virtual clock, everything else `systemClock`. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** RFC 3339 in whole seconds, as meta/v1 Time has it. */
export function toTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastTime = `${new Date(ms).toISOString().slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastTime;
}

// A server writes thousands of times within one second.
let lastSecond = Number.NaN;
let lastTime = '';

/** RFC 3339 with microseconds, as meta/v1 MicroTime has it. */
export const toMicroTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000Z`;
