/** What rules cost the packets: short TCP connections between two namespaces, through the node. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mode, makeNetns, openRules, shell } from './kernel.ts';
import { clusterIpOf, keyOf, ManyServices } from './world.ts';

const connections = 3_000;
const rounds = 3;
const clientIp = '10.200.1.2';
const serverIp = '10.200.2.2';

/** First and last Service lead to the server that is also asked directly. */
export async function benchPath(services: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'wherry-bench-'));
  const program = join(dir, 'connect');
  execFileSync('cc', ['-O2', '-o', program, new URL('connect.c', import.meta.url).pathname]);
  const [node, client, server] = [makeNetns(), makeNetns(), makeNetns()];
  wire(node, client, { peer: 'c0', gateway: '10.200.1.1', address: clientIp });
  wire(node, server, { peer: 's0', gateway: '10.200.2.1', address: serverIp });
  shell(node, 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  const child = spawn('nsenter', [`--net=${server}`, program, 'serve', serverIp, '8080']);
  await once(child.stdout, 'data');
  const ask = (address: string, port: number) =>
    Number(shell(client, `${program} ask ${address} ${port} ${connections}`).split(' ')[0]);
  try {
    console.log(
      `\nPacket path, ${services} Services: connect + 1 byte there and back, median in µs`,
    );
    console.log(`  ${'no rules, direct'.padEnd(44)}${ask(serverIp, 8080).toFixed(1).padStart(8)}`);
    for (const mode of ['nftables', 'legacy', 'nft'] as const) {
      await benchMode(mode, { services, node, ask });
    }
  } finally {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  }
}

interface Place {
  readonly services: number;
  readonly node: string;
  readonly ask: (address: string, port: number) => number;
}

async function benchMode(mode: Mode, { services, node, ask }: Place): Promise<void> {
  const world = new PathWorld(services);
  const rules = await openRules(mode, world, node);
  await rules.write();
  const targets = {
    direct: [serverIp, 8080],
    first: [clusterIpOf(0), 80],
    last: [clusterIpOf(services - 1), 80],
  } as const;
  const times = Object.entries(targets).map(([name, [address, port]]) => {
    const all = Array.from({ length: rounds }, () => ask(address, port)).sort((a, b) => a - b);
    return [name, all[rounds >> 1]!] as const;
  });
  const direct = times[0]![1];
  const text = times.map(([name, us]) => `${name} ${us.toFixed(1)} (${(us / direct).toFixed(2)})`);
  const goal = mode === 'nftables' ? 'goal: at most 1.1 × direct' : '';
  console.log(`  ${`${mode}, rules loaded`.padEnd(44)}${text.join('   ')}   ${goal}`);
  const commands = { nftables: '/usr/sbin/nft flush ruleset' } as const;
  shell(node, mode === 'nftables' ? commands.nftables : flush(mode));
}

const flush = (mode: string) =>
  ['nat', 'filter']
    .map((t) => `iptables-${mode} -t ${t} -F; iptables-${mode} -t ${t} -X`)
    .join(';');

/** Service chains are written in the order of their keys: the last one is that of the last key. */
class PathWorld extends ManyServices {
  constructor(services: number) {
    super(services);
    for (const index of [0, services - 1]) {
      const [slice] = this.slices(keyOf(index));
      const endpoints = [{ addresses: [serverIp], conditions: { ready: true } }];
      this.slices(keyOf(index)).splice(0, 1, { ...slice!, endpoints });
    }
  }
}

interface Link {
  readonly peer: string;
  readonly gateway: string;
  readonly address: string;
}

function wire(node: string, host: string, { peer, gateway, address }: Link): void {
  const name = host.split('/').at(-1);
  shell(node, `ip link add ${peer} type veth peer name eth0 netns ${name}`);
  shell(node, `ip link set ${peer} up && ip address add ${gateway}/24 dev ${peer}`);
  shell(host, `ip link set lo up; ip link set eth0 up && ip address add ${address}/24 dev eth0`);
  shell(host, `ip route add default via ${gateway}`);
}
