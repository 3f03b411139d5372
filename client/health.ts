/** What every control-plane component answers about itself: /healthz, /livez, /readyz, /metrics. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Running } from '../base/running.ts';

export interface HealthOptions {
  readonly host: string;
  readonly port: number;
  /** What is missing before the component can work; empty means ready. */
  readonly unready?: () => readonly string[];
  /** Prometheus text. */
  readonly metrics?: () => string;
}

/** Rejects with Node's own error (EADDRINUSE) when it cannot listen. */
export async function serveHealth(options: HealthOptions): Promise<Running & { port: number }> {
  const { host, port, unready = () => [], metrics = () => '' } = options;
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    const missing = path === '/readyz' ? unready() : [];
    const isHealth = path === '/healthz' || path === '/livez' || path === '/readyz';
    const code = missing.length > 0 ? 500 : isHealth || path === '/metrics' ? 200 : 404;
    const body = path === '/metrics' ? metrics() : missing.join('\n') || 'ok';
    response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(code === 404 ? 'not found\n' : body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** `name{label="x"} 3`, one line, with its type before it. */
export function gauge(
  name: string,
  values: Readonly<Record<string, number>>,
  label: string,
): string {
  const lines = Object.entries(values).map(([of, value]) => `${name}{${label}="${of}"} ${value}`);
  return `# TYPE ${name} gauge\n${lines.join('\n')}\n`;
}
