/** The client's end of an exec or an attach: a connection that has become a process' streams. */
import type { StreamSession } from './monitor.ts';
import { MonitorConnection } from './monitor-connection.ts';
import { decodeFields, encodeFields, type Fields, type Frame, frameTypes } from './monitor-wire.ts';

type OutputListener = Parameters<StreamSession['onOutput']>[0];

/** Of a frame of input: small enough that one client does not fill the monitor. */
const inputBytesMax = 64 * 2 ** 10;
/** Output that comes before anyone listens is kept up to here; beyond it nobody ever will. */
const earlyBytesMax = 2 ** 20;

/** Asks for `exec` or `attach` on a connection of its own, which ends with the session. */
export async function openStream(
  socketPath: string,
  type: number,
  fields: Fields,
): Promise<StreamSession> {
  const stream = new Stream();
  stream.connection = await MonitorConnection.open(socketPath, stream);
  try {
    await stream.connection.request(type, fields);
  } catch (error) {
    stream.close();
    throw error;
  }
  return stream;
}

class Stream implements StreamSession {
  connection!: MonitorConnection;
  readonly exited: Promise<{ exitCode: number }>;
  private readonly settle = Promise.withResolvers<{ exitCode: number }>();
  private readonly listeners: OutputListener[] = [];
  private early: Frame[] = [];
  private earlyBytes = 0;

  constructor() {
    this.exited = this.settle.promise;
    this.exited.catch(() => {}); // Who only attaches need not look at the end.
  }

  onOutput(listener: OutputListener): void {
    this.listeners.push(listener);
    const early = this.early;
    this.early = [];
    for (const frame of early) this.deliver(frame);
  }

  async write(data: Uint8Array): Promise<void> {
    for (let start = 0; start < data.length; start += inputBytesMax) {
      const piece = data.subarray(start, start + inputBytesMax);
      await this.connection.send(frameTypes.input, piece);
    }
  }

  closeStdin(): void {
    this.connection.send(frameTypes.inputEnd).catch(() => {}); // Gone: then it is closed.
  }

  resize(columns: number, rows: number): void {
    const fields = [['columns', String(columns)] as const, ['rows', String(rows)] as const];
    this.connection.send(frameTypes.resize, encodeFields(fields)).catch(() => {});
  }

  pause(): void {
    this.connection.socket.pause();
  }

  resume(): void {
    this.connection.socket.resume();
  }

  close(): void {
    this.connection.close();
  }

  onFrame(frame: Frame): void {
    if (frame.type === frameTypes.streamEnd) {
      const exitCode = Number(new Map(decodeFields(frame.payload)).get('exitCode'));
      this.settle.resolve({ exitCode });
      this.connection.close(); // The monitor waits for it, so that nothing said is lost.
    } else if (this.listeners.length > 0) {
      this.deliver(frame);
    } else if (this.earlyBytes < earlyBytesMax) {
      this.earlyBytes += frame.payload.length;
      this.early.push(frame);
    }
  }

  onClose(): void {
    this.settle.reject(new Error('The stream ended before its process did'));
  }

  private deliver({ type, payload }: Frame): void {
    if (type !== frameTypes.stdout && type !== frameTypes.stderr) return;
    const name = type === frameTypes.stdout ? 'stdout' : 'stderr';
    for (const listener of this.listeners) listener(name, payload);
  }
}
