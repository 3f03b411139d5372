/**
 * `pods/proxy`, `services/proxy`, `nodes/proxy`: HTTP and upgrades handed on to a pod or a node.
 *
 * Each request has a connection of its own, which ends with it; no redirect is followed. What the
 * backend sees of the client is the request, not who sent it.
 */
import {
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
  STATUS_CODES,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflate } from 'node:zlib';
import { messageOf, StatusError } from '../../base/errors.ts';
import { type Authorizer, forbiddenError } from '../authorization/authorize.ts';
import type { ConnectRequest, HttpRequest, HttpResponse } from '../request.ts';
import type { Call, Dial } from './dial.ts';
import { createLinkRewriter } from './html-links.ts';
import { isGone } from './log.ts';
import { answerHeaders, requestHeaders, rewriteLink } from './proxy-headers.ts';
import { type ProxyPath, runsSomething, splitProxyPath } from './proxy-name.ts';
import { findProxyTarget, type ProxyTarget, type TargetDeps } from './proxy-target.ts';
import { answerTo, join, rawHead } from './tunnel.ts';

export interface ProxyDeps extends TargetDeps {
  readonly dial: Dial;
  readonly authorize: Authorizer;
}

/** Resolves when the answer or the upgraded connection is over. @throws StatusError before that */
export async function proxy(connect: ConnectRequest, deps: ProxyDeps): Promise<void> {
  const { info, request, response, upgrade } = connect;
  const parts = splitProxyPath(request.url ?? '', info);
  requireCreate(connect, deps, parts);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (parts.path === '' && isRead && response) return redirect(response, parts);
  const target = findProxyTarget(info, deps);
  const protocol = upgrade && request.headers.upgrade;
  const sent = dialTarget(target, deps.dial, {
    method: request.method ?? 'GET',
    path: (parts.path || '/') + parts.query,
    headers: {
      ...requestHeaders(request.headers, parts, protocol),
      ...(hasOpenBody(request) && { 'transfer-encoding': 'chunked' }),
    },
  });
  if (upgrade) await passUpgrade(sent, upgrade);
  else if (response) await passAnswer(sent, connect, parts);
}

/** Of a length that nobody has told. Without a frame of its own it would look like more requests. */
function hasOpenBody(request: HttpRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (length !== undefined) return false;
  return 'stream' in request ? !request.stream.endAfterHeaders : coding !== undefined;
}

/** To run something in a node's pods by way of its agent takes more than to read from it. */
function requireCreate(connect: ConnectRequest, { authorize }: ProxyDeps, { path }: ProxyPath) {
  const { info, user, upgrade } = connect;
  if (info.resource !== 'nodes' || (!upgrade && !runsSomething(path))) return;
  const create = { ...info, verb: 'create' };
  const { allowed, reason } = authorize(user, create);
  if (!allowed) throw forbiddenError(user, create, reason);
}

/** Relative links of what answers there would miss it without the slash. */
function redirect(response: HttpResponse, { prefix, query }: ProxyPath): void {
  writeHead(response, 301, { location: `${prefix}/${query}` });
  response.end();
}

const connectMsMax = 30_000;
const plainAgent = new PlainAgent({ keepAlive: false });
const tlsAgent = new TlsAgent({ keepAlive: false, maxCachedSessions: 0 });

function dialTarget(target: ProxyTarget, dial: Dial, call: Call): ClientRequest {
  if (target.kind === 'agent') return dial(target.agent, call);
  const { host, port, isTls } = target;
  const options = { ...call, host, port, setHost: false };
  // As upstream: whose certificate a pod shows is not checked, and none of ours is shown to it.
  const sent = isTls
    ? tlsRequest({ ...options, agent: tlsAgent, rejectUnauthorized: false })
    : plainRequest({ ...options, agent: plainAgent });
  sent.on('socket', (socket) => {
    const late = () => sent.destroy(new Error('connect: timed out'));
    const timer = setTimeout(late, connectMsMax);
    const stop = () => clearTimeout(timer);
    socket.once(isTls ? 'secureConnect' : 'connect', stop).once('close', stop);
  });
  return sent;
}

