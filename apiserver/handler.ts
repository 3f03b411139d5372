/** The way of every request: who asks, what for, may they, then the verb; errors become Statuses. */
import type { Duplex } from 'node:stream';
import { groupResourceOf } from '../api/resource.ts';
import { messageOf, StatusError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { impersonate } from './authentication/impersonation.ts';
import type { Authorizer } from './authorization/authorize.ts';
import type { Call, Machinery, Maker } from './call.ts';
import { refuseUpgrade } from './connect/connect.ts';
import { connectOptions } from './connect/options.ts';
import { splitProxyName } from './connect/proxy-name.ts';
import type { Metrics } from './discovery/metrics.ts';
import type { Page } from './discovery/pages.ts';
import { methodNotAllowed, notFound } from './errors.ts';
import { formatOf } from './http/accept.ts';
import { type Exchange, sendError } from './http/answer.ts';
import { isLongRunning, timeoutOf, tooLate } from './http/deadline.ts';
import { checkFraming } from './http/framing.ts';
import { requestInfoOf } from './path.ts';
import { keyOf } from './registry/registry.ts';
import type { ConnectRequest, HttpRequest, HttpResponse, RequestInfo, User } from './request.ts';
import type { Route, Router } from './router.ts';
import { serveMaker } from './verbs/make.ts';
import { prepareWatch } from './verbs/watch.ts';
import { acceptSocket, socketSink } from './verbs/watch-sinks.ts';
import { admissionOf, passPlugins, settle } from './write/store-object.ts';

export type Authenticate = (request: HttpRequest, warn: (text: string) => void) => Promise<User>;
export type Connect = (connect: ConnectRequest) => Promise<void>;

export interface HandlerDeps extends Machinery {
  readonly router: Router;
  readonly pageOf: (path: string) => Page;
  readonly authenticate: Authenticate;
  readonly authorize: Authorizer;
  /** @throws StatusError Forbidden */
  readonly refuse: (user: User, info: RequestInfo, reason: string) => StatusError;
  readonly connectors: ReadonlyMap<string, Connect>; // By `pods/log`.
  readonly makers: ReadonlyMap<string, Maker>; // By `serviceaccounts/token`.
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface Handler {
  /** `onKnown`: the client has shown who it is. */
  onRequest(request: HttpRequest, response: HttpResponse, onKnown: () => void): void;
  onUpgrade(request: HttpRequest, upgrade: Upgrade, onKnown: () => void): void;
}

export function createHandler(deps: HandlerDeps): Handler {
  return {
    onRequest: (request, response, onKnown) => {
      void serve(deps, { request, response, warnings: [] }, onKnown);
    },
    onUpgrade: (request, upgrade, onKnown) => {
      const { socket } = upgrade;
      socket.on('error', () => socket.destroy()); // Also while nobody else listens yet.
      void serveUpgrade(deps, { request, onKnown }, upgrade);
    },
  };
}

async function serve(deps: HandlerDeps, exchange: Exchange, onKnown: () => void): Promise<void> {
  const { request, response } = exchange;
  let info: RequestInfo | undefined;
  let measured: Measured | undefined;
  try {
    checkFraming(request);
    info = requestInfoOf(request.method ?? 'GET', request.url ?? '/');
    measured = measure(deps, exchange, info);
    const user = await admitUser(deps, exchange, info);
    if (user.name !== anonymous) onKnown();
    if (info.isResource) await serveResource(deps, exchange, { info, user });
    else await servePage(deps, exchange, info);
  } catch (error) {
    const status = asStatus(deps, error, info);
    if (measured?.isLate) return;
    if (response.headersSent || response.destroyed) response.destroy();
    else await sendError(exchange, status).catch(() => response.destroy());
  } finally {
    measured?.end();
  }
}

const anonymous = 'system:anonymous';

interface Measured {
  readonly isLate: boolean;
  end(): void;
}

/** Counts the request, and answers for it when its time is up. @throws StatusError BadRequest */
function measure({ metrics }: HandlerDeps, exchange: Exchange, info: RequestInfo): Measured {
  const { response } = exchange;
  const isEndless = isLongRunning(info);
  const ms = timeoutOf(info);
  const onEnd = metrics.beginRequest(info, isEndless);
  let isLate = false;
  const onTime = () => {
    if (response.headersSent || response.destroyed) return;
    isLate = true;
    metrics.countTermination(info, 504);
    void sendError(exchange, tooLate()).catch(() => response.destroy());
  };
  const timer = isEndless ? undefined : setTimeout(onTime, ms);
  return {
    get isLate() {
      return isLate;
    },
    end: () => {
      clearTimeout(timer);
      onEnd(response.statusCode);
    },
  };
}

/** @throws StatusError Unauthorized, Forbidden */
async function admitUser(
  { authenticate, authorize, refuse }: HandlerDeps,
  { request, warnings }: Pick<Exchange, 'request' | 'warnings'>,
  info: RequestInfo,
) {
  const requestor = await authenticate(request, (text) => warnings.push(text));
  const user = impersonate(request, { requestor, info, authorize });
  const { allowed, reason } = authorize(user, info);
  if (!allowed) throw refuse(user, info, reason);
  return user;
}

async function servePage(deps: HandlerDeps, exchange: Exchange, info: RequestInfo) {
  if (info.verb !== 'get' && info.verb !== 'head') throw methodNotAllowed();
  await deps.pageOf(info.path)(exchange, info);
}

interface Asked {
  readonly info: RequestInfo;
  readonly user: User;
}

async function serveResource(deps: HandlerDeps, exchange: Exchange, { info, user }: Asked) {
  const route = deps.router.find(info);
  const { deprecation } = route.resource;
  if (deprecation) exchange.warnings.push(deprecation);
  const connect = deps.connectors.get(`${info.resource}/${info.subresource}`);
  if (connect) {
    const object = await objectOf(deps, route, info);
    const { request, response } = exchange;
    await askConnect(deps, { info, user, route, warnings: exchange.warnings });
    return connect({ info, user, object, request, response });
  }
  const format = formatOf(exchange.request.headers.accept);
  const call: Call = { ...exchange, info, user, resource: route.resource, format };
  const make = deps.makers.get(makerKey(info));
  if (make && info.verb === 'create') return serveMaker(call, deps, { make, route });
  await deps.router.verbOf(route, info)(call, deps);
}

function makerKey({ group, resource, subresource }: RequestInfo): string {
  const name = groupResourceOf({ group, plural: resource });
  return subresource ? `${name}/${subresource}` : name;
}

interface Opened extends Asked {
  readonly route: Route;
  readonly warnings: string[];
}

/** A log is only read; whatever else opens a stream to a pod may be refused by admission. */
async function askConnect({ admission }: HandlerDeps, opened: Opened): Promise<void> {
  const { info, user, route, warnings } = opened;
  if (info.subresource === 'log') return;
  const { resource, subresource } = route;
  const writer = { resource, info, user, dryRun: false, warnings };
  const options = connectOptions(subresource?.kind ?? '', info.query);
  const passage = admission.start(admissionOf(writer, 'CONNECT', options));
  await settle(passage, false, async () => {
    await passPlugins(passage, () => {});
    return true;
  });
}

/** @throws StatusError NotFound */
async function objectOf({ registry }: HandlerDeps, { resource }: Route, info: RequestInfo) {
  await registry.fresh();
  const name = info.subresource === 'proxy' ? splitProxyName(info).name : info.name;
  const stored = registry.cacheOf(resource).get(keyOf(resource, name, info.namespace));
  if (!stored) throw notFound(resource, name);
  return stored.object;
}

interface Asking {
  readonly request: HttpRequest;
  readonly onKnown: () => void;
}

interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** HTTP/1.1 only: exec, attach, port-forward and proxies take the connection over. */
async function serveUpgrade(deps: HandlerDeps, { request, onKnown }: Asking, upgrade: Upgrade) {
  let info: RequestInfo | undefined;
  try {
    checkFraming(request);
    info = requestInfoOf(request.method ?? 'GET', request.url ?? '/');
    const user = await admitUser(deps, { request, warnings: [] }, info);
    if (user.name !== anonymous) onKnown();
    const route = deps.router.find(info);
    if (info.verb === 'watch') {
      deps.router.verbOf(route, info);
      const format = formatOf(request.headers.accept);
      const start = prepareWatch({ info, resource: route.resource, format }, deps);
      return await start(socketSink(await acceptSocket(request, upgrade)));
    }
    const connect = deps.connectors.get(`${info.resource}/${info.subresource}`);
    if (!connect) throw new StatusError('BadRequest', 'this path takes no upgrade');
    const object = await objectOf(deps, route, info);
    await askConnect(deps, { info, user, route, warnings: [] });
    await connect({ info, user, object, request, upgrade });
  } catch (error) {
    const status = asStatus(deps, error, info);
    refuseUpgrade(upgrade.socket, status);
  }
}

/** A bug in one verb must not end the server; what the client sees of it is only that it is one. */
function asStatus({ log }: HandlerDeps, error: unknown, info: RequestInfo | undefined) {
  if (error instanceof StatusError) return error;
  log.error('Could not serve a request', error, { path: info?.path, verb: info?.verb });
  return new StatusError('InternalError', `Internal error occurred: ${messageOf(error)}`, {
    cause: error,
  });
}
