/**
 * The remote command protocol over WebSocket: each message begins with the number of its channel.
 * Sources: Kubernetes' remotecommand subprotocols; KEP-4006 for version 5, which adds the closing
 * of a channel. Pure.
 */

export const channels = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  error: 3,
  resize: 4,
  close: 255,
} as const;

/** A form of the protocol: how bytes are written, and how the end is told. */
export interface ChannelProtocol {
  readonly name: string;
  /** Text messages: the channel as a digit, then base64. */
  readonly isBase64: boolean;
  /** From version 4 on the end is a Status; before, only a failure is told, in words. */
  readonly tellsStatus: boolean;
  /** Version 5: either side may close its half of a channel. */
  readonly closesChannels: boolean;
}

const protocol = (
  name: string,
  isBase64: boolean,
  tellsStatus: boolean,
  closesChannels = false,
): ChannelProtocol => ({ name, isBase64, tellsStatus, closesChannels });

/** The best first. */
const protocols: readonly ChannelProtocol[] = [
  protocol('v5.channel.k8s.io', false, true, true),
  protocol('v4.channel.k8s.io', false, true),
  protocol('v4.base64.channel.k8s.io', true, true),
  protocol('channel.k8s.io', false, false),
  protocol('base64.channel.k8s.io', true, false),
];

/** Undefined when the client offers others only; one that offers none gets the oldest. */
export function chooseProtocol(offered: readonly string[]): ChannelProtocol | undefined {
  if (offered.length === 0) return protocol('', false, false);
  return protocols.find(({ name }) => offered.includes(name));
}

export type ClientMessage =
  | { readonly type: 'stdin'; readonly data: Buffer }
  | { readonly type: 'closeStdin' }
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly type: 'ignored' };

/** What a client sent. Nothing that it can send throws. */
export function parseMessage(
  message: Buffer,
  { isBase64, closesChannels }: ChannelProtocol,
): ClientMessage {
  const channel = isBase64 ? message[0]! - zero : message[0];
  const data = isBase64
    ? Buffer.from(message.toString('latin1', 1), 'base64')
    : message.subarray(1);
  if (channel === channels.stdin) return { type: 'stdin', data };
  if (channel === channels.resize) return parseResize(data);
  const isClose = closesChannels && channel === channels.close && data[0] === channels.stdin;
  return isClose ? { type: 'closeStdin' } : ignored;
}

const zero = '0'.charCodeAt(0);
const ignored: ClientMessage = { type: 'ignored' };

/** A string is to be sent as a text message, bytes as a binary one. */
export const encodeMessage = (
  channel: number,
  data: Uint8Array,
  { isBase64 }: ChannelProtocol,
): Buffer | string =>
  isBase64
    ? `${channel}${Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64')}`
    : Buffer.concat([Buffer.of(channel), data]);

/** A terminal's new size, as JSON; anything else counts as nothing. */
export function parseResize(data: Buffer): ClientMessage {
  try {
    const { Width, Height } = JSON.parse(data.toString('utf8')) as Record<string, unknown>;
    if (isSize(Width) && isSize(Height)) return { type: 'resize', columns: Width, rows: Height };
  } catch {
    // Falls through: a client's nonsense changes nothing.
  }
  return ignored;
}

const isSize = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;
