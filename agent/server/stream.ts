/** Ties a WebSocket to a process' streams: exec and attach. Back-pressure goes both ways. */
import type { RawData, WebSocket } from 'ws';
import { messageOf } from '../../base/errors.ts';
import type { StreamSession } from '../../native/index.ts';
import { channels, exitStatus, failureStatus, frame, parseMessage } from './channels.ts';

export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** Above this the process waits until the client has read. */
const bufferedBytesMax = 1 << 20;
const drainMs = 5;

/** Resolves when the process has ended and its status is sent, or the client has gone. */
export async function joinStreams(
  socket: WebSocket,
  session: StreamSession,
  wanted: StreamOptions,
): Promise<void> {
  socket.once('close', () => session.close());
  socket.on('error', () => session.close());
  forwardOutput(socket, session, wanted);
  forwardInput(socket, session, wanted);
  try {
    const { exitCode } = await session.exited;
    socket.send(exitStatus(exitCode));
  } catch (error) {
    socket.send(failureStatus(messageOf(error)));
  }
  socket.close(1000);
}

function forwardOutput(socket: WebSocket, session: StreamSession, wanted: StreamOptions): void {
  let isPaused = false;
  const resumeWhenDrained = () => {
    if (socket.bufferedAmount > bufferedBytesMax && socket.readyState === socket.OPEN) {
      setTimeout(resumeWhenDrained, drainMs);
      return;
    }
    isPaused = false;
    session.resume();
  };
  session.onOutput((stream, data) => {
    if (!wanted[stream]) return;
    socket.send(frame(channels[stream], data));
    if (isPaused || socket.bufferedAmount <= bufferedBytesMax) return;
    isPaused = true;
    session.pause();
    setTimeout(resumeWhenDrained, drainMs);
  });
}

function forwardInput(socket: WebSocket, session: StreamSession, wanted: StreamOptions): void {
  let pending = Promise.resolve();
  socket.on('message', (message: RawData) => {
    const parsed = parseMessage(toBuffer(message));
    if (parsed.type === 'resize') session.resize(parsed.columns, parsed.rows);
    if (!wanted.stdin) return;
    if (parsed.type === 'closeStdin') pending = pending.then(() => session.closeStdin());
    if (parsed.type !== 'stdin') return;
    socket.pause();
    pending = pending
      .then(() => session.write(parsed.data))
      .catch(() => {}) // The process has closed its input: what follows goes nowhere, as in a shell.
      .then(() => socket.resume());
  });
}

function toBuffer(message: RawData): Buffer {
  if (Buffer.isBuffer(message)) return message;
  return Array.isArray(message) ? Buffer.concat(message) : Buffer.from(message);
}
