/**
 * The agent's HTTPS API, with a kubelet's paths: logs, exec, attach, port-forward, pods, health.
 * Only the API server's client certificate is let in; nothing is anonymous.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { messageOf, StatusError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Running } from '../../base/running.ts';
import { parseLogOptions } from '../logs/options.ts';
import { openLog } from '../logs/read.ts';
import { requireApiServer } from './authenticate.ts';
import type { ContainerHandle, PodDirectory } from './directory.ts';
import { findTarget, splitUrl } from './target.ts';
import { refuseUpgrade, serveUpgrade } from './upgrade.ts';

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

export async function startServer(options: ServerOptions): Promise<Running & { port: number }> {
  const { address, port, log, directory } = options;
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
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket);
    socket.on('close', () => upgraded.delete(socket));
    socket.on('error', () => {}); // 'close' follows.
    upgrade(directory, { request, socket, head }).catch((error) =>
      refuseUpgrade(socket, toStatusError(error)),
    );
  });
  server.listen(port, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, 'close');
      for (const socket of upgraded) socket.destroy();
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function upgrade(directory: PodDirectory, asked: Parameters<typeof serveUpgrade>[1]) {
  requireApiServer(asked.request.socket as TLSSocket);
  await serveUpgrade(findTarget(directory, asked.request.url ?? '/'), asked);
}

async function answer(
  { directory, clock }: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { path, query } = splitUrl(request.url ?? '/');
  requireApiServer(request.socket as TLSSocket);
  if (request.method !== 'GET')
    throw new StatusError('MethodNotAllowed', 'only GET is served here');
  if (path === '/healthz') return sendHealth(response, directory);
  if (path === '/pods') return sendPods(response, directory);
  const target = findTarget(directory, request.url ?? '/');
  if (target.action !== 'containerLogs') {
    throw new StatusError('BadRequest', 'Upgrade request required');
  }
  await sendLogs(target.container, query, { response, now: clock.now() });
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

async function sendLogs(
  container: ContainerHandle,
  query: URLSearchParams,
  { response, now }: { readonly response: ServerResponse; readonly now: number },
): Promise<void> {
  const options = parseLogOptions(query, now);
  const path = container.logPath(options.previous);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const ended = options.previous ? Promise.resolve() : container.ended;
  // An error until here still has a status code of its own; who follows a silent log has his now.
  const pieces = await openLog(path, options, { signal: gone.signal, ended });
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  for await (const piece of pieces) {
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), aborted(gone)]);
  }
  response.end();
}

const aborted = ({ signal }: AbortController) =>
  signal.aborted ? Promise.resolve() : once(signal, 'abort');

function refuse(response: ServerResponse, error: unknown, log: Logger): void {
  const status = toStatusError(error);
  if (status.code >= 500) log.error('Could not answer', error);
  if (response.headersSent) return void response.destroy();
  response.writeHead(status.code, { 'content-type': 'text/plain' });
  response.end(status.message);
}

const toStatusError = (error: unknown): StatusError =>
  error instanceof StatusError
    ? error
    : new StatusError('InternalError', messageOf(error), { cause: error });
