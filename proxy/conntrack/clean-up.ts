/** Lets the kernel forget connections that lead to endpoints which are gone. */
import { formatIp, parseIp } from '../../base/ip-address.ts';
import type { Connection, Conntrack } from '../../native/conntrack.ts';
import type { FamilyMetrics } from '../metrics.ts';
import { planService } from '../plan.ts';
import type { Family } from '../plan-address.ts';
import type { World } from '../world.ts';
import { type Flow, type Front, frontsOf, isStale } from './plan.ts';

export interface CleanUpDeps {
  readonly world: World;
  readonly conntrack: Conntrack;
  readonly family: Family;
  readonly localAddresses: () => readonly string[];
  readonly metrics: FamilyMetrics;
}

const numbers = { tcp: 6, udp: 17, sctp: 132 } as const;
/** With more fronts than this, one look at all connections is cheaper than one at each front's. */
const singlesMax = 16;

/** For these Services, whose rules have just been written. Live flows stay as they are. */
export async function forgetStale(deps: CleanUpDeps, services: Iterable<string>): Promise<void> {
  const { world, conntrack, family, metrics } = deps;
  const fronts = [...services].flatMap((key) => {
    const service = world.service(key);
    if (!service) return [];
    return frontsOf(planService(service, world.slices(key), world.node()).ports);
  });
  if (fronts.length === 0) return;
  const startMs = performance.now();
  const local = new Set(deps.localAddresses());
  const isLocal = (address: string) => local.has(address);
  const stale =
    fronts.length > singlesMax
      ? await findAmongAll(deps, fronts, isLocal)
      : (await Promise.all(fronts.map((front) => findOne(deps, front, isLocal)))).flat();
  if (stale.length > 0) metrics.forgot(await conntrack.remove(family, stale));
  metrics.lookedAtConnections((performance.now() - startMs) / 1000);
}

type IsLocal = (address: string) => boolean;

async function findOne({ conntrack, family }: CleanUpDeps, front: Front, isLocal: IsLocal) {
  const { protocol, address, port } = front;
  const found = await conntrack.list({
    family,
    protocol: numbers[protocol],
    port,
    ...(address !== undefined && { destination: parseIp(address) }),
  });
  return found.filter((connection) => isStale(flowOf(connection), front, isLocal));
}

async function findAmongAll(
  { conntrack, family }: CleanUpDeps,
  fronts: readonly Front[],
  isLocal: IsLocal,
) {
  const byPort = Map.groupBy(fronts, ({ protocol, port }) => `${protocol} ${port}`);
  const stale: Connection[] = [];
  for (const protocol of new Set(fronts.map((front) => front.protocol))) {
    for (const connection of await conntrack.list({ family, protocol: numbers[protocol] })) {
      const flow = flowOf(connection);
      const candidates = byPort.get(`${protocol} ${flow.port}`) ?? [];
      if (candidates.some((front) => isStale(flow, front, isLocal))) stale.push(connection);
    }
  }
  return stale;
}

const flowOf = ({ original, reply }: Connection): Flow => ({
  destination: formatIp(original.destination),
  port: original.destinationPort,
  endpoint: formatIp(reply.source),
  endpointPort: reply.sourcePort,
});
