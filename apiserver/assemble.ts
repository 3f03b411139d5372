/** Puts the parts together: store → registry → verbs → handler → listening server. */
import { setMaxListeners } from 'node:events';
import type { Resource } from '../api/resource.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import type { Store } from '../store/store.ts';
import { keepTokenSecrets, type Sign } from './authentication/token-secrets.ts';
import { bootstrapPolicy, bootstrapService } from './bootstrap.ts';
import type { Admission, Machinery } from './call.ts';
import type { HealthCheck } from './discovery/health.ts';
import { measureStore } from './discovery/measured-store.ts';
import { Metrics } from './discovery/metrics.ts';
import type { OpenIdOptions } from './discovery/openid.ts';
import { createPages } from './discovery/pages.ts';
import { addProcessMetrics, addStorageMetrics } from './discovery/process-metrics.ts';
import { createHandler, type HandlerDeps } from './handler.ts';
import { joinPeers } from './peers/peers.ts';
import { openRegistry, type Registry } from './registry/registry.ts';
import { Router } from './router.ts';
import { listen, type ServerOptions } from './server.ts';
import { startUpkeep } from './upkeep.ts';

/** What decides about requests; made once there is a registry to read from. */
export type Gates = Pick<
  HandlerDeps,
  'authenticate' | 'authorize' | 'refuse' | 'connectors' | 'makers'
> & {
  readonly admission: Admission;
  /** What they look after beside the requests, until the signal aborts. */
  readonly start?: (signal: AbortSignal) => Promise<void>;
  /** For Secrets that ask for a token; absent without a key. */
  readonly signToken?: Sign;
};

export interface Assembly {
  readonly store: Store; // Closed by stop.
  /** Other API servers may use the same store. */
  readonly isShared?: boolean;
  readonly resources: readonly Resource[];
  readonly listen: ServerOptions;
  readonly advertiseAddress: string;
  /** The address of the default/kubernetes Service. */
  readonly serviceAddress: string;
  readonly gates: (registry: Registry) => Promise<Gates>;
  /** Whose tokens others may check by our documents; absent = there are no documents. */
  readonly openId?: OpenIdOptions;
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
  const metrics = new Metrics();
  const measured = measureStore(store, metrics);
  const registry = await openRegistry(resources, { store: measured, clock, onLost });
  const gates = await options.gates(registry);
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // One for each watch.
  const { signal } = stopping;
  const { admission } = gates;
  const demand = demandOf(gates);
  const machinery = { registry, admission, clock, stopping: signal, metrics, demand };
  await bootstrapPolicy(machinery, log);
  await gates.start?.(signal);
  if (gates.signToken) keepTokenSecrets(machinery, gates.signToken, log);
  const steps = { isBootstrapped: false };
  const server = await serve(options, { registry, gates, machinery, metrics, steps });
  const { port } = server;
  addStorageMetrics(metrics.registry, { registry, resources });
  const endMetrics = addProcessMetrics(metrics.registry);
  let leave = async () => {};
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    await leave(); // While it can still be written.
    stopping.abort();
    endMetrics();
    await server.stop();
    registry.close();
    await store.close();
  };
  try {
    const { advertiseAddress: ip, serviceAddress, isShared = false } = options;
    await bootstrapService(machinery, { serviceAddress, port });
    const peers = await joinPeers(machinery, { address: { ip, port }, isShared, log });
    leave = peers.leave;
  } catch (error) {
    await stop();
    throw error;
  }
  steps.isBootstrapped = true;
  startUpkeep({ store, registry, resources, clock, log, signal });
  log.info('Serving the API', { port, revision: registry.revision });
  return { port, stop };
}

/** @throws StatusError Forbidden */
const demandOf =
  ({ authorize, refuse }: Gates): NonNullable<Machinery['demand']> =>
  (user, info) => {
    const { allowed, reason } = authorize(user, info);
    if (!allowed) throw refuse(user, info, reason);
  };

interface Parts {
  readonly registry: Registry;
  readonly gates: Gates;
  readonly machinery: Machinery;
  readonly metrics: Metrics;
  readonly steps: { readonly isBootstrapped: boolean };
}

function serve(options: Assembly, parts: Parts) {
  const { gates, machinery, metrics } = parts;
  const { resources, log, store, openId } = options;
  const checks = checksOf(options, parts);
  const address = `${options.advertiseAddress}:${options.listen.port}`;
  const pageOf = createPages({ resources, metrics, store, checks, address, openId, log });
  const router = new Router(resources);
  const handler = createHandler({ ...machinery, ...gates, router, pageOf, metrics, log });
  return listen(options.listen, handler, log);
}

/** Under upstream's names, which people and load balancers have written down. */
function checksOf({ store }: Assembly, { registry, machinery, steps }: Parts): HealthCheck[] {
  const bootstrapped = () => {
    if (!steps.isBootstrapped) throw new Error('not finished');
  };
  const running = () => {
    if (machinery.stopping.aborted) throw new Error('the server stops');
  };
  return [
    { name: 'ping', check: () => {} },
    { name: 'log', check: () => {} },
    { name: 'etcd', check: () => store.currentRevision() },
    { name: 'etcd-readiness', check: () => store.currentRevision(), roots: ['/readyz'] },
    { name: 'informer-sync', check: () => registry.fresh(), roots: ['/readyz'] },
    { name: 'poststarthook/rbac/bootstrap-roles', check: bootstrapped },
    { name: 'poststarthook/scheduling/bootstrap-system-priority-classes', check: bootstrapped },
    { name: 'poststarthook/start-system-namespaces-controller', check: bootstrapped },
    { name: 'poststarthook/bootstrap-controller', check: bootstrapped },
    { name: 'shutdown', check: running, roots: ['/readyz'] },
  ];
}
