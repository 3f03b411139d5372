/** /health: the process runs. /ready: it answers. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startHealth(
  { address, port }: { readonly address: string; readonly port: number },
  isReady: () => boolean,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const isOk = request.url === '/health' || (request.url === '/ready' && isReady());
    response.writeHead(isOk ? 200 : request.url === '/ready' ? 503 : 404);
    response.end(isOk ? 'OK' : '');
  });
  server.listen(port, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
