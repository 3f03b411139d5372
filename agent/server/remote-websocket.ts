/** A client of exec or attach over WebSocket: its channels as streams. */
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { type ChannelProtocol, channels, encodeMessage, parseMessage } from './channels.ts';
import { outcomeText } from './outcome.ts';
import type { Remote, StreamOptions } from './remote.ts';

export function openWebSocketRemote(
  socket: WebSocket,
  protocol: ChannelProtocol,
  wanted: StreamOptions,
): Remote {
  const gone = once(socket, 'close').then(() => {});
  socket.on('error', () => {}); // 'close' follows.
  const send = (channel: number, data: Uint8Array, done?: (error?: Error) => void) =>
    socket.send(encodeMessage(channel, data, protocol), done);
  const outputOf = (channel: number) =>
    new Writable({
      highWaterMark: 64 * 1024,
      write: (chunk: Buffer, _, done) => send(channel, chunk, done),
    });
  const sizes = new SizeListener();
  const input = openInput(socket);
  socket.on('message', (message: RawData) => {
    const parsed = parseMessage(toBuffer(message), protocol);
    if (parsed.type === 'resize') sizes.tell(parsed.columns, parsed.rows);
    if (!wanted.stdin) return;
    if (parsed.type === 'closeStdin') input.end();
    if (parsed.type === 'stdin' && parsed.data.length > 0) input.take(parsed.data);
  });
  void gone.then(() => input.end());
  // Clients of the older forms wait for a first message.
  if (!protocol.closesChannels) send(firstChannelOf(wanted), Buffer.alloc(0));
  return {
    stdin: wanted.stdin ? input.stream : undefined,
    stdout: wanted.stdout ? outputOf(channels.stdout) : undefined,
    stderr: wanted.stderr ? outputOf(channels.stderr) : undefined,
    onResize: (listener) => sizes.listen(listener),
    finish(outcome) {
      if (socket.readyState !== socket.OPEN) return;
      const text = outcomeText(outcome, protocol.tellsStatus);
      if (text !== '') send(channels.error, Buffer.from(text));
      socket.resume(); // Else the other side's goodbye would not be read.
      socket.close(1000);
    },
    gone,
  };
}

const firstChannelOf = ({ stdout, stderr }: StreamOptions) =>
  stdout ? channels.stdout : stderr ? channels.stderr : channels.error;

/** The first size comes before the process that is to hear of it. */
class SizeListener {
  #listener: ((columns: number, rows: number) => void) | undefined;
  #last: [columns: number, rows: number] | undefined;

  tell(columns: number, rows: number): void {
    this.#last = [columns, rows];
    this.#listener?.(columns, rows);
  }

  listen(listener: (columns: number, rows: number) => void): void {
    this.#listener = listener;
    if (this.#last) listener(...this.#last);
  }
}

/** Input that waits for its reader by not reading the socket. */
function openInput(socket: WebSocket) {
  let isEnded = false;
  const stream = new Readable({
    highWaterMark: 64 * 1024,
    read: () => {
      if (socket.isPaused) socket.resume();
    },
  });
  return {
    stream,
    take(data: Buffer) {
      if (!isEnded && !stream.push(data)) socket.pause();
    },
    end() {
      if (!isEnded) stream.push(null);
      isEnded = true;
    },
  };
}

export function toBuffer(message: RawData): Buffer {
  if (Buffer.isBuffer(message)) return message;
  return Array.isArray(message) ? Buffer.concat(message) : Buffer.from(message);
}
