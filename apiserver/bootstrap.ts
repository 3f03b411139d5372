/** What a cluster has from its first minute: its namespaces, its own priorities and its API as a Service. */
import {
  endpointSlices,
  endpoints,
  namespaces,
  priorityClasses,
  services,
} from '../api/resources.ts';
import type { Endpoints, Service } from '../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../api/types/discovery-v1.generated.ts';
import type { PriorityClass } from '../api/types/scheduling-v1.generated.ts';
import { systemPriorityClasses } from '../api/validation/priority-class.ts';
import type { Logger } from '../base/log.ts';
import { applyPolicy, keepAggregates } from './authorization/policy.ts';
import type { Machinery } from './call.ts';
import { ensure } from './ensure.ts';

export interface Bootstrap {
  readonly advertiseAddress: string;
  readonly port: number;
  /** The first address of the service range. */
  readonly serviceAddress: string;
}

const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];

/** Before anybody is answered: who may do what. May be repeated. */
export async function bootstrapPolicy(server: Machinery, log: Logger): Promise<void> {
  for (const name of systemNamespaces) {
    await ensure(server, namespaces, { metadata: { name } }, () => undefined);
  }
  for (const each of systemPriorityClasses) {
    await ensure<PriorityClass>(server, priorityClasses, each, () => undefined);
  }
  await applyPolicy(server);
  keepAggregates(server, log);
}

/** Once the port is known. May be repeated: makes what is missing, and mends what differs. */
export async function bootstrapService(server: Machinery, options: Bootstrap): Promise<void> {
  const { advertiseAddress: address, port, serviceAddress } = options;
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const service: Service = {
    metadata: { ...metadata, labels },
    spec: {
      clusterIP: serviceAddress,
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
      type: 'ClusterIP',
      sessionAffinity: 'None',
    },
  };
  await ensure<Service>(server, services, service, (draft) => {
    draft.spec!.ports = service.spec!.ports!;
  });
  // Nobody but this machine could follow it there; the API refuses it in Endpoints.
  if (address.startsWith('127.') || address === '::1') return;
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  const skipMirror = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  const subsets = [{ addresses: [{ ip: address }], ports }];
  const endpoint: Endpoints = { metadata: { ...metadata, labels: skipMirror }, subsets };
  await ensure<Endpoints>(server, endpoints, endpoint, (draft) => {
    draft.subsets = subsets;
  });
  const slice: EndpointSlice = {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: address.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports,
  };
  await ensure<EndpointSlice>(server, endpointSlices, slice, (draft) => {
    draft.endpoints = slice.endpoints;
    draft.ports = ports;
  });
}
