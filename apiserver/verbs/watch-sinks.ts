/** The two ways in which a watch reaches its client: chunks of an answer, or WebSocket frames. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Exchange } from '../http/answer.ts';
import { headersOf, writeHead } from '../http/answer.ts';
import type { HttpRequest } from '../request.ts';
import type { OpenSink } from './watch-stream.ts';

export const answerSink =
  (exchange: Exchange, type: string): OpenSink =>
  ({ onDrain, onClose }) => {
    const response = exchange.response as ServerResponse; // Both kinds write alike.
    response.on('close', onClose);
    response.on('drain', onDrain);
    writeHead(response, 200, headersOf(exchange, type));
    // The client waits for the head: it tells that the watch has begun.
    response.flushHeaders();
    return {
      write: (lines) => response.write(joinLines(lines)),
      end: () => void response.end(),
      destroy: () => void response.destroy(),
    };
  };

/** Most watchers of a kind get the same lines in the same turn: one text does for all of them. */
let joined: { readonly lines: readonly Buffer[]; readonly bytes: Buffer } | undefined;

function joinLines(lines: readonly Buffer[]): Buffer {
  if (lines.length === 1) return lines[0]!;
  const isSame =
    joined?.lines.length === lines.length &&
    joined.lines.every((line, index) => line === lines[index]);
  if (joined && isSame) return joined.bytes;
  if (!joined) setImmediate(() => (joined = undefined));
  joined = { lines, bytes: Buffer.concat(lines) };
  return joined.bytes;
}

const bufferedMax = 64 * 1024;
const goingAway = 1001;

/** One text frame an event. */
export const socketSink =
  (socket: WebSocket): OpenSink =>
  ({ onDrain, onClose }) => {
    socket.on('close', onClose);
    socket.on('error', () => socket.terminate());
    const onSent = () => {
      if (socket.bufferedAmount === 0) onDrain();
    };
    return {
      write(lines) {
        for (const line of lines) socket.send(line, { binary: false }, onSent);
        return socket.bufferedAmount <= bufferedMax;
      },
      end: () => socket.close(goingAway),
      destroy: () => socket.terminate(),
    };
  };

// A client has nothing to say in a watch.
const server = new WebSocketServer({
  noServer: true,
  maxPayload: 1024,
  perMessageDeflate: false,
  handleProtocols: (offered) => {
    const isToken = (name: string) => name.startsWith('base64url.bearer.authorization.k8s.io.');
    return [...offered].find((name) => !isToken(name)) ?? false;
  },
});

interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Never resolves when the handshake is not one: the client has been told then. */
export const acceptSocket = (request: HttpRequest, { socket, head }: Upgrade): Promise<WebSocket> =>
  new Promise((resolve) => {
    server.handleUpgrade(request as IncomingMessage, socket, head, resolve);
  });
