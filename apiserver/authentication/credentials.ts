/** What a request shows of who sent it. */
import type { Http2ServerRequest } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { StatusError } from '../../base/errors.ts';
import type { HttpRequest } from '../request.ts';

export const unauthorized = (): StatusError => new StatusError('Unauthorized', 'Unauthorized');

/**
 * The bearer token, if any. Headers are read as they came: Node's own objects drop a second
 * Authorization.
 * @throws StatusError Unauthorized
 */
export function bearerTokenOf({ rawHeaders }: Pick<HttpRequest, 'rawHeaders'>): string | undefined {
  const authorizations: string[] = [];
  let token: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    const value = rawHeaders[index + 1]!;
    if (name === 'authorization') authorizations.push(value);
    if (name === 'sec-websocket-protocol') token ??= protocolToken(value);
  }
  if (authorizations.length > 1) throw unauthorized();
  const [header] = authorizations;
  if (header === undefined) return token;
  const [, bearer] = /^bearer +(\S+) *$/i.exec(header) ?? [];
  if (bearer === undefined) throw unauthorized();
  return bearer;
}

/** Browsers can set no header on a WebSocket, so upstream takes the token as a subprotocol. */
const tokenProtocol = 'base64url.bearer.authorization.k8s.io.';

function protocolToken(header: string): string | undefined {
  const given = header.split(',').map((each) => each.trim());
  const found = given.find((each) => each.startsWith(tokenProtocol));
  if (found === undefined) return undefined;
  const token = Buffer.from(found.slice(tokenProtocol.length), 'base64url').toString('utf8');
  if (token === '') throw unauthorized();
  return token;
}

/** The subprotocols without the token: nobody further on may see it. */
export const withoutToken = (protocols: string): string =>
  protocols
    .split(',')
    .map((each) => each.trim())
    .filter((each) => !each.startsWith(tokenProtocol))
    .join(', ');

/** The connection, as something that lives as long as it does: of HTTP/2 the session. */
export function connectionOf(request: HttpRequest): { key: object; socket: TLSSocket } {
  const session = (request as Partial<Http2ServerRequest>).stream?.session;
  const socket = (session?.socket ?? request.socket) as TLSSocket;
  return { key: session ?? socket, socket };
}
