/** `/healthz` and `/metrics` in plain HTTP on loopback, for whoever supervises the agent. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Running } from '../base/running.ts';

/**
 * @param problem Why the node is unwell; undefined when it is well.
 * @param metrics In Prometheus' text form.
 */
export async function startHealthz(
  port: number,
  problem: () => string | undefined,
  metrics: () => Promise<string> = async () => '',
): Promise<Running & { readonly port: number }> {
  const server = createServer((request, response) => {
    if (request.url === '/metrics') {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      const fail = () => response.writeHead(500).end();
      void metrics().then((text) => response.end(text), fail);
      return;
    }
    const complaint = problem();
    const status = request.url !== '/healthz' ? 404 : complaint === undefined ? 200 : 500;
    response.writeHead(status, { 'content-type': 'text/plain' });
    response.end(status === 404 ? 'not found' : (complaint ?? 'ok'));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
