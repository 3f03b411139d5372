import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import {
  type ConfigOf,
  type Flag,
  integer,
  list,
  optionalText,
  port,
  text,
  toggle,
} from '../base/config.ts';
import { UsageError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import type { Client } from '../client/client.ts';
import { createRecorder, type Recorder } from '../client/events.ts';
import { serveHealth } from '../client/health.ts';
import { Informers } from '../client/informers.ts';
import { runElected } from '../client/lease.ts';
import type { Reconciler } from '../client/reconciler.ts';
import { parseDuration } from './certificates/plan.ts';
import type { Context } from './controller.ts';
import { parseCidr } from './node-ipam/plan.ts';
import { parsePool } from './service-lb/pool.ts';
import { selectControllers } from './table.ts';

/** Checked when the flag is read, so that the mistake is named before anything starts. */
function checked<T>(flag: Flag<T>, check: (value: T) => unknown): Flag<T> {
  const parse = (word: string) => {
    const value = flag.parse(word);
    check(value);
    return value;
  };
  return { ...flag, parse };
}

export const flags = {
  controllers: checked(
    list("Which run: '*' all, 'name' this one, '-name' not this one.", ['*']),
    selectControllers,
  ),
  'cluster-cidr': checked(
    text('Addresses of pods; each node gets a /24 of them.', '10.42.0.0/16', 'CIDR'),
    parseCidr,
  ),
  'node-monitor-grace-seconds': integer('A node silent for so long is not ready.', 40, { min: 5 }),
  'root-ca-file': optionalText('PEM that is published in each namespace.', 'FILE'),
  'cluster-signing-cert-file': optionalText('CA that signs certificate requests.', 'FILE'),
  'cluster-signing-key-file': optionalText('Its key.', 'FILE'),
  'cluster-signing-duration': checked(
    text('The longest that a certificate is good for.', '8760h0m0s', 'DURATION'),
    parseDuration,
  ),
  'load-balancer-pool': checked(
    list("Addresses for load balancers; none: the nodes' own.", [], 'CIDR,CIDR'),
    parsePool,
  ),
  'bind-address': text('Where health is served, over HTTP.', '127.0.0.1', 'ADDRESS'),
  'healthz-port': port('Port of health.', 10257),
  'leader-elect': toggle('Wait until the Lease kube-system/kube-controller-manager is ours.'),
};

export type Config = ConfigOf<typeof flags>;

export interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ours alone, for leader election; absent: host name and something random. */
  readonly identity?: string;
  /** Called when leadership was lost: the process should end. */
  readonly onLost?: (error: unknown) => void;
}

export async function start(config: Config, deps: Deps): Promise<Running> {
  const { client, clock, log, identity = `${hostname()}_${randomUUID()}` } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const informers = new Informers(client, { clock, log });
  const recorders: Recorder[] = [];
  const recorderOf = (component: string) => {
    const recorder = createRecorder(client, { component, clock, log });
    recorders.push(recorder);
    return recorder;
  };
  const { clusterCidr, nodeMonitorGraceSeconds, rootCaFile } = config;
  const loadBalancerPool = parsePool(config.loadBalancerPool);
  const rootCa = rootCaFile ? readFileSync(rootCaFile, 'utf8') : '';
  const signing = readSigning(config);
  const context = {
    ...{ client, informers, clock, log, recorderOf },
    config: { clusterCidr, nodeMonitorGraceSeconds, rootCa, loadBalancerPool, ...signing },
  };
  const health = await serveHealth({
    host: config.bindAddress,
    port: config.healthzPort,
    unready: () => informers.unsynced(),
  });
  const lead = (until: AbortSignal) => runControllers(config.controllers, context, until);
  const lease = { namespace: 'kube-system', name: 'kube-controller-manager' };
  const run = config.leaderElect
    ? runElected({ client, clock, log, identity, ...lease }, lead, signal)
    : lead(signal);
  run.catch(deps.onLost ?? rethrow);
  return {
    async stop() {
      stopping.abort();
      await health.stop();
      await run.catch(() => {});
      for (const recorder of recorders) await recorder.flush();
    },
  };
}

function readSigning(config: Config): Pick<Context['config'], 'signing'> {
  const { clusterSigningCertFile: cert, clusterSigningKeyFile: key } = config;
  if (!cert && !key) return {};
  if (!cert || !key) {
    throw new UsageError('--cluster-signing-cert-file and --cluster-signing-key-file go together');
  }
  const [certificate, keyPem] = [readFileSync(cert, 'utf8'), readFileSync(key, 'utf8')];
  const durationMs = parseDuration(config.clusterSigningDuration);
  return { signing: { certificate, key: keyPem, durationMs } };
}

export interface Surroundings extends Omit<Context, 'recorder' | 'signal' | 'reconcilers'> {
  /** Each controller speaks under its own name. */
  readonly recorderOf: (component: string) => Recorder;
}

/**
 * Runs them until the signal aborts. Lists everything first: a controller that counts what it has
 * not seen yet makes it twice.
 */
export async function runControllers(
  words: readonly string[],
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  const { informers, log, recorderOf } = surroundings;
  const chosen = selectControllers(words);
  for (const { watches } of chosen) for (const resource of watches) informers.of(resource);
  informers.start(signal);
  const ended = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([informers.synced(), ended]);
  if (signal.aborted) return;
  const reconcilers: Reconciler[] = [];
  for (const controller of chosen) {
    const recorder = recorderOf(controller.name);
    controller.start({ ...surroundings, signal, reconcilers, recorder });
  }
  log.info('Started controllers', { count: chosen.length });
  await ended;
  await Promise.all(reconcilers.map((reconciler) => reconciler.idle()));
}

function rethrow(error: unknown): never {
  throw error;
}
