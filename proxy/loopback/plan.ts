/** Which node ports answer on loopback, and where they lead. Pure. */
import { contains, networkOf, parseCidr, parseIp } from '../../base/ip-address.ts';
import type { ServicePlan } from '../plan.ts';
import { hostPort } from '../plan-address.ts';
import type { Endpoint } from '../plan-endpoints.ts';

export interface Relay {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /** Of the same family where there are any: who asks at ::1 would else find nobody. */
  readonly targets: readonly Endpoint[];
}

const addresses = ['127.0.0.1', '::1'] as const;

/**
 * Loopback addresses on which node ports answer, by `--nodeport-addresses`: ranges that hold them,
 * `localhost`, `all`; none at all means all.
 */
export function loopbackAddresses(items: readonly string[]): readonly string[] {
  if (items.length === 0 || items.includes('all') || items.includes('localhost')) return addresses;
  const ranges = items.filter((item) => item.includes('/')).map((item) => parseCidr(item));
  return addresses.filter((address) => {
    const bytes = parseIp(address);
    return ranges.some(
      (range) => range.address.length === bytes.length && contains(networkOf(range), bytes),
    );
  });
}

/**
 * `plans` are those of one Service, one a family. As for all that comes from this node itself, the
 * endpoints are those of the whole cluster, also under the policy Local.
 */
export function planRelays(
  plans: readonly ServicePlan[],
  on: readonly string[],
): ReadonlyMap<string, Relay> {
  const relays = new Map<string, Relay>();
  for (const { nodePort, protocol, cluster } of plans.flatMap(({ ports }) => ports)) {
    if (nodePort === undefined || protocol === 'sctp' || cluster.length === 0) continue;
    for (const address of on) {
      const id = `${protocol} ${hostPort(address, nodePort)}`;
      const known = relays.get(id);
      if (known && isSameFamily(known, address)) continue;
      relays.set(id, { protocol, address, port: nodePort, targets: cluster });
    }
  }
  return relays;
}

const isSameFamily = ({ targets }: Relay, address: string): boolean =>
  targets[0]?.address.includes(':') === address.includes(':');
