/**
 * A node with nine pods on one bridge, and a machine outside, in network namespaces of the test's
 * own. Packets are made whole here and put on the wire; what arrives is read from raw sockets, so
 * that thousands of them cost a second, SCTP needs no kernel that speaks it, and nothing is told
 * by waiting in vain.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { parseIp } from '../../base/ip-address.ts';
import { kernel } from '../../native/index.ts';
import { makeFrame, type Packet } from './policy-packets.ts';

export interface LabHost {
  readonly name: string; // `x/a`
  readonly addresses: readonly string[]; // IPv4, IPv6.
}

interface Wired extends LabHost {
  readonly netns: string;
  readonly mac: string;
  readonly wire: number; // An AF_PACKET socket.
  readonly link: number; // Index of eth0.
  readonly receivers: readonly { readonly fd: number; readonly isIpv4: boolean }[];
}

export interface Probe {
  readonly from: string;
  readonly to: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
}

const [inet, inet6, packet, raw] = [2, 10, 17, 3];
const numbers = { TCP: 6, UDP: 17, SCTP: 132 } as const;
const detach = 2; // MNT_DETACH
const patienceMs = 3000;
export const bridge = 'br0';
let labs = 0;

export class PolicyLab {
  readonly dir = mkdtempSync(join(tmpdir(), 'wherry-policy-'));
  readonly instance = `wq${process.pid.toString(36)}${labs++}`;
  readonly netns = join(this.dir, 'node');
  readonly #hosts = new Map<string, Wired>();
  readonly #pinned: string[] = [];
  /** Of the next probe: never the same twice, or it would belong to an older connection. */
  #sourcePort = 1100;

  async build(hosts: readonly LabHost[]): Promise<void> {
    await this.#pin(this.netns);
    this.sh(
      this.netns,
      `ip link add ${bridge} type bridge mcast_snooping 0 && ip link set ${bridge} up`,
      `ip address add 10.42.0.1/24 dev ${bridge}; ip address add fd42::1/64 dev ${bridge} nodad`,
      'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
      'sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1',
    );
    for (const [index, host] of hosts.entries()) await this.#wire(host, index + 2);
  }

  destroy(): void {
    for (const { wire, receivers } of this.#hosts.values()) {
      for (const fd of [wire, ...receivers.map((each) => each.fd)]) kernel.close(fd);
    }
    for (const path of this.#pinned) kernel.umount(path, detach);
    rmSync(this.dir, { recursive: true, force: true });
  }

  netnsOf(name: string): string {
    return this.#hosts.get(name)!.netns;
  }

  /** Runs shell commands in a namespace; throws when one fails. */
  sh(netns: string, ...commands: string[]): string {
    const args = [`--net=${netns}`, 'bash', '-ec', commands.join('\n')];
    return execFileSync('nsenter', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** By its path: npm puts a program of the same name in front. */
  nft = (command: string): string => this.sh(this.netns, `/usr/sbin/nft ${command}`);

  /**
   * Sends all of them at once and tells which arrived, in their order. Waits for those that are
   * expected; the others have had the same time.
   */
  async send(probes: readonly Probe[], isExpected: (probe: Probe) => boolean): Promise<boolean[]> {
    const bySource = new Map<number, number>();
    let missing = 0;
    for (const [index, probe] of probes.entries()) {
      const sourcePort = this.#sourcePort++;
      bySource.set(sourcePort, index);
      if (isExpected(probe)) missing++;
      this.#sendOne(probe, sourcePort);
    }
    const arrived = probes.map(() => false);
    const endMs = Date.now() + patienceMs;
    const collect = () => {
      for (const sourcePort of this.#received()) {
        const index = bySource.get(sourcePort);
        if (index === undefined || arrived[index]) continue;
        arrived[index] = true;
        if (isExpected(probes[index]!)) missing--;
      }
    };
    for (collect(); missing > 0 && Date.now() < endMs; collect()) await systemClock.sleep(2);
    await systemClock.sleep(2);
    collect();
    return arrived;
  }

  /** How many microseconds a packet takes from the wire to its receiver, each a new connection. */
  packetUs(probe: Probe, count: number): number {
    const { wire, link } = this.#hosts.get(probe.from)!;
    const frames = Array.from({ length: count }, () => {
      return this.#frameOf(probe, this.#sourcePort++);
    });
    const startMs = performance.now();
    // The kernel carries it all the way before it returns.
    for (const frame of frames) kernel.sendFrame(wire, link, frame);
    return ((performance.now() - startMs) * 1000) / count;
  }

  #sendOne(probe: Probe, sourcePort: number): void {
    const { wire, link } = this.#hosts.get(probe.from)!;
    kernel.sendFrame(wire, link, this.#frameOf(probe, sourcePort));
  }

  #frameOf(probe: Probe, sourcePort: number): Buffer {
    const [from, to] = [this.#hosts.get(probe.from)!, this.#hosts.get(probe.to)!];
    const at = probe.family === 'ipv4' ? 0 : 1;
    const sent: Packet = {
      fromMac: from.mac,
      toMac: to.mac,
      from: parseIp(from.addresses[at]!),
      to: parseIp(to.addresses[at]!),
      protocol: numbers[probe.protocol],
      fromPort: sourcePort,
      toPort: probe.port,
    };
    return makeFrame(sent);
  }

  /** Source ports of all that has come to any host. */
  *#received(): Iterable<number> {
    for (const { receivers } of this.#hosts.values()) {
      for (const { fd, isIpv4 } of receivers) {
        for (;;) {
          const bytes = kernel.netlinkReceive(fd); // Any socket's next datagram, at once.
          if (!bytes) break;
          // Of IPv4, raw sockets are given the header as well.
          yield bytes.readUInt16BE(isIpv4 ? (bytes[0]! & 15) * 4 : 0);
        }
      }
    }
  }

  async #pin(path: string): Promise<void> {
    await kernel.createNetns(path);
    this.#pinned.push(path);
  }

  async #wire({ name, addresses }: LabHost, index: number): Promise<void> {
    const netns = join(this.dir, name.replace('/', '-'));
    const hex = index.toString(16).padStart(2, '0');
    const mac = `02:00:00:00:00:${hex}`;
    await this.#pin(netns);
    const eth0 = `name eth0 address ${mac} netns ${netns}`;
    this.sh(
      this.netns,
      `ip link add veth${index} type veth peer ${eth0}`,
      `ip link set veth${index} master ${bridge} up; bridge link set dev veth${index} hairpin on`,
    );
    this.sh(
      netns,
      'sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.eth0.accept_dad=0',
      'ip link set eth0 up',
      `ip address add ${addresses[0]}/24 dev eth0; ip route add default via 10.42.0.1`,
      `ip address add ${addresses[1]}/64 dev eth0 nodad; ip route add default via fd42::1`,
    );
    const receivers = await Promise.all(
      [inet, inet6].flatMap((domain) =>
        Object.values(numbers).map(async (protocol) => {
          const fd = await kernel.openSocket(domain!, raw!, protocol, netns);
          return { fd, isIpv4: domain === inet };
        }),
      ),
    );
    const wire = await kernel.openSocket(packet!, raw!, 0, netns);
    const link = Number(this.sh(netns, 'ip -o link show eth0').split(':')[0]);
    this.#hosts.set(name, { name, addresses, netns, mac, wire, link, receivers });
  }
}
