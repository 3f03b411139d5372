/** The sockets: UDP and TCP on one address and port. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { readFrame, writeFrame } from './frame.ts';
import type { Responder } from './respond.ts';

export interface ListenOptions {
  readonly address: string;
  readonly port: number; // 0 picks a free one.
  readonly responder: Pick<Responder, 'respond'>;
  readonly log: Logger;
}

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

// A bridge's address appears when its node's agent is up; a resolver must not be late then.
const retryMs = 50;
const errorRetryMs = 5000;
const connectionsMax = 500;
const idleMs = 10_000;
const pickAttemptsMax = 10;

/** Undefined when the address does not exist (yet); rejects when it cannot be had. */
export async function tryListen(options: ListenOptions): Promise<Listening | undefined> {
  try {
    return await bind(options);
  } catch (error) {
    if (hasCode(error, 'EADDRNOTAVAIL')) return undefined;
    throw error;
  }
}

/** Tries until it works; undefined when the signal aborted before that. */
export async function keepListening(
  options: ListenOptions,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Listening | undefined> {
  const { address, log } = options;
  log.info('Waiting for the address to appear', { address });
  while (!signal.aborted) {
    await clock.sleep(retryMs, signal);
    try {
      const listening = await tryListen(options);
      if (listening) return listening;
    } catch (error) {
      log.error('Could not listen', error, { address });
      await clock.sleep(errorRetryMs, signal);
    }
  }
  return undefined;
}

async function bind(options: ListenOptions): Promise<Listening> {
  for (let attempt = 1; ; attempt++) {
    const tcp = await bindTcp(options);
    const { port } = tcp.server.address() as AddressInfo;
    try {
      const udp = await bindUdp({ ...options, port });
      return {
        port,
        close: async () => {
          udp.close();
          await tcp.close();
        },
      };
    } catch (error) {
      await tcp.close();
      // A port picked for TCP may be somebody's for UDP.
      const mayRetry = options.port === 0 && attempt < pickAttemptsMax;
      if (!mayRetry || !hasCode(error, 'EADDRINUSE')) throw error;
    }
  }
}

async function bindUdp({ address, port, responder, log }: ListenOptions): Promise<UdpSocket> {
  const socket = createSocket({
    type: address.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: 1 << 20,
  });
  socket.bind(port, address);
  await once(socket, 'listening');
  // Sending to a client that is gone is the client's affair.
  socket.on('error', (error) => log.debug('Lost a datagram', { error: error.message }));
  socket.on('message', (query, from) => {
    const answer = responder.respond(query, 'udp');
    const send = (response: Buffer | undefined) => {
      if (response) socket.send(response, from.port, from.address, () => {});
    };
    if (answer instanceof Promise) void answer.then((late) => isOpen(socket) && send(late));
    else send(answer);
  });
  return socket;
}

async function bindTcp({ address, port, responder }: ListenOptions) {
  const connections = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    serveConnection(socket, responder);
  });
  server.maxConnections = connectionsMax;
  server.listen(port, address);
  await once(server, 'listening');
  const close = async () => {
    server.close();
    for (const socket of connections) socket.destroy();
    await once(server, 'close');
  };
  return { server, close };
}

/** One question after the other: a client that sends faster than it reads is not read. */
function serveConnection(socket: Socket, responder: Pick<Responder, 'respond'>): void {
  let received = Buffer.alloc(0);
  const drain = async () => {
    for (let frame = readFrame(received); frame; frame = readFrame(received)) {
      received = Buffer.from(frame.rest);
      const response = await responder.respond(Buffer.from(frame.message), 'tcp');
      if (!response || socket.destroyed) return socket.destroy();
      if (!writeFrame(socket, response)) await once(socket, 'drain');
    }
    return socket.resume();
  };
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on('error', () => {}); // 'close' follows.
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    socket.pause();
    drain().catch(() => socket.destroy()); // The connection closed while we waited to write.
  });
}

function isOpen(socket: UdpSocket): boolean {
  try {
    socket.address();
    return true;
  } catch {
    return false; // Closed while an upstream was asked.
  }
}
