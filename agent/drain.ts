/**
 * Waits before a pod is ended until this node's proxy sends it no new connections, so that a
 * rolling update refuses none. Always bounded: no proxy can hold a pod.
 */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Clock } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';

/**
 * What is under way when the rules change still arrives, and other nodes' proxies, who hear of it
 * at the same time as ours, get this long.
 */
const settleMs = 200;
const retryMs = 20;

/** Resolves when the pod can be ended, after `boundMs` at the latest. Never rejects. */
export type Drain = (podUid: string, boundMs: number) => Promise<void>;

export function createDrain(socketPath: string, clock: Clock): Drain {
  return async (podUid, boundMs) => {
    const endMs = clock.now() + boundMs;
    const late = new AbortController();
    const timer = clock.sleep(boundMs, late.signal).then(() => late.abort());
    try {
      const wasEndpoint = await ask(socketPath, podUid, { clock, signal: late.signal });
      if (wasEndpoint) await clock.sleep(Math.min(settleMs, endMs - clock.now()), late.signal);
    } finally {
      late.abort();
      await timer;
    }
  };
}

interface Asking {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A proxy that is just being started again is waited for; where there is none, nobody. */
async function ask(socketPath: string, podUid: string, { clock, signal }: Asking) {
  while (!signal.aborted) {
    try {
      const asked = request({ socketPath, path: `/drained?pod=${podUid}`, signal });
      asked.end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      let body = '';
      for await (const chunk of response.setEncoding('utf8')) body += chunk;
      return (JSON.parse(body) as { wasEndpoint?: boolean }).wasEndpoint === true;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return false;
      await clock.sleep(retryMs, signal);
    }
  }
  return false;
}
