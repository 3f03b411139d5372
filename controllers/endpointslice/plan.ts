/**
 * Decides the EndpointSlices of a Service. Endpoints stay in the slice where they are, so that a
 * change of one pod writes one slice. Pure.
 */
import { services } from '../../api/resources.ts';
import type { Pod, Service } from '../../api/types/core-v1.generated.ts';
import type { Endpoint, EndpointSlice } from '../../api/types/discovery-v1.generated.ts';
import { controllerReference } from '../owners.ts';
import { isReady } from '../pods.ts';
import {
  addressOf,
  groupByPorts,
  hostnameOf,
  isEndpoint,
  type PortOfPods,
  portsKey,
} from '../service-endpoints.ts';

export const endpointsPerSliceMax = 100;
export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const manager = 'endpointslice-controller.k8s.io';
const headlessLabel = 'service.kubernetes.io/headless';

export interface Observed {
  readonly service: Service;
  /** Those that its selector selects. */
  readonly pods: readonly Pod[];
  /** Ours, of this Service. */
  readonly slices: readonly EndpointSlice[];
  /** Node → zone, where it has one. */
  readonly zones: ReadonlyMap<string, string>;
}

export interface SliceChanges {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
}

export function planSlices(observed: Observed): SliceChanges {
  const { service, slices } = observed;
  const families = service.spec?.ipFamilies?.length ? service.spec.ipFamilies : ['IPv4'];
  const wanted = families.flatMap((family) => groupsOf(observed, family));
  const plans = wanted.map((group) => {
    const key = groupKey(group.addressType, group.ports);
    const there = slices.filter((each) => groupKey(each.addressType, each.ports ?? []) === key);
    return planGroup(service, group, there);
  });
  const keys = new Set(wanted.map(({ addressType, ports }) => groupKey(addressType, ports)));
  const strays = slices.filter((each) => !keys.has(groupKey(each.addressType, each.ports ?? [])));
  return {
    create: plans.flatMap(({ create }) => create),
    update: plans.flatMap(({ update }) => update),
    delete: [...strays, ...plans.flatMap((plan) => plan.delete)],
  };
}

interface Group {
  readonly addressType: string;
  readonly ports: readonly PortOfPods[];
  /** By address. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
}

/** At least one: a Service without pods has an empty slice, which says that somebody looked. */
function groupsOf({ service, pods, zones }: Observed, family: string): Group[] {
  const usable = pods.filter((pod) => isEndpoint(pod) && addressOf(pod, family));
  const groups = [...groupByPorts(service, usable).values()].map((group) => ({
    addressType: family,
    ports: group.ports,
    endpoints: new Map(
      group.pods.map((pod) => {
        const endpoint = toEndpoint(pod, { service, family, zones });
        return [endpoint.addresses[0]!, endpoint] as const;
      }),
    ),
  }));
  return groups.length > 0 ? groups : [{ addressType: family, ports: [], endpoints: new Map() }];
}

interface Place {
  readonly service: Service;
  readonly family: string;
  readonly zones: ReadonlyMap<string, string>;
}

function toEndpoint(pod: Pod, { service, family, zones }: Place): Endpoint {
  const { name = '', namespace = '', uid = '', deletionTimestamp } = pod.metadata ?? {};
  const serving = isReady(pod);
  const terminating = deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { nodeName } = pod.spec ?? {};
  const zone = nodeName && zones.get(nodeName);
  const hostname = hostnameOf(pod, service);
  return {
    addresses: [addressOf(pod, family)!],
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    ...(nodeName && { nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(zone && { zone }),
  };
}

function planGroup(
  service: Service,
  { addressType, ports, endpoints }: Group,
  slices: readonly EndpointSlice[],
): SliceChanges {
  const missing = new Map(endpoints);
  const kept = slices.map((slice) => {
    const next = (slice.endpoints ?? []).flatMap((endpoint) => {
      const address = endpoint.addresses[0] ?? '';
      const wanted = missing.get(address);
      missing.delete(address); // In two slices at once: the second loses it.
      return wanted ?? [];
    });
    return { slice, next, isChanged: !isSame(next, slice.endpoints ?? []) };
  });
  // Slices that are written anyway fill up first, then the fullest, so that few are touched.
  const rest = [...missing.values()];
  const byUse = [...kept].sort(
    (a, b) => Number(b.isChanged) - Number(a.isChanged) || b.next.length - a.next.length,
  );
  for (const entry of byUse) {
    const room = endpointsPerSliceMax - entry.next.length;
    if (room > 0 && rest.length > 0) entry.next.push(...rest.splice(0, room));
  }
  const fresh: Endpoint[][] = [];
  while (rest.length > 0) fresh.push(rest.splice(0, endpointsPerSliceMax));
  if (kept.length === 0 && fresh.length === 0) fresh.push([]);
  const filled = kept.filter(({ next }) => next.length > 0);
  const empty = kept.filter(({ next }) => next.length === 0);
  // The last one stays, empty.
  const staying = filled.length + fresh.length > 0 ? filled : empty.slice(0, 1);
  return {
    create: fresh.map((list) => makeSlice(service, addressType, ports, list)),
    update: staying.flatMap(({ slice, next }) => {
      const wanted = { ...slice, metadata: relabel(service, slice), endpoints: next };
      return isSame(
        [wanted.endpoints, wanted.metadata.labels],
        [slice.endpoints ?? [], slice.metadata?.labels],
      )
        ? []
        : [wanted];
    }),
    delete: empty.filter((entry) => !staying.includes(entry)).map(({ slice }) => slice),
  };
}

function makeSlice(
  service: Service,
  addressType: string,
  ports: readonly PortOfPods[],
  endpoints: Endpoint[],
): EndpointSlice {
  const { name = '', namespace = '' } = service.metadata ?? {};
  return {
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: labelsOf(service),
      ownerReferences: [controllerReference(services, service)],
    },
    addressType,
    ports: ports.map((port) => ({ ...port })),
    endpoints,
  };
}

const relabel = (service: Service, { metadata }: EndpointSlice) => ({
  ...metadata,
  labels: labelsOf(service),
});

/** The Service's own labels go along; ours cannot be overridden. */
function labelsOf(service: Service): Record<string, string> {
  const own = Object.entries(service.metadata?.labels ?? {}).filter(
    ([name]) => name !== headlessLabel,
  );
  return {
    ...Object.fromEntries(own),
    [serviceNameLabel]: service.metadata?.name ?? '',
    [managedByLabel]: manager,
    ...(service.spec?.clusterIP === 'None' && { [headlessLabel]: '' }),
  };
}

const groupKey = (addressType: string, ports: Parameters<typeof portsKey>[0]): string =>
  `${addressType} ${portsKey(ports)}`;

function isSame(a: unknown, b: unknown): boolean {
  return stable(a) === stable(b);
}

function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