async function passAnswer(sent: ClientRequest, connect: ConnectRequest, parts: ProxyPath) {
  const { request } = connect;
  const response = connect.response!;
  const onGone = () => sent.destroy();
  response.once('close', onGone);
  try {
    const answered = answerTo(sent, cannotReach);
    request.pipe(sent); // Not a pipeline: who cannot be reached must not cost the client's socket.
    const result = await answered;
    if (result.kind === 'upgrade') {
      result.socket.destroy();
      throw cannotReach(new Error('it upgraded the connection without being asked'));
    }
    await passBody(result.answer, connect, parts);
  } catch (error) {
    if (!isGone(response)) throw error;
  } finally {
    response.off('close', onGone);
    sent.destroy();
  }
}

/** Either end that breaks takes the other with it; nobody is left to be told. */
async function passBody(
  answer: IncomingMessage,
  { request, response }: ConnectRequest,
  parts: ProxyPath,
) {
  const headers = answerHeaders(answer.headers);
  const { prefix } = parts;
  const hosts = [request.headers.host, request.headers[':authority']].flat().filter(isText);
  const rewrite = (link: string) => rewriteLink(link, prefix, hosts);
  if (typeof headers.location === 'string') headers.location = rewrite(headers.location);
  const steps: Duplex[] = [];
  const isPage = /^text\/html *(;|$)/i.test(String(headers['content-type'] ?? ''));
  if (isPage && headers.location === undefined && request.method !== 'HEAD') {
    const packed = String(headers['content-encoding'] ?? '');
    const unpack = { gzip: createGunzip, deflate: createInflate }[packed];
    if (unpack) steps.push(unpack());
    if (unpack || packed === '') {
      steps.push(createLinkRewriter(rewrite));
      delete headers['content-encoding'];
      delete headers['content-length'];
    }
  }
  writeHead(response!, answer.statusCode ?? 502, headers);
  const sink = 'stream' in response! ? response.stream : (response as Writable);
  await pipeline([answer, ...steps, sink]).catch(() => {});
}

const isText = (value: string | undefined): value is string => value !== undefined;

function writeHead(response: HttpResponse, code: number, headers: Record<string, unknown>): void {
  (response as { writeHead(code: number, headers: object): void }).writeHead(code, headers);
}

/** An answer other than the upgrade is handed on, and the connection is then over for good. */
async function passUpgrade(
  sent: ClientRequest,
  { socket: client, head }: NonNullable<ConnectRequest['upgrade']>,
): Promise<void> {
  const onGone = () => sent.destroy();
  client.once('close', onGone);
  try {
    sent.end();
    const result = await answerTo(sent, cannotReach);
    if (result.kind === 'refusal') return await passRefusal(client, result.answer);
    const backend: Socket = result.socket;
    if (result.head.length > 0) backend.unshift(result.head);
    client.write(rawHead(result.answer));
    backend.write(head);
    await join(client, backend);
  } catch (error) {
    if (!client.destroyed) throw error;
  } finally {
    client.off('close', onGone);
    sent.destroy();
  }
}

async function passRefusal(client: Duplex, answer: IncomingMessage): Promise<void> {
  const code = answer.statusCode ?? 502;
  const headers = Object.entries(answerHeaders(answer.headers))
    .filter(([name]) => name !== 'content-length')
    .flatMap(([name, value]) => [value ?? []].flat().map((each) => `${name}: ${each}`));
  const lines = [`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Unknown'}`, ...headers];
  client.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
  await pipeline(answer, client).catch(() => {});
  client.destroy();
}

const cannotReach = (cause: unknown) =>
  new StatusError('ServiceUnavailable', `error trying to reach service: ${messageOf(cause)}`, {
    cause,
  });
