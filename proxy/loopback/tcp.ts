/** Carries TCP connections from a loopback address to endpoints. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Endpoint } from '../plan-endpoints.ts';

export interface Listener {
  /** Stops taking what is new; with `all` what is under way ends as well. */
  close(how: 'new' | 'all'): Promise<void>;
}

export interface ListenOptions {
  readonly address: string;
  readonly port: number;
  /** Asked for each connection; undefined: nobody is there. */
  readonly pick: () => Endpoint | undefined;
  readonly onAccepted: () => void;
}

const connectionsMax = 4096;
const connectMsMax = 10_000;

/** Rejects when the port cannot be had. Buffers are those of the sockets: nobody reads ahead. */
export async function listenTcp(options: ListenOptions): Promise<Listener> {
  const open = new Set<Socket>();
  const { address, port, pick, onAccepted } = options;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    onAccepted();
    carry(client, pick(), open);
  });
  server.maxConnections = connectionsMax;
  server.listen({ host: address, port, ipv6Only: true });
  await once(server, 'listening');
  return {
    close: async (how) => {
      const closed = once(server, 'close');
      server.close();
      if (how === 'new') return;
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function carry(client: Socket, to: Endpoint | undefined, open: Set<Socket>): void {
  if (!to) return void client.resetAndDestroy();
  const { address: host, port } = to;
  const server = connect({ host, port, allowHalfOpen: true, noDelay: true });
  const late = setTimeout(() => server.destroy(new Error('late')), connectMsMax);
  server.once('connect', () => clearTimeout(late));
  const join = (from: Socket, into: Socket) => {
    open.add(from);
    from.pipe(into); // Passes on the end of one direction, and waits while the other is full.
    from.on('error', () => into.resetAndDestroy());
    from.on('close', (hadError) => {
      open.delete(from);
      clearTimeout(late);
      if (hadError || !from.readableEnded) into.destroy();
    });
  };
  join(client, server);
  join(server, client);
}
