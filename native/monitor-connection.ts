/** One connection to a monitor: requests with their answers, and the frames that nobody asked for. */
import { closeSync, constants, openSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import type { MonitorError } from './monitor.ts';
import {
  decodeFields,
  encodeFields,
  encodeFrame,
  type Fields,
  type Frame,
  FrameDecoder,
  frameTypes,
} from './monitor-wire.ts';

interface Waiting {
  resolve(fields: Fields): void;
  reject(error: Error): void;
}

export interface ConnectionEvents {
  onFrame(frame: Frame): void;
  /** Once; all that was asked has been rejected by then. */
  onClose(): void;
}

/** sun_path's 108 bytes, the last of them NUL. */
const socketPathMax = 107;

export class MonitorConnection {
  readonly socket: Socket;
  private readonly events: ConnectionEvents;
  private readonly decoder = new FrameDecoder();
  private readonly waiting = new Map<string, Waiting>();
  private lastRequest = 0;

  private constructor(socket: Socket, events: ConnectionEvents) {
    this.socket = socket;
    this.events = events;
    socket.on('data', (chunk) => this.read(chunk));
    socket.on('error', () => {}); // 'close' follows.
    socket.on('close', () => this.end());
  }

  static async open(path: string, events: ConnectionEvents): Promise<MonitorConnection> {
    return new MonitorConnection(await connect(path), events);
  }

  request(type: number, fields: Fields = []): Promise<Fields> {
    const number = String(++this.lastRequest);
    const frame = encodeFrame(type, encodeFields([['request', number], ...fields]));
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return reject(lostError());
      this.waiting.set(number, { resolve, reject });
      this.socket.write(frame);
    });
  }

  send(type: number, payload?: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return reject(lostError());
      this.socket.write(encodeFrame(type, payload), (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    let frames: Frame[];
    try {
      frames = this.decoder.push(chunk);
    } catch {
      this.close(); // Not a monitor, or one that has lost its mind: as good as gone.
      return;
    }
    for (const frame of frames) {
      if (frame.type === frameTypes.reply || frame.type === frameTypes.error) this.settle(frame);
      else this.events.onFrame(frame);
    }
  }

  private settle({ type, payload }: Frame): void {
    const fields = decodeFields(payload);
    const number = fields.find(([key]) => key === 'request')?.[1] ?? '';
    const waiting = this.waiting.get(number);
    this.waiting.delete(number);
    if (type === frameTypes.reply) waiting?.resolve(fields);
    else waiting?.reject(toError(new Map(fields)));
  }

  private end(): void {
    for (const { reject } of this.waiting.values()) reject(lostError());
    this.waiting.clear();
    this.events.onClose();
  }
}

export function makeError(errno: number, step: string, detail = ''): MonitorError {
  const [code, message] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, `error ${errno}`];
  const what = detail === '' ? step : `${step} ${detail}`;
  return Object.assign(new Error(`${what}: ${message}`), {
    code,
    syscall: step,
    errno: -errno,
    stage: 'setup' as const,
  });
}

function toError(fields: ReadonlyMap<string, string>): MonitorError {
  const errno = Number(fields.get('errno'));
  const error = makeError(errno, fields.get('step') ?? '', fields.get('detail'));
  return Object.assign(error, {
    stage: fields.get('stage') === 'exec' ? 'exec' : 'setup',
  } as const);
}

const lostError = () =>
  Object.assign(new Error('The connection to the monitor was lost'), { code: 'ECONNRESET' });

/** A path too long for a socket's address is reached by way of its directory's descriptor. */
async function connect(path: string): Promise<Socket> {
  const isLong = Buffer.byteLength(path) > socketPathMax;
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  const dir = isLong ? openSync(dirname(path), flags) : -1;
  try {
    return await new Promise((resolve, reject) => {
      const name = isLong ? `/proc/self/fd/${dir}/${basename(path)}` : path;
      const socket = createConnection({ path: name });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(socket);
      });
    });
  } finally {
    if (isLong) closeSync(dir);
  }
}
