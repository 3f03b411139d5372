/**
 * A node with three pods and a client outside, in network namespaces of the test's own:
 *
 *   out 192.0.2.2 ── 192.0.2.1 node, br0 10.42.0.1 ── a 10.42.0.2, b 10.42.0.3, c 10.42.0.4
 *
 * Each pod answers on TCP and UDP port 8080 with its name and the address it was asked from.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { endpointSlices, services } from '../../api/resources.ts';
import type { EndpointSlice } from '../../api/types/discovery-v1.generated.ts';
import { systemClock } from '../../base/clock.ts';
import { parseFlags } from '../../base/config.ts';
import { silentLogger } from '../../base/log.ts';
import { createFake, type FakeClient } from '../../client/fake.ts';
import { openConntrack } from '../../native/conntrack.ts';
import { followNftables, openNftables } from '../../native/nftables.ts';
import { run } from '../../native/run.ts';
import { cleanUp, flags, type ProxyRunning, start } from '../../proxy/main.ts';

const pods = ['a', 'b', 'c'] as const;
export type Pod = (typeof pods)[number];
export const addressOf = (pod: Pod): string => `10.42.0.${2 + pods.indexOf(pod)}`;

const echo = `
const name = process.argv[1];
require('node:net')
  .createServer((s) => s.on('error', () => {}).end(name + ' ' + s.remoteAddress + '\\n'))
  .listen(8080, '0.0.0.0', () => console.log('ready'));
const udp = require('node:dgram').createSocket('udp4');
udp.on('message', (_, from) => udp.send(name + ' ' + from.address + '\\n', from.port, from.address));
udp.bind(8080);
`;

/** Both iptables, and nftables by netlink. */
export type Mode = 'legacy' | 'nft' | 'nftables';

export class Lab {
  readonly #prefix: string;
  readonly #servers: ChildProcess[] = [];
  readonly #proxies: ProxyRunning[] = [];
  readonly mode: Mode;
  readonly client: FakeClient = createFake({ clock: systemClock });

  constructor(name: string, mode: Mode) {
    this.#prefix = `wpx${process.pid}${name}`;
    this.mode = mode;
  }

  /** Which iptables: that of the mode; with nftables it is not used. */
  get backend(): 'legacy' | 'nft' {
    return this.mode === 'legacy' ? 'legacy' : 'nft';
  }

