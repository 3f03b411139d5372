/** What of a proxied request and its answer goes on to the other side. Pure. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { withoutToken } from '../authentication/credentials.ts';
import type { ProxyPath } from './proxy-name.ts';

/** RFC 9110 7.6.1: between neighbours only. */
const hop = new Set([
  'connection',
  'expect', // Answered here already.
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Who the client is was between it and us; nobody further on is to act in its name. */
const identity = /^(authorization|impersonate-.*|x-remote-.*)$/;

/** @param upgrade The protocol to ask for, if the client has. */
export function requestHeaders(
  headers: IncomingHttpHeaders,
  { prefix, path }: ProxyPath,
  upgrade: string | undefined,
): OutgoingHttpHeaders {
  const named = namedHops(headers.connection);
  const passed: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || hop.has(name) || named.has(name) || identity.test(name)) continue;
    if (value !== undefined) passed[name] = value;
  }
  passed.host ??= headers[':authority'] as string | undefined;
  passed['x-forwarded-uri'] = prefix + path;
  const protocols = headers['sec-websocket-protocol'];
  if (protocols !== undefined) {
    const rest = withoutToken(protocols);
    if (rest === '') delete passed['sec-websocket-protocol'];
    else passed['sec-websocket-protocol'] = rest;
  }
  if (upgrade !== undefined) Object.assign(passed, { connection: 'Upgrade', upgrade });
  return passed;
}

/** The backend speaks for itself, not for this server: what other sites may do is not its to say. */
export function answerHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = namedHops(headers.connection);
  const passed: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (hop.has(name) || named.has(name) || name.startsWith('access-control-')) continue;
    passed[name] = value;
  }
  return passed;
}

const namedHops = (connection = '') =>
  new Set(connection.split(',').map((name) => name.trim().toLowerCase()));

/**
 * A link as the backend gives it, so that it leads through the proxy again: absolute paths get our
 * prefix, addresses of other hosts and relative paths stay.
 */
export function rewriteLink(link: string, prefix: string, hosts: readonly string[]): string {
  const [, host, rest = link] = /^(?:https?:)?\/\/([^/?#]*)(.*)$/is.exec(link) ?? [];
  if (host !== undefined && !hosts.includes(host.toLowerCase())) return link;
  const path = host !== undefined && !rest.startsWith('/') ? `/${rest}` : rest;
  if (!path.startsWith('/')) return link;
  return path === prefix || path.startsWith(`${prefix}/`) ? path : prefix + path;
}
