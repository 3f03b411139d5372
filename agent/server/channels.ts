/**
 * The remote command protocol over WebSocket, `v5.channel.k8s.io` and `v4.channel.k8s.io`: each
 * binary message begins with the number of its channel. Source: Kubernetes' remotecommand
 * subprotocols (KEP-4006 for version 5, which adds the closing of a channel). Pure.
 */
import type { Status } from '../../base/errors.ts';

export const channels = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  error: 3,
  resize: 4,
  close: 255,
} as const;

export const subprotocols: readonly string[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

export type ClientMessage =
  | { readonly type: 'stdin'; readonly data: Buffer }
  | { readonly type: 'closeStdin' }
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly type: 'ignored' };

/** What a client sent. Nothing that it can send throws. */
export function parseMessage(message: Buffer): ClientMessage {
  const data = message.subarray(1);
  switch (message[0]) {
    case channels.stdin:
      return { type: 'stdin', data };
    case channels.close:
      return data[0] === channels.stdin ? { type: 'closeStdin' } : { type: 'ignored' };
    case channels.resize:
      return parseResize(data);
    default:
      return { type: 'ignored' };
  }
}

export const frame = (channel: number, data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(channel), data]);

/** The last message: how the command ended, as kubectl reads its exit code. */
export function exitStatus(exitCode: number): Buffer {
  const status: Partial<Status> =
    exitCode === 0
      ? { metadata: {}, status: 'Success' }
      : {
          metadata: {},
          status: 'Failure',
          message: `command terminated with non-zero exit code: exit status ${exitCode}`,
          reason: 'NonZeroExitCode',
          details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
        };
  return frame(channels.error, Buffer.from(JSON.stringify(status)));
}

/** The command could not be run at all. */
export function failureStatus(message: string): Buffer {
  const status: Partial<Status> = {
    metadata: {},
    status: 'Failure',
    message,
    reason: 'InternalError',
    code: 500,
  };
  return frame(channels.error, Buffer.from(JSON.stringify(status)));
}

function parseResize(data: Buffer): ClientMessage {
  try {
    const { Width, Height } = JSON.parse(data.toString('utf8')) as Record<string, unknown>;
    if (isSize(Width) && isSize(Height)) return { type: 'resize', columns: Width, rows: Height };
  } catch {
    // Falls through: a client's nonsense changes nothing.
  }
  return { type: 'ignored' };
}

const isSize = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;
