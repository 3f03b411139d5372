/** What a cluster has from its first minute: its namespaces, its own priorities and its API as a Service. */
import type { KubeObject, Resource } from '../api/resource.ts';
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
import { hasReason } from '../base/errors.ts';
import type { Machinery } from './call.ts';
import { keyOf } from './registry/registry.ts';
import type { RequestInfo, User } from './request.ts';
import { createObject, updateObject, type Writer } from './write/store-object.ts';

export interface Bootstrap {
  readonly advertiseAddress: string;
  readonly port: number;
  /** The first address of the service range. */
  readonly serviceAddress: string;
}

const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];
const self: User = { name: 'system:apiserver', groups: ['system:masters'] };

/** May be repeated: makes what is missing, and mends what differs. */
export async function bootstrap(server: Machinery, options: Bootstrap): Promise<void> {

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

async function ensure<T extends KubeObject>(
  server: Machinery,
  resource: Resource<T>,
  object: T,
  mend: (draft: T) => void,
): Promise<void> {
  const { name = '', namespace = '' } = object.metadata!;
  const generic = resource as unknown as Resource;
  const writer = writerOf(generic, { name, namespace });
  const key = keyOf(generic, name, namespace);
  if (!server.registry.cacheOf(generic).get(key)) {
    try {
      await createObject(server, writer, structuredClone(object));
    } catch (error) {
      // Another API server on the same store was faster.
      if (!hasReason(error, 'AlreadyExists')) throw error;
    }
    return;
  }
  const change = (current: { draft(): KubeObject }) => {
    const draft = current.draft() as T;
    mend(draft);
    return draft;
  };
  await updateObject(server, writer, { name, namespace, change, part: 'object' });
}

function writerOf(resource: Resource, place: { name: string; namespace: string }): Writer {
  const { group, version, plural } = resource;
  const info: RequestInfo = {
    ...place,
    isResource: true,
    path: '',
    verb: 'update',
    group,
    version,
    resource: plural,
    subresource: '',
    query: new URLSearchParams(),
  };
  return { resource, info, user: self, dryRun: false };
}
