/**
 * SPDY inside a WebSocket: how kubectl from 1.31 on forwards ports. The subprotocol is
 * `SPDY/3.1+` and the name of the protocol above SPDY; the binary messages are SPDY's bytes.
 * Source: KEP-4006.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import type { HttpRequest } from '../request.ts';

const prefix = 'SPDY/3.1+';
const messageBytesMax = 1 << 20;

/** `portforward.k8s.io`, in the client's order; none when this is no such tunnel. */
export const protocolsInTunnel = (request: HttpRequest): string[] =>
  offeredBy(request)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));

const offeredBy = ({ headers }: HttpRequest): string[] =>
  [headers['sec-websocket-protocol'] ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((name) => name.trim());

/** ws takes the slash in the name for a fault: it never sees it, neither here nor below. */
const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: messageBytesMax,
});
const chosen = new WeakMap<object, string>();
server.on('headers', (lines, request) => {
  lines.push(`Sec-WebSocket-Protocol: ${chosen.get(request)}`);
});

/** Answers the handshake. Resolves with the bytes inside. Rejects when the client breaks off. */
export function acceptSpdyTunnel(
  request: HttpRequest,
  { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
): Promise<Duplex> {
  const [name = prefix] = offeredBy(request).filter((each) => each.startsWith(prefix));
  chosen.set(request, name);
  delete request.headers['sec-websocket-protocol'];
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('the client has gone')));
    server.handleUpgrade(request as IncomingMessage, socket, head, (client: WebSocket) =>
      resolve(createWebSocketStream(client)),
    );
  });
}
