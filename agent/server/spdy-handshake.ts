/** The answer to `Upgrade: SPDY/3.1`, and which of the protocols above it both sides speak. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

export interface AcceptedSpdy {
  readonly socket: Duplex;
  /** Empty: the client named none, as the oldest do. */
  readonly protocol: string;
}

const protocolHeader = 'x-stream-protocol-version';

export const isSpdy = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'spdy/3.1';

/** @returns undefined when the client speaks none of `known`; it has been told so. */
export function acceptSpdy(
  request: IncomingMessage,
  { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
  known: readonly string[],
): AcceptedSpdy | undefined {
  const value = request.headers[protocolHeader];
  const offered = [value ?? []]
    .flat()
    .flatMap((line) => line.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const protocol = known.find((name) => offered.includes(name)) ?? '';
  if (offered.length > 0 && protocol === '') {
    const lines = known.map((name) => `X-Accepted-Stream-Protocol-Versions: ${name}`);
    const refusal = `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${known.join(' ')}]`;
    lines.push('Content-Type: text/plain', `Content-Length: ${Buffer.byteLength(refusal)}`);
    socket.end(
      `HTTP/1.1 403 Forbidden\r\n${lines.join('\r\n')}\r\nConnection: close\r\n\r\n${refusal}`,
    );
    return undefined;
  }
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1'];
  if (protocol !== '') lines.push(`X-Stream-Protocol-Version: ${protocol}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) socket.unshift(head);
  return { socket, protocol };
}
