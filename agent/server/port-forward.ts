/**
 * Port-forward: connections into a pod's network namespace, for a client that speaks SPDY/3.1 (two
 * streams a connection, as many as it likes) or WebSocket channels (one connection a port).
 */
import { once } from 'node:events';
import { Duplex, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RawData, WebSocket } from 'ws';
import { messageOf } from '../../base/errors.ts';
import { SpdyConnection } from '../../base/spdy/connection.ts';
import type { SpdyStream } from '../../base/spdy/stream.ts';
import type { PodHandle } from './directory.ts';
import { toBuffer } from './remote-websocket.ts';
import type { AcceptedSpdy } from './spdy-handshake.ts';

export const portForwardProtocols: readonly string[] = ['portforward.k8s.io'];

const patienceMs = 30_000;

/** Resolves when the client has gone, with all its connections. */
export async function forwardOverSpdy(pod: PodHandle, { socket }: AcceptedSpdy): Promise<void> {
  const halves = new Map<string, { data?: SpdyStream; error?: SpdyStream }>();
  const takeStream = (stream: SpdyStream) => {
    const type = stream.headers.get('streamtype');
    const port = toPort(stream.headers.get('port'));
    if ((type !== 'data' && type !== 'error') || !port) return void stream.destroy();
    const request = requestOf(stream, type);
    const pair = halves.get(request) ?? {};
    if (pair[type]) return void stream.destroy();
    pair[type] = stream;
    if (!pair.data || !pair.error) {
      halves.set(request, pair);
      return waitForOther(halves, request, stream);
    }
    halves.delete(request);
    void forward(pod, port, { data: pair.data, error: pair.error });
  };
  await new SpdyConnection(socket, { role: 'server', onStream: takeStream }).closed;
}

/** Which connection a stream is of. Clients that do not say open error and data in this order. */
const requestOf = ({ id, headers }: SpdyStream, type: 'data' | 'error'): string =>
  headers.get('requestid') ?? `by stream ${type === 'error' ? id : id - 2}`;

function waitForOther(halves: Map<string, unknown>, request: string, stream: SpdyStream): void {
  const pair = halves.get(request);
  const giveUp = () => {
    clearTimeout(timer);
    if (halves.get(request) !== pair) return;
    halves.delete(request);
    stream.end('timed out waiting for streams');
    stream.destroy();
  };
  const timer = setTimeout(giveUp, patienceMs);
  stream.once('close', giveUp);
}

interface Ends {
  readonly data: Duplex;
  readonly error: Duplex;
}

/** Never rejects: what goes wrong is told on the error stream, and ends only this connection. */
async function forward(pod: PodHandle, port: number, { data, error }: Ends): Promise<void> {
  error.resume();
  try {
    const socket = await pod.connect(port);
    if (data.destroyed) return void socket.destroy();
    // Each direction ends on its own; one that breaks takes the other with it.
    await Promise.allSettled([pipeline(data, socket), pipeline(socket, data)]);
    socket.destroy();
  } catch (cause) {
    sendError(error, `error forwarding port ${port} to pod ${pod.id}, uid : ${messageOf(cause)}`);
  } finally {
    error.end();
    data.end();
    data.resume(); // What still comes goes nowhere.
  }
}

const sendError = (error: Writable, message: string) => error.write(message);

/** Two channels a port: data, then errors. Each begins with the port's number. */
export async function forwardOverWebSocket(
  pod: PodHandle,
  socket: WebSocket,
  ports: readonly number[],
): Promise<void> {
  const gone = once(socket, 'close');
  socket.on('error', () => {}); // 'close' follows.
  const streams = ports.map((port, index) => {
    const data = openChannel(socket, index * 2);
    const error = openChannel(socket, index * 2 + 1);
    const number = Buffer.from(Uint16Array.of(port).buffer); // Little endian, as the protocol has it.
    data.write(number);
    error.write(number);
    return { data, done: forward(pod, port, { data, error }) };
  });
  socket.on('message', (message: RawData) => {
    const bytes = toBuffer(message);
    const data = bytes[0]! % 2 === 0 ? streams[bytes[0]! / 2]?.data : undefined;
    if (bytes.length > 1 && data && !data.destroyed && !data.push(bytes.subarray(1))) {
      socket.pause();
    }
  });
  void Promise.all(streams.map(({ done }) => done)).then(() => {
    socket.resume(); // Else the other side's goodbye would not be read.
    socket.close(1000);
  });
  await gone;
  for (const { data } of streams) data.destroy();
}

function openChannel(socket: WebSocket, channel: number): Duplex {
  const stream = new Duplex({
    read: () => {
      if (socket.isPaused) socket.resume();
    },
    write: (chunk: Buffer, _, done) =>
      socket.send(Buffer.concat([Buffer.of(channel), chunk]), done),
  });
  stream.on('error', () => {});
  return stream;
}

/** Undefined for what is no port. */
export function toPort(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  return port > 0 && port < 65_536 ? port : undefined;
}
