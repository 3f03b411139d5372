/** Services and slices of the proxy's lab, of both families, from short words. */
import type { Service } from '../../api/types/core-v1.generated.ts';
import type { Endpoint, EndpointSlice } from '../../api/types/discovery-v1.generated.ts';

export const families = ['ipv4', 'ipv6'] as const;
export type Family = (typeof families)[number];

export const pods = ['a', 'b', 'c'] as const;
export type Pod = (typeof pods)[number];
export const hosts = ['node', 'out', 'far', ...pods] as const;
export type Host = (typeof hosts)[number];

const suffix = (pod: Pod): number => 2 + pods.indexOf(pod);

/** Where everything is; `addressOf.ipv6.pod('a')`. */
export const addressOf = {
  ipv4: {
    service: (number: number) => `10.43.0.${number}`,
    pod: (pod: Pod) => `10.42.0.${suffix(pod)}`,
    balancer: (number: number) => `203.0.113.${number}`,
    bridge: '10.42.0.1',
    /** The node's address towards `out`, and towards `far` and the world. */
    node: '192.0.2.1',
    other: '198.51.100.1',
    out: '192.0.2.2',
    far: '198.51.100.2',
    /** Addresses of `far` from the Services' range and from that of load balancers. */
    farService: '10.43.200.1',
    farBalancer: '203.0.113.200',
    loopback: '127.0.0.1',
  },
  ipv6: {
    service: (number: number) => `fd43::${number}`,
    pod: (pod: Pod) => `fd42::${suffix(pod)}`,
    balancer: (number: number) => `2001:db8:c::${number}`,
    bridge: 'fd42::1',
    node: '2001:db8:a::1',
    other: '2001:db8:b::1',
    out: '2001:db8:a::2',
    far: '2001:db8:b::2',
    farService: 'fd43::c801',
    farBalancer: '2001:db8:c::200',
    loopback: '::1',
  },
} as const;

export const podRanges = '10.42.0.0/16,fd42::/64';
export const serviceRanges = ['10.43.0.0/16', 'fd43::/112'];

type Spec = NonNullable<Service['spec']>;

/** A dual-stack Service with the ports http (TCP 80) and dns (UDP 53). */
export function serviceOf(name: string, number: number, spec: Partial<Spec> = {}): Service {
  const clusterIPs = families.map((family) => addressOf[family].service(number));
  return {
    metadata: { namespace: 'default', name },
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterIPs[0]!,
      clusterIPs,
      ipFamilies: ['IPv4', 'IPv6'],
      selector: { app: name },
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 },
        { name: 'dns', protocol: 'UDP', port: 53, targetPort: 8080 },
      ],
      ...spec,
    },
  };
}

/** The same with node ports 30080 and 30053. */
export const withNodePorts: Partial<Spec> = {
  type: 'NodePort',
  ports: [
    { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30_080 },
    { name: 'dns', protocol: 'UDP', port: 53, targetPort: 8080, nodePort: 30_053 },
  ],
};

/** One with load balancer addresses as status; `number` counts them as well. */
export function balancedOf(
  name: string,
  number: number,
  { ipMode, ...spec }: Partial<Spec> & { readonly ipMode?: string } = {},
): Service {
  const ingress = families.map((family) => ({
    ip: ipMode === 'Proxy' ? addressOf[family].farBalancer : addressOf[family].balancer(number),
    ...(ipMode && { ipMode }),
  }));
  return {
    ...serviceOf(name, number, { type: 'LoadBalancer', ...spec }),
    status: { loadBalancer: { ingress } },
  };
}

export interface SliceOptions {
  readonly ports?: EndpointSlice['ports'];
  readonly labels?: Readonly<Record<string, string>>;
  readonly families?: readonly Family[];
  /** Tells several slices of one Service apart. */
  readonly part?: number;
}

/** Endpoints as `a`, `b @there`, `c serving terminating`, `a zone=x node=there`. */
export function slicesOf(
  service: string,
  endpoints: readonly string[],
  options: SliceOptions = {},
): EndpointSlice[] {
  const { ports, labels, part = 1 } = options;
  return (options.families ?? families).map((family) => ({
    metadata: {
      namespace: 'default',
      name: `${service}-${family}-${part}`,
      labels: { 'kubernetes.io/service-name': service, ...labels },
    },
    addressType: family === 'ipv4' ? 'IPv4' : 'IPv6',
    ports: ports ?? [
      { name: 'http', protocol: 'TCP', port: 8080 },
      { name: 'dns', protocol: 'UDP', port: 8080 },
    ],
    endpoints: endpoints.map((text) => endpointOf(text, family)),
  }));
}

function endpointOf(text: string, family: Family): Endpoint {
  const [pod, ...words] = text.split(' ');
  const valuesOf = (key: string) =>
    words.filter((word) => word.startsWith(key)).map((word) => ({ name: word.slice(key.length) }));
  const states = words.filter((word) => /^[a-z]+$/.test(word));
  const isReady = states.length === 0;
  const [forZones, forNodes] = [valuesOf('zone='), valuesOf('node=')];
  return {
    addresses: [addressOf[family].pod(pod as Pod)],
    conditions: {
      ready: isReady,
      serving: isReady || states.includes('serving'),
      terminating: states.includes('terminating'),
    },
    nodeName: valuesOf('@')[0]?.name ?? 'node',
    ...(forZones.length + forNodes.length > 0 && { hints: { forZones, forNodes } }),
  };
}
