/** DNS over TCP: each message after its length, in two bytes (RFC 1035 4.2.2). */
import type { Socket } from 'node:net';

/** The first whole message and what follows it; undefined while it is incomplete. */
export function readFrame(received: Buffer): { message: Buffer; rest: Buffer } | undefined {
  if (received.length < 2) return undefined;
  const end = 2 + received.readUInt16BE(0);
  if (received.length < end) return undefined;
  return { message: received.subarray(2, end), rest: received.subarray(end) };
}

/** False once the socket wants to be waited for (`drain`). */
export function writeFrame(socket: Socket, message: Buffer): boolean {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  // One write: two would be two packets, and the second would wait for the first one's ACK.
  return socket.write(Buffer.concat([length, message]));
}
