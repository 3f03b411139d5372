/** `pods/exec`, `attach` and `portforward`: two sockets joined, byte for byte. */
import { type ClientRequest, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { messageOf, StatusError } from '../../base/errors.ts';
import { withoutToken } from '../authentication/credentials.ts';
import type { ConnectRequest, HttpRequest } from '../request.ts';
import { type Dial, dialError, refusalOf } from './dial.ts';
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
  const headers = upgradeHeaders(request);
  if (!upgrade || !headers) throw badRequest('Upgrade request required');
  const { socket: client, head } = upgrade;
  const sent = to.dial(to.agent, { method: request.method ?? 'GET', path: to.path, headers });
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
    client.write(rawHead(result.answer));
    client.write(result.head);
    result.socket.write(head);
    await join(client, result.socket);
  } catch (error) {
    if (!client.destroyed) throw error;
  } finally {
    client.off('close', onGone);
    sent.destroy();
  }
}

/** What may pass: the handshake itself. No credentials, no cookies, nothing of hop or host. */
function upgradeHeaders({ headers, httpVersionMajor }: HttpRequest) {
  const protocol = headers.upgrade?.toLowerCase();
  if (httpVersionMajor !== 1 || !protocol || !protocols.includes(protocol)) return undefined;
  const passed: Record<string, string | string[]> = { connection: 'Upgrade', upgrade: protocol };
  if (protocol.startsWith('spdy')) passed.upgrade = 'SPDY/3.1';
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    if (name.startsWith('sec-websocket-') || name === 'x-stream-protocol-version') {
      passed[name] = value;
    }
  }
  const offered = passed['sec-websocket-protocol'];
  if (typeof offered === 'string') passed['sec-websocket-protocol'] = withoutToken(offered);
  return passed;
}

const protocols: readonly string[] = ['websocket', 'spdy/3.1'];

function answerTo(sent: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.once('upgrade', (answer, socket, head) => {
      resolve({ kind: 'upgrade', answer, socket: socket as Socket, head });
    });
    sent.once('response', (answer) => resolve({ kind: 'refusal', answer }));
    sent.on('error', (error) => reject(dialError(error)));
  });
}

/** Node has parsed these headers, so none of them can hold a line break. */
function rawHead({ rawHeaders }: IncomingMessage): string {
  const lines = ['HTTP/1.1 101 Switching Protocols'];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const farewellMs = 5_000;

/** Until both are closed: what one side has said is still delivered, then the other is closed. */
function join(client: Duplex, node: Socket): Promise<void> {
  for (const socket of [client, node] as Partial<Socket>[]) {
    socket.setTimeout?.(0);
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
