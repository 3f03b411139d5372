/**
 * `pods/exec`, `attach` and `portforward`: two sockets joined, byte for byte. Whatever is spoken,
 * the node's agent ends it; only SPDY inside a WebSocket is taken out of it here.
 */
import { type ClientRequest, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { messageOf, StatusError } from '../../base/errors.ts';
import { withoutToken } from '../authentication/credentials.ts';
import type { ConnectRequest, HttpRequest } from '../request.ts';
import { type Dial, dialError, refusalOf } from './dial.ts';
import { acceptSpdyTunnel, protocolsInTunnel } from './spdy-tunnel.ts';
import { type AgentAddress, badRequest } from './target.ts';

type Answer =
  | {
      readonly kind: 'upgrade';
      readonly answer: IncomingMessage;
      readonly socket: Socket;
      readonly head: Buffer;
    }
  | { readonly kind: 'refusal'; readonly answer: IncomingMessage };

/**
 * Resolves when both sockets are closed, which is all this leaves behind in any case.
 * @throws StatusError as long as nothing was written and the client's socket is still open
 */
export async function openTunnel(
  { request, upgrade }: ConnectRequest,
  to: { readonly agent: AgentAddress; readonly path: string; readonly dial: Dial },
): Promise<void> {
  const handshake = handshakeOf(request);
  if (!upgrade || !handshake) throw badRequest('Upgrade request required');
  const { socket: client, head } = upgrade;
  const { method, headers } = handshake;
  const sent = to.dial(to.agent, { method, path: to.path, headers });
  const onGone = () => sent.destroy();
  client.once('close', onGone);
  client.on('error', onGone);
  try {
    sent.end();
    const result = await answerTo(sent);
    if (result.kind === 'refusal') {
      refuseUpgrade(client, await refusalOf(result.answer));
      return;
    }
    const { socket: node } = result;
    if (result.head.length > 0) node.unshift(result.head);
    if (handshake.tunnelled) await join(await acceptSpdyTunnel(request, upgrade), node);
    else {
      client.write(rawHead(result.answer));
      node.write(head);
      await join(client, node);
    }
  } catch (error) {
    if (!client.destroyed) throw error;
  } finally {
    client.off('close', onGone);
    sent.destroy();
  }
}

/** What the agent is asked. */
interface Handshake {
  readonly method: string;
  readonly headers: Record<string, string | string[]>;
  /** The client speaks SPDY inside a WebSocket. */
  readonly tunnelled: boolean;
}

/** What may pass: the handshake itself. No credentials, no cookies, nothing of hop or host. */
function handshakeOf(request: HttpRequest): Handshake | undefined {
  const { headers, httpVersionMajor, method = 'GET' } = request;
  const protocol = headers.upgrade?.toLowerCase();
  if (httpVersionMajor !== 1 || !protocol || !protocols.includes(protocol)) return undefined;
  const inside = protocol === 'websocket' ? protocolsInTunnel(request) : [];
  if (inside.length > 0) {
    return { method: 'POST', headers: spdyHeaders(inside), tunnelled: true };
  }
  if (protocol !== 'websocket') {
    const offered = [headers[versionHeader] ?? []].flat().join(',').split(',');
    const names = offered.map((name) => name.trim()).filter((name) => name !== '');
    return { method, headers: spdyHeaders(names), tunnelled: false };
  }
  const passed: Record<string, string | string[]> = { connection: 'Upgrade', upgrade: protocol };
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && name.startsWith('sec-websocket-')) passed[name] = value;
  }
  const offered = passed['sec-websocket-protocol'];
  if (typeof offered === 'string') passed['sec-websocket-protocol'] = withoutToken(offered);
  return { method, headers: passed, tunnelled: false };
}

const versionHeader = 'x-stream-protocol-version';

/** Each protocol on a line of its own: upstream's kubelet takes no list. */
const spdyHeaders = (names: string[]): Record<string, string | string[]> => ({
  connection: 'Upgrade',
  upgrade: 'SPDY/3.1',
  ...(names.length > 0 && { [versionHeader]: names }),
});

const protocols: readonly string[] = ['websocket', 'spdy/3.1'];

export function answerTo(
  sent: ClientRequest,
  toError: (cause: unknown) => StatusError = dialError,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.once('upgrade', (answer, socket, head) => {
      resolve({ kind: 'upgrade', answer, socket: socket as Socket, head });
    });
    sent.once('response', (answer) => resolve({ kind: 'refusal', answer }));
    sent.on('error', (error) => reject(toError(error)));
  });
}

/** Node has parsed these headers, so none of them can hold a line break. */
export function rawHead({ rawHeaders }: IncomingMessage): string {
  const lines = ['HTTP/1.1 101 Switching Protocols'];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const farewellMs = 5_000;
/** A stream on which nothing is said for so long is ended, as upstream does. */
const idleMs = 4 * 3_600_000;

/** Until both are closed: what one side has said is still delivered, then the other is closed. */
export function join(client: Duplex, node: Duplex): Promise<void> {
  for (const socket of [client, node] as (Duplex & Partial<Socket>)[]) {
    socket.setTimeout?.(idleMs, () => socket.destroy());
    socket.setNoDelay?.(true);
    socket.setKeepAlive?.(true, 30_000);
  }
  client.pipe(node);
  node.pipe(client);
  return Promise.all([closeWith(client, node), closeWith(node, client)]).then(() => {});
}

function closeWith(socket: Duplex, other: Duplex): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => other.destroy());
    const onClose = () => {
      endSoon(other);
      resolve();
    };
    if (socket.destroyed) onClose();
    else socket.once('close', onClose);
  });
}

/** A peer that takes nothing any more is not waited for. */
function endSoon(socket: Duplex): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), farewellMs).unref();
  socket.once('close', () => clearTimeout(timer));
  socket.end(() => socket.destroy());
}

/** Answers an upgrade that will not be, and closes the connection. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const status =
    error instanceof StatusError ? error : new StatusError('InternalError', messageOf(error));
  const body = Buffer.from(JSON.stringify(status));
  const head = [
    `HTTP/1.1 ${status.code} ${STATUS_CODES[status.code] ?? 'Error'}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  socket.write(body);
  endSoon(socket);
}
