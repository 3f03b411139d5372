import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { type ConfigOf, port, text, toggle } from '../base/config.ts';
import type { Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import type { Client } from '../client/client.ts';
import { createRecorder } from '../client/events.ts';
import { gauge, serveHealth } from '../client/health.ts';
import { Informers } from '../client/informers.ts';
import { runElected } from '../client/lease.ts';
import { defaultProfile } from './profile.ts';
import { Scheduler } from './scheduler.ts';

export const flags = {
  'scheduler-name': text('Pods that ask for this scheduler are ours.', 'default-scheduler', 'NAME'),
  'bind-address': text('Where health and metrics are served, over HTTP.', '127.0.0.1', 'ADDRESS'),
  'healthz-port': port('Port of health and metrics.', 10259),
  'leader-elect': toggle('Wait until the Lease kube-system/kube-scheduler is ours.'),
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
  const recorder = createRecorder(client, { component: config.schedulerName, clock, log });
  const { schedulerName } = config;
  const scheduler = new Scheduler({
    ...{ client, informers, recorder, clock, log, signal, schedulerName },
    profile: defaultProfile,
  });
  const health = await serveHealth({
    host: config.bindAddress,
    port: config.healthzPort,
    unready: () => informers.unsynced(),
    metrics: () => metricsOf(scheduler),
  });
  const lead = (until: AbortSignal) => Promise.race([scheduler.start(), untilAborted(until)]);
  const run = config.leaderElect
    ? runElected(
        { client, clock, log, identity, namespace: 'kube-system', name: 'kube-scheduler' },
        (until) => lead(until).then(() => untilAborted(until)),
        signal,
      )
    : lead(signal);
  run.catch(
    deps.onLost ??
      ((error) => {
        throw error;
      }),
  );
  return {
    async stop() {
      stopping.abort();
      await health.stop();
      await run.catch(() => {});
      await scheduler.idle();
      await recorder.flush();
    },
  };
}

function metricsOf({ figures }: Scheduler): string {
  const { active, unschedulable: waiting, scheduled, unschedulable, error } = figures;
  return (
    gauge('scheduler_pending_pods', { active, unschedulable: waiting }, 'queue') +
    gauge('scheduler_schedule_attempts_total', { scheduled, unschedulable, error }, 'result')
  );
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
