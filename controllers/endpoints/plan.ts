/** Decides the Endpoints object of a Service: the older form of its EndpointSlices. Pure. */
import type {
  EndpointAddress,
  EndpointSubset,
  Endpoints,
  Pod,
  Service,
} from '../../api/types/core-v1.generated.ts';
import { isReady } from '../pods.ts';
import { addressOf, groupByPorts, hostnameOf, isEndpoint } from '../service-endpoints.ts';

const addressesMax = 1000;
const headlessLabel = 'service.kubernetes.io/headless';
const overCapacity = 'endpoints.kubernetes.io/over-capacity';

/** `known` is the object as it is; undefined is returned when it needs no change. */
export function planEndpoints(
  service: Service,
  pods: readonly Pod[],
  known: Endpoints | undefined,
): Endpoints | undefined {
  const { name = '', namespace = '', labels = {} } = service.metadata ?? {};
  const usable = pods.filter((pod) => isUsable(pod, service)).slice(0, addressesMax);
  const isOver = pods.filter((pod) => isUsable(pod, service)).length > addressesMax;
  const { [headlessLabel]: _, ...own } = labels;
  const { [overCapacity]: __, ...annotations } = known?.metadata?.annotations ?? {};
  const wanted: Endpoints = {
    ...known,
    metadata: {
      ...known?.metadata,
      name,
      namespace,
      labels: {
        ...own,
        'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
        ...(service.spec?.clusterIP === 'None' && { [headlessLabel]: '' }),
      },
      annotations: { ...annotations, ...(isOver && { [overCapacity]: 'truncated' }) },
    },
    subsets: subsetsOf(service, usable),
  };
  return known && face(known) === face(wanted) ? undefined : wanted;
}

/** Ending pods are left out, unless the Service wants pods whatever their state. */
const isUsable = (pod: Pod, service: Service): boolean =>
  isEndpoint(pod) &&
  addressOf(pod, familyOf(service)) !== undefined &&
  (!pod.metadata?.deletionTimestamp || service.spec?.publishNotReadyAddresses === true);

function subsetsOf(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const groups = [...groupByPorts(service, pods)].sort(([a], [b]) => (a < b ? -1 : 1));
  return groups.map(([, group]) => {
    const isReachable = (pod: Pod) => service.spec?.publishNotReadyAddresses || isReady(pod);
    const addresses = toAddresses(service, group.pods.filter(isReachable));
    const notReady = group.pods.filter((pod) => !isReachable(pod));
    const notReadyAddresses = toAddresses(service, notReady);
    const ports = group.ports.map(({ name, ...port }) => ({ ...(name && { name }), ...port }));
    return {
      ...(addresses.length > 0 && { addresses }),
      ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
      ...(ports.length > 0 && { ports }),
    };
  });
}

function toAddresses(service: Service, pods: readonly Pod[]): EndpointAddress[] {
  const addresses = pods.map((pod): EndpointAddress => {
    const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
    const hostname = hostnameOf(pod, service);
    const { nodeName } = pod.spec ?? {};
    return {
      ip: addressOf(pod, familyOf(service))!,
      ...(hostname && { hostname }),
      ...(nodeName && { nodeName }),
      targetRef: { kind: 'Pod', namespace, name, uid },
    };
  });
  return addresses.sort((a, b) => (a.ip < b.ip ? -1 : 1));
}

const familyOf = ({ spec }: Service): string => spec?.ipFamilies?.[0] ?? 'IPv4';

/** What we write of the object, in one order. */
function face({ metadata, subsets = [] }: Endpoints): string {
  const sorted = (map: Record<string, string> = {}) => Object.entries(map).sort();
  const plain = subsets.map((subset) => [
    ...[subset.addresses ?? [], subset.notReadyAddresses ?? []].map((addresses) =>
      addresses.map(({ ip, hostname, nodeName, targetRef }) => [
        ip,
        hostname,
        nodeName,
        targetRef?.name,
        targetRef?.uid,
      ]),
    ),
    (subset.ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }) => [
      name,
      port,
      protocol,
      appProtocol,
    ]),
  ]);
  return JSON.stringify([sorted(metadata?.labels), sorted(metadata?.annotations), plain]);
}
