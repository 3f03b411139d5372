import { hostname } from 'node:os';
import { endpointSlices, nodes, services } from '../../api/resources.ts';
import { oneOf, optionalText } from '../../base/config.ts';
import { UsageError } from '../../base/errors.ts';
import { formatIp, parseIp } from '../../base/ip-address.ts';
import type { Client } from '../../client/client.ts';
import { connect } from '../../client/connect.ts';
import { openConntrack } from '../../native/conntrack.ts';
import { explain, hostAddresses, type Question, serviceOf, viewNode } from '../../proxy/index.ts';
import { defineCommand } from '../command.ts';
import { instanceFlags, instanceOf } from '../instance.ts';

/** Says where a packet to a Service goes on this node, and which connections go there now. */
export const trace = defineCommand({
  usage: 'ADDRESS:PORT[/tcp|udp|sctp]',
  flags: {
    ...instanceFlags,
    from: oneOf('Who sends it.', ['pod', 'node', 'outside'], 'pod'),
    'node-name': optionalText('The node, if not this host.', 'NAME'),
  },
  async run({ from, nodeName, ...config }, positionals, { print }) {
    const target = { ...parseTarget(positionals), from };
    const client = connect({ kubeconfig: instanceOf(config).adminKubeconfig });
    try {
      for (const line of await explainBy(client, target, nodeName ?? hostname())) print(line);
    } finally {
      client.close();
    }
    for (const line of await connections(target)) print(line);
    return 0;
  },
});

type Target = Omit<Question, 'from'>;

/** @throws UsageError */
function parseTarget(positionals: readonly string[]): Target {
  const [, inBrackets, plain, port, protocol = 'tcp'] =
    /^(?:\[([^\]]+)\]|([^:/]+)):(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(positionals[0] ?? '') ?? [];
  const address = inBrackets ?? plain;
  if (positionals.length !== 1 || address === undefined || Number(port) > 65_535) {
    throw new UsageError('trace takes one address and port, as in 10.43.0.10:53/udp');
  }
  try {
    const canonical = formatIp(parseIp(address));
    return { address: canonical, port: Number(port), protocol: protocol as Target['protocol'] };
  } catch {
    throw new UsageError(`${address} is no IP address: Services are told by theirs`);
  }
}

async function explainBy(client: Client, question: Question, nodeName: string): Promise<string[]> {
  const [all, slices, { items }] = await Promise.all([
    client.list(services),
    client.list(endpointSlices),
    client.list(nodes),
  ]);
  const node = items.find(({ metadata }) => metadata?.name === nodeName);
  const byService = Map.groupBy(slices.items, (slice) => serviceOf(slice) ?? '');
  const family = question.address.includes(':') ? 'ipv6' : 'ipv4';
  const about = node ? [] : [`(There is no node ${nodeName}: no endpoint counts as here.)`];
  const lines = explain(question, {
    services: all.items,
    slicesOf: (key) => byService.get(key) ?? [],
    node: viewNode(node, { nodeName, family, nodePortAddresses: [] }),
    nodeAddresses: hostAddresses([], node),
  });
  return [...about, ...lines];
}

const numbers = { tcp: 6, udp: 17, sctp: 132 } as const;

/** How many connections there are now, by where they go. */
async function connections({ address, port, protocol }: Target): Promise<string[]> {
  const conntrack = await openConntrack();
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const filter = {
    family,
    protocol: numbers[protocol],
    destination: parseIp(address),
    port,
  } as const;
  const found = await conntrack.list(filter).finally(() => conntrack.close());
  const counts = Map.groupBy(found, ({ reply }) => `${formatIp(reply.source)}:${reply.sourcePort}`);
  if (counts.size === 0) return ['No connection goes there now.'];
  return [
    'Connections now:',
    ...[...counts].map(([place, list]) => `  ${place.padEnd(24)} ${list.length}`),
  ];
}
