/** How long an answer may take to begin: a minute, or less when the client says so. */
import { StatusError } from '../../base/errors.ts';
import { badRequest } from '../errors.ts';
import type { RequestInfo } from '../request.ts';

const timeoutMs = 60_000;
const endless = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/** Watches and streams last as long as they last. */
export const isLongRunning = ({ verb, subresource }: RequestInfo): boolean =>
  verb === 'watch' || endless.has(subresource);

/** In milliseconds. `?timeout=` is a duration as Go writes it: `1m30s`. @throws StatusError */
export function timeoutOf({ query }: RequestInfo): number {
  const text = query.get('timeout');
  if (text === null || text === '') return timeoutMs;
  const ms = parseDuration(text);
  if (ms === undefined) {
    throw badRequest(
      `invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(text)}`,
    );
  }
  // Zero is no wish.
  return ms <= 0 ? timeoutMs : Math.min(ms, timeoutMs);
}

export const tooLate = (): StatusError =>
  new StatusError(
    'Timeout',
    'Timeout: request did not complete within the requested timeout - context deadline exceeded',
  );

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds; undefined for what is no duration. */
function parseDuration(text: string): number | undefined {
  const match = /^([-+]?)((?:\d{1,10}(?:\.\d{1,10})?(?:ns|us|µs|ms|s|m|h)){1,8}|0)$/.exec(text);
  if (!match) return undefined;
  let sum = 0;
  for (const [, number, unit] of match[2]!.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    sum += Number(number) * unitMs[unit!]!;
  }
  return match[1] === '-' ? -sum : sum;
}
