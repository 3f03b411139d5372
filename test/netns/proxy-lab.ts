/**
 * A node with three pods, a client outside, and the world, in network namespaces of the test's own:
 *
 *   out 192.0.2.2 ───── 192.0.2.1 node, br0 10.42.0.1 ── a 10.42.0.2, b 10.42.0.3, c 10.42.0.4
 *   far 198.51.100.2 ── 198.51.100.1
 *
 * All of it in IPv6 as well. The node's default route leads to `far`, which has an address in the
 * range of Services and one in that of load balancers: what no rule stops or turns is answered by
 * it. Each machine answers and asks (proxy-host.ts).
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { endpointSlices, nodes, serviceCidrs, services } from '../../api/resources.ts';
import type { Service } from '../../api/types/core-v1.generated.ts';
import { systemClock } from '../../base/clock.ts';
import { parseFlags } from '../../base/config.ts';
import { silentLogger } from '../../base/log.ts';
import { createFake, type FakeClient } from '../../client/fake.ts';
import { openConntrack } from '../../native/conntrack.ts';
import { followNftables, openNftables } from '../../native/nftables.ts';
import { run } from '../../native/run.ts';
import { cleanUp, flags, type ProxyRunning, start } from '../../proxy/main.ts';
import type { Hold, Report, Request } from './proxy-host.ts';
import {
  addressOf,
  families,
  type Host,
  hosts,
  podRanges,
  pods,
  type SliceOptions,
  slicesOf,
} from './proxy-objects.ts';

/** Both iptables, and nftables by netlink. */
export type Mode = 'legacy' | 'nft' | 'nftables';
export const modes: readonly Mode[] = ['legacy', 'nft', 'nftables'];

interface Asker {
  readonly process: ChildProcess;
  readonly waiting: Map<number, (answers: string[]) => void>;
}

export class Lab {
  readonly #prefix: string;
  readonly #askers = new Map<Host, Asker>();
  readonly #proxies = new Set<ProxyRunning>();
  #asked = 0;
  readonly mode: Mode;
  readonly addresses = addressOf;
  client: FakeClient = createFake({ clock: systemClock });

  constructor(name: string, mode: Mode) {
    this.#prefix = `wpx${process.pid}${name}`;
    this.mode = mode;
  }

  /** Which iptables: that of the mode; with nftables it is not used. */
  get backend(): 'legacy' | 'nft' {
    return this.mode === 'legacy' ? 'legacy' : 'nft';
  }

