/** Answers load balancers (/healthz), the kubelet (/livez), and people (/proxyMode, /metrics). */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, toTime } from '../base/clock.ts';
import { UsageError, wrapError } from '../base/errors.ts';
import type { FamilyMetrics, Metrics } from './metrics.ts';

/** Path → status and body. */
type Routes = ReadonlyMap<string, () => { code: number; type: string; body: string }>;

export interface ServersConfig {
  /** Whether a server that cannot listen is an error; else it is tried again. */
  readonly bindAddressHardFail: boolean;
  readonly healthzBindAddress: string;
  readonly metricsBindAddress: string;
  readonly proxyMode: string;
}

export interface ServersDeps {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly families: readonly FamilyMetrics[];
  /** Whether load balancers may send new connections to this node. */
  readonly isEligible: () => boolean;
}

export interface Servers {
  readonly healthzPort: number | undefined;
  readonly metricsPort: number | undefined;
  close(): Promise<void>;
}

// A change that has waited this long unwritten means that we no longer do our work.
const staleMs = 60_000;

const retryMs = 5000;

/** Whether all changes of late have been written. */
export const areFresh = (families: readonly FamilyMetrics[], nowMs: number): boolean =>
  families.every((each) => each.lastSyncedMs > 0 && each.waitingMs(nowMs) < staleMs);

/** An empty address turns a server off. Rejects, with neither listening, when one cannot be had. */
export async function startServers(config: ServersConfig, deps: ServersDeps): Promise<Servers> {
  const { clock, metrics, families, isEligible } = deps;
  const health = (name: 'healthz' | 'livez', mustBeEligible: boolean) => () => {
    const isFresh = areFresh(families, clock.now());
    const isOk = isFresh && (!mustBeEligible || isEligible());
    const body = {
      lastUpdated: toTime(Math.min(...families.map(({ lastSyncedMs }) => lastSyncedMs))),
      currentTime: toTime(clock.now()),
      nodeEligible: isEligible(),
    };
    const code = isOk ? 200 : 503;
    metrics.answered(name, code);
    return { code, type: 'application/json', body: JSON.stringify(body) };
  };
  const text = (body: () => string) => () => ({ code: 200, type: 'text/plain', body: body() });
  const healthRoutes: Routes = new Map([
    ['/healthz', health('healthz', true)],
    ['/livez', health('livez', false)],
  ]);
  const metricsRoutes: Routes = new Map([
    ['/healthz', text(() => 'ok')],
    ['/metrics', text(() => metrics.render())],
    ['/proxyMode', text(() => config.proxyMode)],
  ]);
  const servers: Server[] = [];
  const retries = new AbortController();
  const close = async () => {
    retries.abort();
    await Promise.all(servers.map(closeServer));
  };
  const retry = async (address: string, routes: Routes) => {
    while (!retries.signal.aborted) {
      await clock.sleep(retryMs, retries.signal);
      const server = retries.signal.aborted
        ? undefined
        : await serve(address, routes).catch(() => {});
      if (!server) continue;
      servers.push(server);
      return;
    }
  };
  const listen = async (address: string, routes: Routes) => {
    if (address === '') return undefined;
    const server = await serve(address, routes).catch((error: unknown) => {
      if (config.bindAddressHardFail) throw error;
    });
    if (!server) {
      void retry(address, routes);
      return undefined;
    }
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  try {
    const healthzPort = await listen(config.healthzBindAddress, healthRoutes);
    const metricsPort = await listen(config.metricsBindAddress, metricsRoutes);
    return { healthzPort, metricsPort, close };
  } catch (error) {
    await close();
    throw wrapError('Could not listen', error);
  }
}

/** Listens on `host:port`; port 0 picks a free one. Rejects when the address cannot be had. */
async function serve(bindAddress: string, routes: Routes): Promise<Server> {
  const { host, port } = parseBindAddress(bindAddress);
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0]!;
    const answer = routes.get(path);
    const { code, type, body } = answer?.() ?? notFound;
    response.writeHead(code, { 'content-type': type, 'x-content-type-options': 'nosniff' });
    response.end(body);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

/** Hangs up on everyone; resolves when the port is free. */
async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

/** `0.0.0.0:10256`, `[::]:10256`. */
export function parseBindAddress(text: string): { host: string; port: number } {
  const [, ipv6, ipv4, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new UsageError(`${text}: must be an address and a port, as in 127.0.0.1:10249`);
  }
  return { host: ipv6 ?? (ipv4 || '0.0.0.0'), port: Number(port) };
}

const notFound = { code: 404, type: 'text/plain', body: '404 page not found\n' };
