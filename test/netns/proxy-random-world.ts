/** Services and slices that change at random, good and bad ones; the same for the same seed. */
import type { Service } from '../../api/types/core-v1.generated.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.generated.ts';
import type { World } from '../../proxy/world.ts';
import { addressOf, type Family } from './proxy-objects.ts';

const servicesMax = 20;
// Few of each, so that Services meet each other's and their own earlier ones.
const clusterIps = 12;
const odd = {
  ipv4: ['127.0.0.1', '169.254.169.254', '224.0.0.1', '0.0.0.0', '10.42.0.256', 'fd42::2', 'x y'],
  ipv6: ['::1', 'fe80::1', 'ff02::1', '::', 'fd42::g', '10.42.0.2', 'x y'],
};
const ranges = [
  ['192.0.2.0/24', '2001:db8:a::/64'],
  [
    '192.0.2.0/24',
    '192.0.2.128/25',
    '10.42.0.0/16',
    '2001:db8::/32',
    '2001:db8:a::/64',
    'fd42::/64',
  ],
  ['198.18.0.0/15', 'fd99::/16'],
];

export class RandomWorld implements World {
  readonly family: Family;
  readonly #services = new Map<string, Service>();
  readonly #slices = new Map<string, EndpointSlice[]>();
  #state: number;

  constructor(seed: number, family: Family) {
    this.#state = seed;
    this.family = family;
  }

  serviceKeys = () => this.#services.keys();
  service = (key: string) => this.#services.get(key);
  slices = (key: string) => this.#slices.get(key) ?? [];
  serviceRanges = () => [this.family === 'ipv4' ? '10.43.0.0/16' : 'fd43::/112'];
  node = () => ({
    nodeName: 'node',
    zone: undefined,
    family: this.family,
    nodePortCidrs: [],
  });

  /** Changes one thing, and gives the Service that it is about. */
  change(): string {
    const key = `default/s${this.#below(servicesMax)}`;
    const dice = this.#below(10);
    if (dice === 0) this.#services.delete(key);
    else if (dice < 4 || !this.#services.has(key)) this.#services.set(key, this.#newService(key));
    else this.#slices.set(key, this.#newSlices());
    return key;
  }

  /** mulberry32. */
  #below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let word = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) % limit;
  }

  #pick = <T>(list: readonly T[]): T => list[this.#below(list.length)]!;
  #maybe = (oneIn: number): boolean => this.#below(oneIn) === 0;

  #newService(key: string): Service {
    const { service, balancer } = addressOf[this.family];
    const type = this.#pick([
      'ClusterIP',
      'NodePort',
      'LoadBalancer',
      'LoadBalancer',
      'ExternalName',
    ]);
    const clusterIP = this.#maybe(12) ? 'None' : service(1 + this.#below(clusterIps));
    const names = this.#maybe(2) ? ['http'] : ['http', 'dns'];
    const hasNodePorts = type === 'NodePort' || (type === 'LoadBalancer' && !this.#maybe(3));
    const ips = Array.from({ length: this.#below(3) }, () => balancer(1 + this.#below(6)));
    return {
      metadata: {
        namespace: 'default',
        name: key.slice('default/'.length),
        ...(this.#maybe(12) && { labels: { 'service.kubernetes.io/service-proxy-name': 'x' } }),
      },
      spec: {
        type,
        clusterIP,
        clusterIPs: [clusterIP],
        internalTrafficPolicy: this.#pick(['Cluster', 'Cluster', 'Local']),
        externalTrafficPolicy: this.#pick(['Cluster', 'Local']),
        ...(this.#maybe(4) && { externalIPs: [balancer(1 + this.#below(6)), 'bad'] }),
        ...(this.#maybe(3) && { loadBalancerSourceRanges: this.#pick(ranges) }),
        ...(this.#maybe(3) && {
          sessionAffinity: 'ClientIP',
          sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
        }),
        ports: names.map((name, index) => ({
          name,
          protocol: index === 0 ? 'TCP' : 'UDP',
          port: this.#maybe(15) ? 70_000 : 80 + this.#below(2),
          ...(hasNodePorts && { nodePort: 30_000 + index * 10 + this.#below(6) }),
        })),
      },
      ...(type === 'LoadBalancer' && {
        status: {
          loadBalancer: {
            ingress: ips.map((ip) => ({ ip, ...(this.#maybe(5) && { ipMode: 'Proxy' }) })),
          },
        },
      }),
    };
  }

  #newSlices(): EndpointSlice[] {
    return Array.from({ length: this.#below(4) }, () => ({
      metadata: { ...(this.#maybe(12) && { labels: { 'service.kubernetes.io/headless': '' } }) },
      addressType: (this.family === 'ipv4') === !this.#maybe(12) ? 'IPv4' : 'IPv6',
      ports: [
        { name: 'http', protocol: 'TCP', port: this.#port() },
        { name: 'dns', protocol: 'UDP', port: this.#port() },
      ],
      endpoints: Array.from({ length: this.#below(3) }, () => this.#newEndpoint()),
    }));
  }

  #port = () => (this.#maybe(15) ? this.#pick([0, -1, 65_536, 1.5]) : 8080);

  #newEndpoint() {
    const address = this.#maybe(8)
      ? this.#pick(odd[this.family])
      : addressOf[this.family].pod(this.#pick(['a', 'b', 'c']));
    return {
      addresses: [address],
      ...(!this.#maybe(6) && {
        conditions: {
          ready: !this.#maybe(3),
          serving: !this.#maybe(3),
          terminating: this.#maybe(2),
        },
      }),
      nodeName: this.#pick(['node', 'other', 'other']),
    };
  }
}