  async build(): Promise<void> {
    for (const host of hosts) execFileSync('ip', ['netns', 'add', this.#name(host)]);
    this.sh(
      'node',
      nodeScript((host) => this.#name(host)),
    );
    for (const host of hosts.filter((each) => each !== 'node')) this.sh(host, hostScript(host));
    await Promise.all(hosts.map((host) => this.#startAsker(host)));
  }

  async destroy(): Promise<void> {
    await this.reset();
    for (const { process: child } of this.#askers.values()) child.kill('SIGKILL');
    for (const host of hosts) {
      try {
        execFileSync('ip', ['netns', 'delete', this.#name(host)], { stdio: 'ignore' });
      } catch {} // It was never made.
    }
  }

  /** Stops proxies, whose rules stay, and begins with an empty API. */
  async reset(): Promise<void> {
    for (const proxy of this.#proxies) await proxy.stop();
    this.#proxies.clear();
    this.client = createFake({ clock: systemClock });
    if (this.#askers.size > 0) await this.#forgetUdp();
  }

  /** So that a port that is used again by chance is not taken for a flow that goes on. */
  async #forgetUdp(): Promise<void> {
    const conntrack = await openConntrack(this.netnsOf('node'));
    for (const family of families) {
      await conntrack.remove(family, await conntrack.list({ family, protocol: 17 }));
    }
    conntrack.close();
  }

  /** Runs a shell command on a host of the lab; throws when it fails. */
  sh(host: Host, command: string): string {
    const args = [`--net=${this.netnsOf(host)}`, 'bash', '-c', command];
    return execFileSync('nsenter', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /**
   * Connects `times` times. An answer is `NAME PORT CLIENT CLIENT-PORT`, or in one word why there
   * is none: `refused`, `nothing`.
   */
  async ask(
    host: Host,
    [address, port]: readonly [string, number],
    options: Partial<Pick<Request, 'protocol' | 'times' | 'patienceMs' | 'from'>> = {},
  ): Promise<string[]> {
    const defaults = { protocol: 'tcp', times: 1, patienceMs: 5_000 } as const;
    return this.tell(host, { address, port, ...defaults, ...options });
  }

  /** A request of proxy-host.ts, and its answer. */
  tell(
    host: Host,
    request: Omit<Request, 'id'> | Omit<Hold, 'id'> | Omit<Report, 'id'>,
  ): Promise<string[]> {
    const asker = this.#askers.get(host)!;
    const id = ++this.#asked;
    asker.process.stdin!.write(`${JSON.stringify({ id, ...request })}\n`);
    return new Promise((resolve) => asker.waiting.set(id, resolve));
  }

  /** Rules as iptables-save prints them, without the lines that count or tell the time. */
  rules(family: 'ipv4' | 'ipv6' = 'ipv4'): string[] {
    const name = family === 'ipv4' ? 'iptables' : 'ip6tables';
    return this.sh('node', `${name}-${this.backend}-save`)
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.replace(/ \[\d+:\d+\]$/, ''));
  }

  restore(text: string): void {
    const args = [`--net=${this.netnsOf('node')}`, `iptables-${this.backend}-restore`];
    execFileSync('nsenter', [...args, '--noflush'], { input: text });
  }

  /** By its path: npm puts a program of the same name in front. */
  nft = (command: string): string => this.sh('node', `/usr/sbin/nft '${command}'`);

  /** Starts the proxy on the node and waits for its first rules. */
  async proxy(...argv: string[]): Promise<ProxyRunning> {
    return this.proxyIn(this.mode, ...argv);
  }

  async proxyIn(mode: Mode, ...argv: string[]): Promise<ProxyRunning> {
    const running = await start(this.config(mode, ...argv), {
      client: this.client,
      clock: systemClock,
      log: silentLogger,
      place: this.place(),
      setSysctl: (path, value) => void this.sh('node', `echo ${value} > /proc/sys/${path}`),
    });
    this.#proxies.add(running);
    await running.synced;
    return running;
  }

  cleanUp = (...argv: string[]) => cleanUp(this.config(this.mode, ...argv), this.place());

  config(mode: Mode, ...argv: string[]) {
    const own = ['--healthz-bind-address=', '--metrics-bind-address=', '--node-name=node'];
    const place = [`--cluster-cidr=${podRanges}`, `--iptables-backend=${this.backend}`];
    const name = `--proxy-mode=${mode === 'nftables' ? 'nftables' : 'iptables'}`;
    return parseFlags(flags, [...own, ...place, name, ...argv]).config;
  }

  place = () => ({
    netnsPath: this.netnsOf('node'),
    run: this.run,
    openNftables: () => openNftables(this.netnsOf('node')),
    openConntrack: () => openConntrack(this.netnsOf('node')),
    followNftables: (onChange: () => void, signal: AbortSignal) =>
      followNftables(this.netnsOf('node'), onChange, signal),
    localAddresses: () =>
      families.flatMap((family) => {
        const { node, other, bridge } = addressOf[family];
        return [node, other, bridge];
      }),
  });

  run: typeof run = (file, args, options) =>
    run('nsenter', [`--net=${this.netnsOf('node')}`, file, ...args], options);

  /** Puts Services into the API, or others of the same names in their place. */
  put(...objects: Service[]): void {
    this.client.seed(services, ...objects);
  }

  remove(name: string): Promise<void> {
    return this.client.delete(services, { namespace: 'default', name });
  }

  /** Makes these pods the Service's endpoints (proxy-objects.ts knows the words). */
  endpoints(service: string, pods: readonly string[], options: SliceOptions = {}): void {
    this.client.seed(endpointSlices, ...slicesOf(service, pods, options));
  }

  /** The node's own object, with the address that is `primary`. */
  register(labels: Record<string, string> = {}): void {
    const addresses = families.map((family) => {
      return { type: 'InternalIP', address: addressOf[family].node };
    });
    this.client.seed(nodes, { metadata: { name: 'node', labels }, status: { addresses } });
  }

  ranges(...cidrs: string[]): void {
    this.client.seed(serviceCidrs, { metadata: { name: 'kubernetes' }, spec: { cidrs } });
  }

  /** Waits for something that packets or rules show. */
  async until(isSo: () => boolean | Promise<boolean>, what = 'it'): Promise<void> {
    const endMs = Date.now() + 20_000;
    while (!(await isSo())) {
      if (Date.now() > endMs) throw new Error(`${what} never came to be`);
      await systemClock.sleep(10);
    }
  }

  netnsOf = (host: Host): string => `/run/netns/${this.#name(host)}`;
  #name = (host: string) => `${this.#prefix}${host}`;

  async #startAsker(host: Host): Promise<void> {
    const script = new URL('proxy-host.ts', import.meta.url).pathname;
    const netns = `--net=${this.netnsOf(host)}`;
    const stdio = ['pipe', 'pipe', 'inherit'] as const;
    const child = spawn('nsenter', [netns, process.execPath, script, host], { stdio: [...stdio] });
    const waiting: Asker['waiting'] = new Map();
    this.#askers.set(host, { process: child, waiting });
    await once(child.stdout!, 'data'); // It is ready.
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const { id, answers } = JSON.parse(line) as { id: number; answers: string[] };
      waiting.get(id)?.(answers);
      waiting.delete(id);
    });
  }
}

/** Links from everywhere to the node, its addresses, and what a node has to be set to. */
function nodeScript(netnsOf: (host: string) => string): string {
  const wire = (host: string, peer: string) =>
    `ip link add ${peer} type veth peer name eth0 netns ${netnsOf(host)} && ip link set ${peer} up`;
  const { ipv4, ipv6 } = addressOf;
  return [
    'set -e',
    'ip link set lo up',
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding',
    // Refusals are counted by tests: the kernel shall not save any.
    'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit',
    'echo > /proc/sys/net/ipv6/icmp/ratemask',
    'ip link add br0 type bridge && ip link set br0 up',
    ...pods.flatMap((pod) => [
      wire(pod, `veth${pod}`),
      `ip link set veth${pod} master br0 && bridge link set dev veth${pod} hairpin on`,
    ]),
    wire('out', 'up0'),
    wire('far', 'up1'),
    `ip address add ${ipv4.bridge}/24 dev br0; ip address add ${ipv6.bridge}/64 dev br0 nodad`,
    `ip address add ${ipv4.node}/24 dev up0; ip address add ${ipv6.node}/64 dev up0 nodad`,
    `ip address add ${ipv4.other}/24 dev up1; ip address add ${ipv6.other}/64 dev up1 nodad`,
    `ip route add default via ${ipv4.far}; ip -6 route add default via ${ipv6.far}`,
  ].join('\n');
}

function hostScript(host: Exclude<Host, 'node'>): string {
  return [
    'set -e',
    'ip link set lo up; ip link set eth0 up',
    ...families.flatMap((family) => {
      const each = addressOf[family];
      const isOutside = host === 'out' || host === 'far';
      const own = isOutside ? each[host] : each.pod(host);
      const gateway = host === 'out' ? each.node : host === 'far' ? each.other : each.bridge;
      const extra = host === 'far' ? [each.farService, each.farBalancer] : [];
      const ip = family === 'ipv4' ? 'ip' : 'ip -6';
      const nodad = family === 'ipv4' ? '' : 'nodad';
      return [
        `${ip} address add ${own}/${family === 'ipv4' ? 24 : 64} dev eth0 ${nodad}`,
        ...extra.map((address) => `${ip} address add ${address} dev lo ${nodad}`),
        `${ip} route add default via ${gateway}`,
      ];
    }),
  ].join('\n');
}
