/** Puts the parts together: store → registry → verbs → handler → listening server. */
import { setMaxListeners } from 'node:events';
import type { Resource } from '../api/resource.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import type { Store } from '../store/store.ts';
import { bootstrapPolicy, bootstrapService } from './bootstrap.ts';
import type { Admission, Machinery } from './call.ts';
import { Metrics } from './discovery/metrics.ts';
import { createPages } from './discovery/pages.ts';
import { createHandler, type HandlerDeps } from './handler.ts';
import { openRegistry, type Registry } from './registry/registry.ts';
import { Router } from './router.ts';
import { listen, type ServerOptions } from './server.ts';
import { startUpkeep } from './upkeep.ts';

/** What decides about requests; made once there is a registry to read from. */
export type Gates = Pick<
  HandlerDeps,
  'authenticate' | 'authorize' | 'refuse' | 'connectors' | 'makers'
> & { readonly admission: Admission };

export interface Assembly {
  readonly store: Store; // Closed by stop.
  readonly resources: readonly Resource[];
  readonly listen: ServerOptions;
  readonly advertiseAddress: string;
  /** The address of the default/kubernetes Service. */
  readonly serviceAddress: string;
  readonly gates: (registry: Registry) => Promise<Gates>;
  readonly log: Logger;
  readonly clock: Clock;
  /** The store is lost: the process must end. */
  readonly onFatal: (error: Error) => void;
}

export async function assemble(options: Assembly): Promise<Running & { readonly port: number }> {
  const { store, resources, clock, log } = options;
  let isStopping = false;
  const onLost = (error: Error) => {
    if (!isStopping) options.onFatal(error);
  };
  const registry = await openRegistry(resources, { store, clock, onLost });
  const gates = await options.gates(registry);
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // One for each watch.
  const { signal } = stopping;
  const machinery = { registry, admission: gates.admission, clock, stopping: signal };
  await bootstrapPolicy(machinery, log);
  const server = await serve(options, { registry, gates, machinery });
  const { port } = server;
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    stopping.abort();
    await server.stop();
    registry.close();
    await store.close();
  };
  try {
    const { advertiseAddress, serviceAddress } = options;
    await bootstrapService(machinery, { advertiseAddress, serviceAddress, port });
  } catch (error) {
    await stop();
    throw error;
  }
  startUpkeep({ store, registry, resources, clock, log, signal });
  log.info('Serving the API', { port, revision: registry.revision });
  return { port, stop };
}

interface Parts {
  readonly registry: Registry;
  readonly gates: Gates;
  readonly machinery: Machinery;
}

function serve(options: Assembly, { registry, gates, machinery }: Parts) {
  const { resources, log, store } = options;
  const metrics = new Metrics();
  const checks = [
    { name: 'ping', check: async () => {} },
    { name: 'store', check: () => store.currentRevision() },
  ];
  const address = `${options.advertiseAddress}:${options.listen.port}`;
  const pageOf = createPages({ resources, registry, metrics, checks, address });
  const router = new Router(resources);
  const handler = createHandler({ ...machinery, ...gates, router, pageOf, metrics, log });
  return listen(options.listen, handler, log);
}
