/** The listening side: TLS, HTTP/2 and HTTP/1.1 on each address, with limits on what may come. */
import { createSecureServer, type Http2SecureServer, type Http2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import type { Handler } from './handler.ts';
import type { HttpRequest } from './request.ts';
import { type Connection, Strangers } from './strangers.ts';

export interface ServerOptions {
  readonly addresses: readonly string[];
  readonly port: number; // 0 picks a free one.
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** Certificates of clients are asked for, and checked by the authenticator. */
  readonly clientCa: Buffer | undefined;
}

/** As many as upstream lets a client have; a controller manager with many watches stays below. */
const streamsMax = 1000;
const stopMs = 2_000;
/** Who says nothing, or says it letter by letter, is hung up on. */
const handshakeMs = 10_000;
const headersMs = 20_000;
const requestMs = 75_000; // Bodies have their own, shorter time: http/body.ts.
const checkMs = 5_000;
/** Longer than clients keep a connection that they do not use, so that they close it first. */
const idleMs = 120_000;

/** @throws Error when an address cannot be listened on */
export async function listen(
  options: ServerOptions,
  handler: Handler,
  log: Logger,
): Promise<Running & { readonly port: number }> {
  const connections = new Set<{ destroy(): void }>();
  const servers: Http2SecureServer[] = [];
  let { port } = options;
  const stop = () => stopAll(servers, connections);
  try {
    for (const address of options.addresses) {
      const server = createOne(options, handler, { log, connections });
      servers.push(server);
      port = await listenOne(server, address, port);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}

interface Shared {
  readonly log: Logger;
  readonly connections: Set<{ destroy(): void }>;
}

function createOne(options: ServerOptions, handler: Handler, { log, connections }: Shared) {
  const server = createSecureServer({
    allowHTTP1: true,
    cert: options.certificate,
    key: options.key,
    ...(options.clientCa && { ca: options.clientCa }),
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    settings: { maxConcurrentStreams: streamsMax, maxHeaderListSize: 64 * 1024 },
    maxHeaderListPairs: 256,
    // Kilobytes and streams that a session may hold; many watches are one session's right.
    maxSessionMemory: 64,
    handshakeTimeout: handshakeMs,
    ...{ connectionsCheckingInterval: checkMs }, // Known to the HTTP/1.1 side alone.
  });
  const http1 = server as unknown as Http1Times;
  http1.headersTimeout = headersMs;
  http1.requestTimeout = requestMs;
  http1.keepAliveTimeout = idleMs;
  const strangers = new Strangers();
  const keep = (connection: TLSSocket | Http2Session) => {
    // Of an HTTP/2 connection the session counts, which is here first.
    if (!('alpnProtocol' in connection && connection.alpnProtocol === 'h2')) {
      strangers.add(connection as Connection);
    }
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  };
  server.on('secureConnection', keep);
  server.on('session', keep);
  server.on('session', closeWhenIdle);
  server.on('sessionError', (error) => log.debug('A session broke', { error: error.message }));
  const welcome = (request: HttpRequest) => strangers.welcome(connectionOf(request));
  server.on('request', (request, response) => {
    handler.onRequest(request, response, () => welcome(request));
  });
  server.on('upgrade', (request: HttpRequest, socket: Duplex, head: Buffer) => {
    handler.onUpgrade(request, { socket, head }, () => welcome(request));
  });
  return server;
}

const connectionOf = (request: HttpRequest): Connection =>
  'stream' in request ? request.stream.session! : request.socket;

interface Http1Times {
  headersTimeout: number;
  requestTimeout: number;
  keepAliveTimeout: number;
}

/** An HTTP/2 connection without a request in flight is worth nothing to anybody. */
function closeWhenIdle(session: Http2Session): void {
  let streams = 0;
  let timer = setTimeout(() => session.destroy(), headersMs);
  session.on('stream', (stream) => {
    streams += 1;
    clearTimeout(timer);
    stream.on('close', () => {
      streams -= 1;
      if (streams === 0) timer = setTimeout(() => session.close(), idleMs);
    });
  });
  session.on('close', () => clearTimeout(timer));
}

function listenOne(server: Http2SecureServer, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Watches never end by themselves: whatever is still open after a moment is cut. */
async function stopAll(
  servers: readonly Http2SecureServer[],
  connections: ReadonlySet<{ destroy(): void }>,
): Promise<void> {
  const closed = servers.map((server) => {
    return new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  });
  for (const connection of connections) {
    if ('goaway' in connection) (connection as Http2Session).close();
  }
  const timer = setTimeout(() => destroyAll(connections), stopMs);
  await Promise.all(closed);
  clearTimeout(timer);
}

function destroyAll(connections: ReadonlySet<{ destroy(): void }>): void {
  for (const connection of [...connections]) connection.destroy();
}
