/**
 * Connections of mapped ports, in the kernel's table: rules are asked only about a connection's
 * first packet, so that the old ones must go for the new rules to count.
 */
import { formatIp, parseIp } from '../../../base/ip-address.ts';
import type { Connection } from '../../../native/conntrack.ts';
import { getAddresses, parseAddresses } from '../../../native/netlink.ts';
import type { Host } from '../../plugin.ts';
import type { Family, PortMapping, Protocol, Target } from './plan.ts';

const protocols: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/**
 * Of UDP, which has no end that the kernel could see: what was sent to one of the host's own
 * addresses at a port that is the pod's now, and went elsewhere.
 */
export async function forgetOthers(host: Host, targets: readonly Target[]): Promise<void> {
  const wanted = targets.map((target) => ({
    ...target,
    mappings: target.mappings.filter(({ protocol }) => protocol === 'udp'),
  }));
  if (wanted.every(({ mappings }) => mappings.length === 0)) return;
  const replies = await host.socket().send(getAddresses());
  const own = new Set(parseAddresses(replies).map(({ address }) => address.split('/')[0]));
  for (const { family, address, mappings } of wanted) {
    const pod = parseIp(address);
    await forget(host, family, mappings, ({ original, reply }, { hostIp }) => {
      const destination = formatIp(original.destination);
      const isOurs = hostIp ? hostIp === destination : own.has(destination);
      return isOurs && !reply.source.equals(pod);
    });
  }
}

/** Those that the mappings led to the pod: its address may be another pod's next. */
export async function forgetOwn(host: Host, targets: readonly Target[]): Promise<void> {
  for (const { family, address, mappings } of targets) {
    const pod = parseIp(address);
    await forget(
      host,
      family,
      mappings,
      ({ reply }, { containerPort }) =>
        reply.source.equals(pod) && reply.sourcePort === containerPort,
    );
  }
}

async function forget(
  host: Host,
  family: Family,
  mappings: readonly PortMapping[],
  isChosen: (connection: Connection, mapping: PortMapping) => boolean,
): Promise<void> {
  const table = await host.conntrack();
  for (const mapping of mappings) {
    const protocol = protocols[mapping.protocol];
    const found = await table.list({ family, protocol, port: mapping.hostPort });
    const chosen = found.filter((connection) => isChosen(connection, mapping));
    if (chosen.length > 0) await table.remove(family, chosen);
  }
}