  async build(): Promise<void> {
    for (const host of ['node', 'out', ...pods]) {
      execFileSync('ip', ['netns', 'add', this.#name(host)]);
      this.sh(host, 'ip link set lo up');
    }
    this.sh('node', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
    this.sh('node', 'ip link add br0 type bridge && ip link set br0 up');
    this.sh('node', 'ip address add 10.42.0.1/24 dev br0');
    this.#wire('out', 'up0', '192.0.2.2/24');
    this.sh('node', 'ip address add 192.0.2.1/24 dev up0 && ip route add default via 192.0.2.2');
    this.sh('out', 'ip route add 10.43.0.0/16 via 192.0.2.1');
    for (const pod of pods) {
      this.#wire(pod, `veth${pod}`, `${addressOf(pod)}/24`);
      this.sh(
        'node',
        `ip link set veth${pod} master br0 && bridge link set dev veth${pod} hairpin on`,
      );
      this.sh(pod, 'ip route add default via 10.42.0.1');
    }
    await Promise.all(pods.map((pod) => this.#serve(pod)));
  }

  async destroy(): Promise<void> {
    for (const proxy of this.#proxies) await proxy.stop();
    for (const server of this.#servers) server.kill('SIGKILL');
    for (const host of ['node', 'out', ...pods]) {
      try {
        execFileSync('ip', ['netns', 'delete', this.#name(host)], { stdio: 'ignore' });
      } catch {} // It was never made.
    }
  }

  /** Runs a shell command on a host of the lab; throws when it fails. */
  sh(host: string, command: string): string {
    const args = [`--net=/run/netns/${this.#name(host)}`, 'bash', '-c', command];
    return execFileSync('nsenter', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Connects `times` times and gives the answers' first lines; `refused` where it was refused. */
  ask(host: string, target: string, times = 1, protocol: 'tcp' | 'udp' = 'tcp'): string[] {
    const path = `/dev/${protocol}/${target.replace(':', '/')}`;
    const once = `exec 3<>${path} && ${protocol === 'udp' ? 'echo hi >&3 &&' : ''} timeout 5 head -n1 <&3`;
    const loop = `for i in $(seq ${times}); do (${once}) 2>&1 | tail -n1; done`;
    return this.sh(host, loop)
      .trim()
      .split('\n')
      .map((line) => (/refused/.test(line) ? 'refused' : line));
  }

  /** Rules as iptables-save prints them, without the lines that count or tell the time. */
  rules(): string[] {
    return this.sh('node', `iptables-${this.backend}-save`)
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.replace(/ \[\d+:\d+\]$/, ''));
  }

  restore(text: string): void {
    const args = [`--net=/run/netns/${this.#name('node')}`, `iptables-${this.backend}-restore`];
    execFileSync('nsenter', [...args, '--noflush'], { input: text });
  }

  /** Starts the proxy on the node and waits for its first rules. */
  async proxy(...argv: string[]): Promise<ProxyRunning> {
    const running = await start(this.config(...argv), {
      client: this.client,
      clock: systemClock,
      log: silentLogger,
      place: this.place(),
      setSysctl: (path, value) => void this.sh('node', `echo ${value} > /proc/sys/${path}`),
    });
    this.#proxies.push(running);
    await running.synced;
    return running;
  }

  cleanUp = (...argv: string[]) => cleanUp(this.config(...argv), this.place());

  config(...argv: string[]) {
    const own = ['--healthz-bind-address=', '--metrics-bind-address=', '--node-name=node'];
    const backend = `--iptables-backend=${this.backend}`;
    const mode = `--proxy-mode=${this.mode === 'nftables' ? 'nftables' : 'iptables'}`;
    return parseFlags(flags, [...own, mode, backend, ...argv]).config;
  }

  place = () => ({
    run: this.run,
    openNftables: () => openNftables(`/run/netns/${this.#name('node')}`),
    openConntrack: () => openConntrack(`/run/netns/${this.#name('node')}`),
    followNftables: (onChange: () => void, signal: AbortSignal) =>
      followNftables(`/run/netns/${this.#name('node')}`, onChange, signal),
    localAddresses: () => ['192.0.2.1', '10.42.0.1'],
  });

  run: typeof run = (file, args, options) =>
    run('nsenter', [`--net=/run/netns/${this.#name('node')}`, file, ...args], options);

  async service(name: string, clusterIP: string, spec: object = {}): Promise<void> {
    await this.client.create(services, {
      metadata: { namespace: 'default', name },
      spec: {
        clusterIP,
        clusterIPs: [clusterIP],
        type: 'ClusterIP',
        selector: { app: name },
        ports: [
          { name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 },
          { name: 'dns', protocol: 'UDP', port: 53, targetPort: 8080 },
        ],
        ...spec,
      },
    });
  }

  /** Makes these pods the Service's endpoints. */
  async endpoints(service: string, ...ready: Pod[]): Promise<void> {
    const name = `${service}-1`;
    const slice: EndpointSlice = {
      metadata: {
        namespace: 'default',
        name,
        labels: { 'kubernetes.io/service-name': service },
      },
      addressType: 'IPv4',
      ports: [
        { name: 'http', protocol: 'TCP', port: 8080 },
        { name: 'dns', protocol: 'UDP', port: 8080 },
      ],
      endpoints: ready.map((pod) => ({
        addresses: [addressOf(pod)],
        conditions: { ready: true },
        nodeName: 'node',
      })),
    };
    const { items } = await this.client.list(endpointSlices);
    const old = items.find(({ metadata }) => metadata?.name === name);
    if (!old) return void (await this.client.create(endpointSlices, slice));
    const { resourceVersion } = old.metadata!;
    await this.client.update(endpointSlices, {
      ...slice,
      metadata: { ...slice.metadata, resourceVersion: resourceVersion! },
    });
  }

  /** Waits until the node's rules are as the condition says. */
  async until(isSo: (rules: string[]) => boolean): Promise<void> {
    const endMs = Date.now() + 20_000;
    while (!isSo(this.rules())) {
      if (Date.now() > endMs)
        throw new Error(`the rules never came to be:\n${this.rules().join('\n')}`);
      await systemClock.sleep(10);
    }
  }

  /** DNAT rules that name this endpoint. */
  dnats(rules: string[], pod: Pod): string[] {
    return rules.filter((rule) => rule.endsWith(`DNAT --to-destination ${addressOf(pod)}:8080`));
  }

  #name = (host: string) => `${this.#prefix}${host}`;

  /** A veth from the host's eth0 to `peer` on the node. */
  #wire(host: string, peer: string, address: string): void {
    const netns = `/run/netns/${this.#name(host)}`;
    this.sh('node', `ip link add ${peer} type veth peer name eth0 netns ${this.#name(host)}`);
    this.sh('node', `ip link set ${peer} up`);
    execFileSync('nsenter', [`--net=${netns}`, 'ip', 'address', 'add', address, 'dev', 'eth0']);
    this.sh(host, 'ip link set eth0 up');
  }

  async #serve(pod: Pod): Promise<void> {
    const netns = `--net=/run/netns/${this.#name(pod)}`;
    const server = spawn('nsenter', [netns, process.execPath, '-e', echo, pod]);
    this.#servers.push(server);
    await once(server.stdout!, 'data');
  }
}
