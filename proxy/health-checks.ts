/**
 * Answers load balancers that ask this node whether it has an endpoint of a Service
 * (`spec.healthCheckNodePort`), so that they send nothing where it would be dropped.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Recorder } from '../client/events.ts';
import { planService } from './plan.ts';
import type { World } from './world.ts';

export interface HealthChecksDeps {
  readonly world: World;
  /** Where to listen: addresses of this node. */
  readonly addresses: () => readonly string[];
  /** Whether the proxy itself keeps up; else no balancer shall rely on this node. */
  readonly isHealthy: () => boolean;
  readonly recorder: Recorder;
  readonly log: Logger;
}

interface Open {
  readonly port: number;
  readonly servers: readonly Server[];
}

export class HealthChecks {
  readonly #deps: HealthChecksDeps;
  readonly #open = new Map<string, Open>(); // By Service.
  #last: Promise<void> = Promise.resolve();

  constructor(deps: HealthChecksDeps) {
    this.#deps = deps;
  }

  /** The Service has changed. Changes are done one after the other. */
  touch(key: string): void {
    if (!this.#open.has(key) && this.#portOf(key) === undefined) return;
    this.#last = this.#last.then(() => this.#update(key));
  }

  async close(): Promise<void> {
    await this.#last;
    for (const key of [...this.#open.keys()]) await this.#close(key);
  }

  #portOf(key: string): number | undefined {
    return this.#plan(key)?.port;
  }

  #plan(key: string) {
    const { world } = this.#deps;
    const service = world.service(key);
    if (!service?.spec?.healthCheckNodePort) return undefined;
    return planService(service, world.slices(key), world.node()).healthCheck;
  }

  async #update(key: string): Promise<void> {
    const port = this.#portOf(key);
    if (this.#open.get(key)?.port === port) return;
    await this.#close(key);
    if (port === undefined) return;
    const servers: Server[] = [];
    this.#open.set(key, { port, servers });
    for (const address of this.#deps.addresses()) {
      try {
        servers.push(await this.#listen(key, port, address));
      } catch (error) {
        this.#report(key, port, messageOf(error));
      }
    }
  }

  async #listen(key: string, port: number, address: string): Promise<Server> {
    const server = createServer((_, response) => {
      const { status, endpoints, body } = this.#answer(key);
      response.writeHead(status, {
        'content-type': 'application/json',
        'x-content-type-options': 'nosniff',
        'x-load-balancing-endpoint-weight': String(endpoints),
      });
      response.end(body);
    });
    server.listen({ port, host: address });
    await once(server, 'listening');
    return server;
  }

  #answer(key: string) {
    const endpoints = this.#plan(key)?.endpoints ?? 0;
    const isHealthy = this.#deps.isHealthy();
    const [namespace, name] = key.split('/');
    const body = JSON.stringify({
      service: { namespace, name },
      localEndpoints: endpoints,
      serviceProxyHealthy: isHealthy,
    });
    return { status: endpoints > 0 && isHealthy ? 200 : 503, endpoints, body };
  }

  #report(key: string, port: number, reason: string): void {
    const { world, recorder, log } = this.#deps;
    const message = `node cannot start health check port ${port}: ${reason}`;
    log.info('Could not listen for health checks', { service: key, port, reason });
    const service = world.service(key);
    if (!service) return;
    const about = { ...service, apiVersion: 'v1', kind: 'Service' };
    recorder.event(about, 'Warning', 'FailedToStartServiceHealthcheck', message);
  }

  async #close(key: string): Promise<void> {
    const open = this.#open.get(key);
    this.#open.delete(key);
    for (const server of open?.servers ?? []) {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    }
  }
}
