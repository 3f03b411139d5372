/** One of many does the work: leader election by a Lease, as client-go does it. */
import { leases } from '../api/resources.ts';
import type { Lease } from '../api/types/coordination-v1.generated.ts';
import { type Clock, toMicroTime } from '../base/clock.ts';
import { hasReason, messageOf, StatusError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Client } from './client.ts';

const leaseMs = 15_000;
const renewMsMax = 10_000; // Give up leading when it could not be renewed for this long.
const retryMs = 2000;

export interface ElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly namespace: string;
  readonly name: string;
  /** Ours alone among the candidates: host name and something random. */
  readonly identity: string;
}

/**
 * Waits until we lead, runs `lead`, and returns when it has ended: because the signal aborted
 * (the Lease is then given back) or because leadership was lost (rejects: the process should end
 * and be started anew, as it may hold decisions of a leader).
 *
 * The other's clock is never compared with ours: a Lease counts as expired when *we* have seen it
 * unchanged for its whole duration.
 */
export async function runElected(
  options: ElectionOptions,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, identity } = options;
  const seen: Seen = { version: '', atMs: 0 };
  while (!signal.aborted && !(await tryHold(options, seen))) await clock.sleep(retryMs, signal);
  if (signal.aborted) return;
  log.info('Became leader', { identity });
  const leading = new AbortController();
  const work = lead(AbortSignal.any([signal, leading.signal]));
  const ended = work.finally(() => leading.abort());
  const isLost = await keep(options, seen, AbortSignal.any([signal, leading.signal]));
  leading.abort();
  await ended;
  if (isLost) throw new Error(`Lost leadership of ${options.namespace}/${options.name}`);
  await release(options);
}

/** The Lease as we last saw it change. */
interface Seen {
  version: string;
  atMs: number;
}

/** Resolves true when leadership was lost, false when the signal ended it. */
async function keep(options: ElectionOptions, seen: Seen, signal: AbortSignal): Promise<boolean> {
  const { clock } = options;
  let renewedMs = clock.now();
  while (!signal.aborted) {
    await clock.sleep(retryMs, signal);
    if (signal.aborted) return false;
    if (await tryHold(options, seen)) renewedMs = clock.now();
    else if (clock.now() - renewedMs > renewMsMax) return true;
  }
  return false;
}

/** Takes or renews the Lease if nobody else holds it. */
async function tryHold(options: ElectionOptions, seen: Seen): Promise<boolean> {
  const { client, clock, log, namespace, name, identity } = options;
  try {
    const lease = await readOrCreate(options);
    const { holderIdentity, leaseDurationSeconds = leaseMs / 1000 } = lease.spec ?? {};
    if (lease.metadata?.resourceVersion !== seen.version) {
      seen.version = lease.metadata?.resourceVersion ?? '';
      seen.atMs = clock.now();
    }
    const isOurs = holderIdentity === identity;
    const isFresh = clock.now() - seen.atMs < leaseDurationSeconds * 1000;
    if (!isOurs && holderIdentity && isFresh) return false;
    const written = await client.update(leases, renewed(lease, options, isOurs));
    seen.version = written.metadata?.resourceVersion ?? '';
    seen.atMs = clock.now();
    return true;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const fields = { lease: `${namespace}/${name}`, error: messageOf(error) };
    log.debug('Could not hold lease', fields);
    return false;
  }
}

async function readOrCreate(options: ElectionOptions): Promise<Lease> {
  const { client, namespace, name } = options;
  try {
    return await client.get(leases, name, namespace);
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
    return client.create(leases, { metadata: { name, namespace }, spec: {} });
  }
}

function renewed(lease: Lease, { clock, identity }: ElectionOptions, isOurs: boolean): Lease {
  const now = toMicroTime(clock.now());
  const { leaseTransitions = 0, acquireTime, holderIdentity } = lease.spec ?? {};
  return {
    ...lease,
    spec: {
      ...lease.spec,
      holderIdentity: identity,
      leaseDurationSeconds: leaseMs / 1000,
      acquireTime: isOurs ? (acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: isOurs || !holderIdentity ? leaseTransitions : leaseTransitions + 1,
    },
  };
}

/** The next leader need not wait for the Lease to expire. */
async function release({ client, namespace, name, identity }: ElectionOptions): Promise<void> {
  try {
    const lease = await client.get(leases, name, namespace);
    if (lease.spec?.holderIdentity !== identity) return;
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 };
    await client.update(leases, { ...lease, spec });
  } catch (error) {
    if (!(error instanceof StatusError)) throw error; // It will expire by itself.
  }
}
