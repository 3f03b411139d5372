/** The subresources that are streams from and to a node or a pod. */
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { type Authorizer, forbiddenError } from '../authorization/authorize.ts';
import type { ConnectRequest, ObjectReader } from '../request.ts';
import { isReachable } from './address.ts';
import { createDial, type Dial, type KubeletClient } from './dial.ts';
import { streamLog } from './log.ts';
import { proxy } from './proxy.ts';
import { agentOf, agentPath, badRequest, containerOf, streamQuery } from './target.ts';
import { openTunnel } from './tunnel.ts';

export type { KubeletClient } from './dial.ts';
export { refuseUpgrade } from './tunnel.ts';

export interface ConnectorOptions {
  readonly reader: ObjectReader;
  readonly kubeletClient: KubeletClient;
  readonly authorize: Authorizer;
  /** Which addresses may be connected to; absent: those that a node or a pod can have. */
  readonly mayReach?: (address: string) => boolean;
}

/**
 * Resolves when the stream is over. Rejects with a StatusError as long as nothing was written:
 * the caller then answers it (`refuseUpgrade` for an upgraded socket).
 */
export type Connector = (connect: ConnectRequest) => Promise<void>;

/** By `pods/log`, `pods/exec`, `pods/attach`, `pods/portforward`, and the three `proxy`. */
export function createConnectors(options: ConnectorOptions): Map<string, Connector> {
  const deps: Deps = {
    reader: options.reader,
    dial: createDial(options.kubeletClient),
    authorize: options.authorize,
    mayReach: options.mayReach ?? isReachable,
  };
  return new Map<string, Connector>([
    ['pods/log', (connect) => streamLog(connect, deps)],
    ['pods/exec', (connect) => streamTo(connect, deps, 'exec')],
    ['pods/attach', (connect) => streamTo(connect, deps, 'attach')],
    ['pods/portforward', (connect) => streamTo(connect, deps, 'portForward')],
    ...['pods/proxy', 'services/proxy', 'nodes/proxy'].map((name): [string, Connector] => [
      name,
      (connect) => proxy(connect, deps),
    ]),
  ]);
}

interface Deps {
  readonly reader: ObjectReader;
  readonly dial: Dial;
  readonly authorize: Authorizer;
  readonly mayReach: (address: string) => boolean;
}

async function streamTo(connect: ConnectRequest, deps: Deps, action: string): Promise<void> {
  const { info, user, object, upgrade } = connect;
  if (!upgrade) throw badRequest('Upgrade request required');
  // R17: a WebSocket is a GET, yet whoever may only get pods/exec must not run anything.
  const create = { ...info, verb: 'create' };
  if (!deps.authorize(user, create).allowed) throw forbiddenError(user, create);
  const pod = object as Pod;
  const target = [info.namespace, info.name];
  if (action !== 'portForward') target.push(containerOf(pod, info.query));
  const agent = agentOf(pod, deps.reader, deps.mayReach);
  if (!agent) throw badRequest(`pod ${info.name} does not have a host assigned`);
  const path = `${agentPath(action, ...target)}?${streamQuery(info)}`;
  await openTunnel(connect, { agent, path, dial: deps.dial });
}
