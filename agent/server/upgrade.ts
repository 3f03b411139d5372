/** Exec, attach and port-forward: the handshake, then the streams, over WebSocket or SPDY/3.1. */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { messageOf, StatusError } from '../../base/errors.ts';
import { chooseProtocol } from './channels.ts';
import type { ContainerHandle } from './directory.ts';
import { failed } from './outcome.ts';
import {
  forwardOverSpdy,
  forwardOverWebSocket,
  portForwardProtocols,
  toPort,
} from './port-forward.ts';
import { joinStreams, type Remote, type StreamOptions } from './remote.ts';
import { openSpdyRemote, remoteCommandProtocols } from './remote-spdy.ts';
import { openWebSocketRemote } from './remote-websocket.ts';
import { acceptSpdy, isSpdy } from './spdy-handshake.ts';
import { streamOptionsOf, type Target } from './target.ts';

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** A stream that says nothing for so long is ended, as upstream's kubelet does. */
const idleMs = 4 * 3_600_000;
const messageBytesMax = 1 << 20;

/**
 * Resolves when the streams are over and the socket is closed.
 * @throws StatusError as long as nothing was written
 */
export async function serveUpgrade(target: Target, upgrade: Upgrade): Promise<void> {
  const socket = upgrade.socket as Partial<Socket>;
  socket.setTimeout?.(idleMs, () => upgrade.socket.destroy());
  socket.setNoDelay?.(true);
  if (target.action === 'containerLogs') throw new StatusError('BadRequest', 'a log is only read');
  if (target.action === 'portForward') return servePortForward(target, upgrade);
  await serveRemoteCommand(target, upgrade);
}

async function serveRemoteCommand(
  { action, container, query }: Exclude<Target, { action: 'portForward' }>,
  upgrade: Upgrade,
): Promise<void> {
  const wanted = streamOptionsOf(query);
  const args = query.getAll('command');
  if (action === 'exec' && args.length === 0) {
    throw new StatusError('BadRequest', 'you must specify at least 1 command');
  }
  container.requireRunning();
  const remote = await openRemote(upgrade, wanted);
  if (!remote) return;
  if (action === 'attach') {
    const endsStdin = container.stdinOnce;
    return run(remote, () => container.attach(), { action, endsStdin });
  }
  const spec = { args, terminal: wanted.tty, stdin: wanted.stdin };
  await run(remote, () => execIn(container, spec), { action: 'exec', endsStdin: true });
}

/** Why a command does not start is told where its end would be. */
async function execIn(container: ContainerHandle, spec: Parameters<ContainerHandle['exec']>[0]) {
  return container.exec(spec).catch((error: unknown) => {
    const why = `error executing command in container: ${messageOf(error)}`;
    throw new Error(why, { cause: error });
  });
}

async function run(
  remote: Remote,
  open: () => ReturnType<ContainerHandle['attach']>,
  kind: Parameters<typeof joinStreams>[2],
): Promise<void> {
  try {
    await joinStreams(remote, await open(), kind);
  } catch (error) {
    remote.finish(failed(messageOf(error)));
  }
  await remote.gone;
}

/** Undefined when the client speaks no protocol that we know; it has been told so. */
async function openRemote(upgrade: Upgrade, wanted: StreamOptions): Promise<Remote | undefined> {
  if (isSpdy(upgrade.request)) {
    const accepted = acceptSpdy(upgrade.request, upgrade, remoteCommandProtocols);
    return accepted && openSpdyRemote(accepted, wanted);
  }
  const protocol = chooseProtocol(offeredBy(upgrade.request));
  if (!protocol) throw noProtocol();
  const socket = await acceptWebSocket(commandSockets, upgrade);
  return openWebSocketRemote(socket, protocol, wanted);
}

async function servePortForward(
  { pod, query }: Extract<Target, { action: 'portForward' }>,
  upgrade: Upgrade,
): Promise<void> {
  if (isSpdy(upgrade.request)) {
    const accepted = acceptSpdy(upgrade.request, upgrade, portForwardProtocols);
    return accepted && forwardOverSpdy(pod, accepted);
  }
  const ports = [...query.getAll('port'), ...query.getAll('ports')]
    .flatMap((text) => text.split(','))
    .map((text) => toPort(text));
  if (ports.length === 0) throw new StatusError('BadRequest', 'query parameter "port" is required');
  if (!ports.every((port) => port !== undefined)) {
    throw new StatusError('BadRequest', 'invalid port');
  }
  const offered = offeredBy(upgrade.request);
  if (offered.length > 0 && !offered.includes(forwardName)) throw noProtocol();
  await forwardOverWebSocket(pod, await acceptWebSocket(forwardSockets, upgrade), ports);
}

const forwardName = 'v4.channel.k8s.io';

const noProtocol = () => new StatusError('BadRequest', 'no subprotocol of the client is known');

const offeredBy = ({ headers }: IncomingMessage): string[] =>
  (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

const settings = { noServer: true, clientTracking: false, maxPayload: messageBytesMax };
const commandSockets = new WebSocketServer({
  ...settings,
  handleProtocols: (offered) => chooseProtocol([...offered])?.name ?? false,
});
const forwardSockets = new WebSocketServer({ ...settings, handleProtocols: () => forwardName });

function acceptWebSocket(
  server: WebSocketServer,
  { request, socket, head }: Upgrade,
): Promise<WebSocket> {
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
    throw new StatusError('BadRequest', 'an upgrade to WebSocket or SPDY/3.1 is needed');
  }
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('the client has gone')));
    server.handleUpgrade(request, socket, head, resolve);
  });
}

/** Answers an upgrade that will not be, and closes the connection. */
export function refuseUpgrade(socket: Duplex, { code, message }: StatusError): void {
  socket.on('error', () => {});
  if (!socket.writable) return;
  const head = [
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Error'}`,
    'content-type: text/plain',
    `content-length: ${Buffer.byteLength(message)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${message}`);
}
