/** Which pods stand behind a Service, and on which ports. Pure. */
import { matchesLabels } from '../api/labels.ts';
import type { Container, Pod, Service, ServicePort } from '../api/types/core-v1.generated.ts';
import { isReady } from './pods.ts';

export interface PortOfPods {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/** Pods that resolve the Service's ports to the same numbers. */
export interface PodGroup {
  readonly ports: readonly PortOfPods[];
  readonly pods: readonly Pod[];
}

/** A Service without a selector, or with a name outside, has endpoints that somebody else writes. */
export const hasOwnEndpoints = ({ spec }: Service): boolean =>
  spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0;

export const isSelected = (service: Service, pod: Pod): boolean =>
  hasOwnEndpoints(service) && matchesLabels(service.spec?.selector, pod.metadata?.labels);

/** Has an address and is not over. Terminating pods count: proxies drain them. */
export const isEndpoint = ({ status }: Pod): boolean =>
  Boolean(status?.podIP) && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

/** In the order of first appearance; a group's identity is the text of its ports. */
export function groupByPorts(service: Service, pods: readonly Pod[]): Map<string, PodGroup> {
  const groups = new Map<string, { ports: PortOfPods[]; pods: Pod[] }>();
  for (const pod of pods) {
    const ports = (service.spec?.ports ?? []).flatMap((port) => resolvePort(pod, port) ?? []);
    const key = portsKey(ports);
    const group = groups.get(key);
    if (group) group.pods.push(pod);
    else groups.set(key, { ports, pods: [pod] });
  }
  return groups;
}

export const portsKey = (ports: readonly Partial<PortOfPods>[]): string =>
  ports
    .map(({ name, port, protocol, appProtocol }) =>
      [name ?? '', port, protocol ?? 'TCP', appProtocol ?? ''].join('/'),
    )
    .sort()
    .join(',');

/** Addresses of one family, as the pod has them. */
export function addressOf({ status }: Pod, family: string): string | undefined {
  const all = [status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)];
  return all.find((ip) => ip && ip.includes(':') === (family === 'IPv6'));
}

/** A pod's own name below the Service: only where it asks for it. */
export const hostnameOf = ({ spec }: Pod, service: Service): string | undefined =>
  spec?.hostname && spec.subdomain === service.metadata?.name ? spec.hostname : undefined;

/** What of a pod an endpoint shows: other changes need no new look. */
export const endpointFace = (pod: Pod | undefined): string => {
  const { metadata, spec, status } = pod ?? {};
  return JSON.stringify([
    metadata?.labels,
    metadata?.uid,
    Boolean(metadata?.deletionTimestamp),
    spec?.nodeName,
    spec?.hostname,
    spec?.subdomain,
    status?.podIPs ?? status?.podIP,
    status?.phase === 'Succeeded' || status?.phase === 'Failed',
    pod ? isReady(pod) : undefined,
  ]);
};

/** Undefined when the pod has no port of that name: then this port has no endpoint there. */
function resolvePort(pod: Pod, servicePort: ServicePort): PortOfPods | undefined {
  const { name = '', port, protocol = 'TCP', targetPort, appProtocol } = servicePort;
  const target = targetPort === undefined || targetPort === 0 ? port : targetPort;
  const number = typeof target === 'number' ? target : namedPort(pod, target, protocol);
  if (number === undefined) return undefined;
  return { name, port: number, protocol, ...(appProtocol && { appProtocol }) };
}

function namedPort({ spec }: Pod, name: string, protocol: string): number | undefined {
  const isSidecar = ({ restartPolicy }: Container) => restartPolicy === 'Always';
  const containers = [
    ...(spec?.containers ?? []),
    ...(spec?.initContainers ?? []).filter(isSidecar),
  ];
  return containers
    .flatMap(({ ports = [] }) => ports)
    .find((port) => port.name === name && (port.protocol ?? 'TCP') === protocol)?.containerPort;
}
