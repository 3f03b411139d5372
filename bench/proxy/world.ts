/** Many Services with three endpoints each, as the API has them. */
import type { Service } from '../../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.generated.ts';
import type { World } from '../../proxy/world.ts';

export const endpointsOfEach = 3;
export const podRange = '10.128.0.0/9';
export const serviceRange = '10.32.0.0/12';

const address = (base: number, number: number): string => {
  const value = base * 2 ** 24 + number;
  return [24, 16, 8, 0].map((shift) => (value / 2 ** shift) & 0xff).join('.');
};

export const clusterIpOf = (index: number): string => address(10, (32 << 16) + 10 + index);
export const podAddress = (index: number): string => address(10, (128 << 16) + 10 + index);

export const serviceOf = (index: number): Service => ({
  metadata: { namespace: 'default', name: `service-${index}` },
  spec: {
    type: 'ClusterIP',
    clusterIP: clusterIpOf(index),
    clusterIPs: [clusterIpOf(index)],
    ipFamilies: ['IPv4'],
    selector: { app: `app-${index}` },
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
  },
});

/** `shift` moves the first endpoint elsewhere: one pod exchanged. */
export const sliceOf = (index: number, shift = 0): EndpointSlice => ({
  metadata: {
    namespace: 'default',
    name: `service-${index}-abcde`,
    labels: { 'kubernetes.io/service-name': `service-${index}` },
  },
  addressType: 'IPv4',
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  endpoints: Array.from({ length: endpointsOfEach }, (_, number) => ({
    addresses: [
      podAddress(index * endpointsOfEach + number + (number === 0 ? shift * 1_000_000 : 0)),
    ],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${number}`,
    targetRef: { kind: 'Pod', namespace: 'default', name: `app-${index}-${number}` },
  })),
});

export const keyOf = (index: number): string => `default/service-${index}`;

/** Changed by `set`, as informers would. */
export class ManyServices implements World {
  readonly #services = new Map<string, Service>();
  readonly #slices = new Map<string, EndpointSlice[]>();
  readonly #ranges: readonly string[];

  constructor(count: number, ranges: readonly string[] = [serviceRange]) {
    this.#ranges = ranges;
    for (let index = 0; index < count; index++) this.set(index);
  }

  serviceKeys = () => this.#services.keys();
  service = (key: string) => this.#services.get(key);
  slices = (key: string) => this.#slices.get(key) ?? [];
  serviceRanges = () => this.#ranges;
  node = () => ({
    nodeName: 'node-0',
    zone: undefined,
    family: 'ipv4' as const,
    nodePortCidrs: [],
  });

  set(index: number, shift = 0): void {
    this.#services.set(keyOf(index), serviceOf(index));
    this.#slices.set(keyOf(index), [sliceOf(index, shift)]);
  }

  remove(index: number): void {
    this.#services.delete(keyOf(index));
    this.#slices.delete(keyOf(index));
  }
}
