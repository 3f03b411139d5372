/**
 * The agent's HTTPS API, with a kubelet's paths: logs, exec, attach, pods, health. Only the API
 * server's client certificate is let in; nothing is anonymous.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { Clock } from '../../base/clock.ts';
import { messageOf, StatusError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Running } from '../../base/running.ts';
import { parseLogOptions } from '../logs/options.ts';
import { readLog } from '../logs/read.ts';
import { requireApiServer } from './authenticate.ts';
import { subprotocols } from './channels.ts';
import type { ContainerHandle, PodDirectory } from './directory.ts';
import { joinStreams } from './stream.ts';

export interface ServerOptions {
  readonly address: string;
  readonly port: number; // 0 picks a free one.
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string;
  readonly directory: PodDirectory;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Target {
  readonly action: string;
  readonly container: ContainerHandle;
  readonly query: URLSearchParams;
}

export async function startServer(options: ServerOptions): Promise<Running & { port: number }> {
  const { address, port, log } = options;
  const server = createServer(
    {
      cert: readFileSync(options.certFile),
      key: readFileSync(options.keyFile),
      ca: readFileSync(options.clientCaFile),
      requestCert: true,
      rejectUnauthorized: false, // Answered with 401, not with a broken handshake.
      minVersion: 'TLSv1.2',
    },
    (request, response) => {
      answer(options, request, response).catch((error) => refuse(response, error, log));
    },
  );
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => subprotocols.find((each) => offered.has(each)) ?? false,
    maxPayload: 1 << 20,
  });
  server.on('upgrade', (request, socket, head) => {
    upgrade({ ...options, sockets }, request, { socket, head }).catch((error) =>
      refuseUpgrade(socket, error),
    );
  });
  server.listen(port, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, 'close');
      for (const client of sockets.clients) client.terminate();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  { directory, clock }: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { path, query } = splitUrl(request);
  requireApiServer(request.socket as TLSSocket);
  if (request.method !== 'GET')
    throw new StatusError('MethodNotAllowed', 'only GET is served here');
  if (path === '/healthz') return sendHealth(response, directory);
  if (path === '/pods') return sendPods(response, directory);
  const target = findTarget(directory, path, query);
  if (target.action !== 'containerLogs') {
    throw new StatusError(
      'BadRequest',
      `${target.action} needs an upgraded connection (WebSocket)`,
    );
  }
  await sendLogs(target, response, clock.now());
}

function sendHealth(response: ServerResponse, directory: PodDirectory): void {
  const problem = directory.problem();
  response.writeHead(problem === undefined ? 200 : 500, { 'content-type': 'text/plain' });
  response.end(problem ?? 'ok');
}

function sendPods(response: ServerResponse, directory: PodDirectory): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      kind: 'PodList',
      apiVersion: 'v1',
      metadata: {},
      items: directory.listPods(),
    }),
  );
}

async function sendLogs({ container, query }: Target, response: ServerResponse, now: number) {
  const options = parseLogOptions(query, now);
  const path = container.logPath(options.previous);
  if (path === undefined) {
    const which = options.previous ? 'previous terminated container' : 'container';
    throw new StatusError('BadRequest', `${which} has no log`);
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const ended = options.previous ? Promise.resolve() : container.ended;
  const pieces = readLog(path, options, { signal: gone.signal, ended });
  const first = await pieces.next(); // An error until here still has a status code of its own.
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  for (let piece = first; !piece.done; piece = await pieces.next()) {
    if (!response.write(piece.value)) await Promise.race([once(response, 'drain'), aborted(gone)]);
  }
  response.end();
}

const aborted = ({ signal }: AbortController) =>
  signal.aborted ? Promise.resolve() : once(signal, 'abort');

async function upgrade(
  { directory, sockets }: ServerOptions & { readonly sockets: WebSocketServer },
  request: IncomingMessage,
  { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  const { path, query } = splitUrl(request);
  requireApiServer(request.socket as TLSSocket);
  const target = findTarget(directory, path, query);
  const session = await openSession(target);
  const wanted = {
    stdin: asks(query, 'stdin', 'input'),
    stdout: asks(query, 'stdout', 'output'),
    stderr: asks(query, 'stderr', 'error') && !asks(query, 'tty'),
  };
  if (request.headers['sec-websocket-protocol'] === undefined) {
    session.close();
    throw new StatusError('BadRequest', `a subprotocol is needed: ${subprotocols.join(', ')}`);
  }
  sockets.handleUpgrade(request, socket, head, (client) => {
    void joinStreams(client, session, wanted);
  });
}

function openSession({ action, container, query }: Target) {
  if (action === 'attach') return container.attach();
  if (action !== 'exec') {
    throw new StatusError('NotImplemented', `${action} is not there yet`);
  }
  const args = query.getAll('command');
  if (args.length === 0) throw new StatusError('BadRequest', 'you must specify at least 1 command');
  return container.exec({
    args,
    terminal: asks(query, 'tty'),
    stdin: asks(query, 'stdin', 'input'),
  });
}

/** `/containerLogs/NAMESPACE/POD/CONTAINER` and its siblings. */
function findTarget(directory: PodDirectory, path: string, query: URLSearchParams): Target {
  const [, action = '', namespace, pod, container, ...rest] = path.split('/');
  const isKnown = ['containerLogs', 'exec', 'attach', 'portForward'].includes(action);
  if (!isKnown || !namespace || !pod || rest.length > 0) {
    throw new StatusError('NotFound', 'no such path');
  }
  if (action === 'portForward') {
    throw new StatusError('NotImplemented', 'port-forward is not there yet');
  }
  const handle = directory.findContainer(namespace, pod, decodeURIComponent(container ?? ''));
  return { action, container: handle, query };
}

/** Both the API's word and the kubelet's own for the same parameter. */
const asks = (query: URLSearchParams, ...names: string[]) =>
  names.some((name) => ['true', '1'].includes(query.get(name) ?? ''));

function splitUrl({ url = '/' }: IncomingMessage): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return { path, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

function refuse(response: ServerResponse, error: unknown, log: Logger): void {
  const status = toStatusError(error);
  if (status.code >= 500) log.error('Could not answer', error);
  if (response.headersSent) return void response.destroy();
  response.writeHead(status.code, { 'content-type': 'text/plain' });
  response.end(status.message);
}

function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { code, message } = toStatusError(error);
  const body = Buffer.from(message);
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${code} Refused\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n` +
      `connection: close\r\n\r\n${message}`,
  );
}

const toStatusError = (error: unknown): StatusError =>
  error instanceof StatusError
    ? error
    : new StatusError('InternalError', messageOf(error), { cause: error });
