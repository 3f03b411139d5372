/** Where a proxied request goes: one address, found once. */
import { endpointSlices } from '../../api/resources/endpoint-slice.ts';
import { nodes } from '../../api/resources/node.ts';
import { pods } from '../../api/resources/pod.ts';
import { services } from '../../api/resources/service.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { StatusError } from '../../base/errors.ts';
import { notFound } from '../errors.ts';
import type { ObjectReader, RequestInfo } from '../request.ts';
import { type ProxyName, splitProxyName } from './proxy-name.ts';
import { type AgentAddress, addressOf, badRequest, portOf } from './target.ts';

/** A server of its own, or a node's agent, which is asked with our certificate. */
export type ProxyTarget =
  | {
      readonly kind: 'server';
      readonly isTls: boolean;
      readonly host: string;
      readonly port: number;
    }
  | { readonly kind: 'agent'; readonly agent: AgentAddress };

export interface TargetDeps {
  readonly reader: ObjectReader;
  readonly mayReach: (address: string) => boolean;
}

/** @throws StatusError NotFound, BadRequest, ServiceUnavailable */
export function findProxyTarget(info: RequestInfo, deps: TargetDeps): ProxyTarget {
  const name = splitProxyName(info);
  if (info.resource === 'nodes') return targetOfNode(name, deps);
  if (info.resource === 'services') return targetOfService(name, info, deps);
  const pod = deps.reader.get(pods, name.name, info.namespace);
  if (!pod) throw notFound(pods, name.name);
  return targetOfPod(pod, name, deps);
}

function targetOfNode({ name, scheme, port }: ProxyName, { reader, mayReach }: TargetDeps) {
  const node = reader.get(nodes, name);
  if (!node) throw notFound(nodes, name);
  const host = addressOf(node);
  if (!mayReach(host)) throw notAllowed();
  if (port === '' || port === String(portOf(node))) {
    return { kind: 'agent', agent: { nodeName: name, host, port: portOf(node) } } as const;
  }
  return server(scheme, host, numberOf(port));
}

/** Without a port the first that any of its containers declares. */
function targetOfPod(pod: Pod, { scheme, port }: ProxyName, deps: TargetDeps): ProxyTarget {
  const host = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? '';
  if (!mayReachPod(pod, host, deps)) throw notAllowed();
  const declared = pod.spec?.containers?.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  const standard = scheme === 'https' ? 443 : 80;
  return server(scheme, host, port === '' ? (declared ?? standard) : numberOf(port));
}

/** A pod that says it has a node's address would be asked for what is the node's. */
function mayReachPod(pod: Pod, address: string, { reader, mayReach }: TargetDeps): boolean {
  if (!mayReach(address)) return false;
  if (pod.spec?.hostNetwork) return true;
  const isNodes = reader
    .list(nodes)
    .some(({ status }) => status?.addresses?.some((each) => each.address === address));
  return !isNodes;
}

/** As upstream: only addresses that are a pod's, whatever an endpoint says. */
function targetOfService(name: ProxyName, { namespace }: RequestInfo, deps: TargetDeps) {
  const { reader } = deps;
  const service = reader.get(services, name.name, namespace);
  if (!service) throw notFound(services, name.name);
  const portName = portNameOf(name, service.spec?.ports ?? []);
  const found = reader
    .list(endpointSlices, namespace)
    .filter(({ metadata }) => metadata?.labels?.[serviceLabel] === name.name)
    .flatMap(({ endpoints, ports }) => {
      const port = ports?.find((each) => (each.name ?? '') === portName)?.port;
      if (port === undefined) return [];
      return (endpoints ?? [])
        .filter(({ conditions }) => conditions?.ready !== false)
        .flatMap(({ addresses, targetRef }) => addresses.map((host) => ({ host, port, targetRef })))
        .filter(({ host, targetRef }) => {
          const pod = reader.get(pods, targetRef?.name ?? '', namespace);
          const has = pod?.status?.podIPs?.some(({ ip }) => ip === host);
          return pod && has && mayReachPod(pod, host, deps);
        });
    });
  const chosen = found[Math.floor(Math.random() * found.length)];
  if (!chosen) throw unavailable(`no endpoints available for service "${name.name}"`);
  return server(name.scheme, chosen.host, chosen.port);
}

const serviceLabel = 'kubernetes.io/service-name';

/** A number stands for the port of the service that has it. */
function portNameOf(
  { name, port }: ProxyName,
  ports: readonly { readonly name?: string; readonly port: number }[],
): string {
  if (!/^\d+$/.test(port)) return port;
  const found = ports.find((each) => each.port === Number(port));
  if (found) return found.name ?? '';
  throw unavailable(`no service port ${port} found for service "${name}"`);
}

function numberOf(port: string): number {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65_535) throw badRequest(`invalid port ${JSON.stringify(port)}`);
  return number;
}

const server = (scheme: ProxyName['scheme'], host: string, port: number): ProxyTarget => ({
  kind: 'server',
  isTls: scheme === 'https',
  host,
  port,
});

const notAllowed = () => badRequest('address not allowed');
const unavailable = (message: string) => new StatusError('ServiceUnavailable', message);
