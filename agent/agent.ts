/** One node's agent as a whole: its parts in the order in which they start, and end in reverse. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { nodes, pods as podsResource, services as servicesResource } from '../api/resources.ts';
import type { Node, Pod, Service } from '../api/types/core-v1.generated.ts';
import type { Clock } from '../base/clock.ts';
import { formatIp, networkOf, parseCidr } from '../base/ip-address.ts';
import type { Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import type { Client } from '../client/client.ts';
import { createRecorder, type Recorder } from '../client/events.ts';
import { Informer } from '../client/informer.ts';
import { createNetworkRunner, serveCni } from '../cni/index.ts';
import { type Kernel, paths as programs } from '../native/index.ts';
import { run } from '../native/run.ts';
import type { AgentContext, PodNetwork } from './context.ts';
import { createDrain } from './drain.ts';
import { startHealthz } from './healthz.ts';
import { listImages } from './images/index.ts';
import { prepareStore } from './images/store.ts';
import { watchImages } from './images/watch.ts';
import type { Config } from './main.ts';
import { ensureNodeNetwork } from './node/network.ts';
import { type RunningNode, startNode } from './node/node.ts';
import { createPodDirectory } from './pod-directory.ts';
import { createPodNetwork, networkConfOf } from './pod-network.ts';
import { Pods } from './pods.ts';
import { guardNetwork } from './policy/guard.ts';
import { renderDrops } from './policy/metrics.ts';
import { type Policies, startPolicies } from './policy/policies.ts';
import { recover } from './recovery.ts';
import { readHierarchies } from './runtime/cgroup.ts';
import { createMonitors } from './runtime/monitors.ts';
import { startServer } from './server/server.ts';

/** The flags, with everything filled in that was left open. */
export interface AgentConfig extends Config {
  readonly hostname: string;
  readonly version: string;
}

export interface AgentDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly kernel: Kernel;
  /** May list and watch all pods, namespaces and policies; absent: policies are not enforced. */
  readonly policyClient?: Client;
}

export interface RunningAgent extends Running {
  readonly port: number;
  readonly healthzPort: number;
}

/** For `--pods-on-exit=stop`: what pods get, and how long is waited for all of it. */
const stopGraceSeconds = 5;
const stopPatienceMs = 12_000;

export class Agent implements RunningAgent {
  readonly #config: AgentConfig;
  readonly #deps: AgentDeps;
  readonly #recorder: Recorder;
  readonly #pods: Informer<Pod>;
  readonly #services: Informer<Service>;
  readonly #stopping = new AbortController();
  readonly #parts: Running[] = [];
  #node: RunningNode | undefined;
  #policies: Policies | undefined;
  #loop: Pods | undefined;
  #problem: string | undefined = 'the pod network is not set up yet';
  #stopped: Promise<void> | undefined;
  port = 0;
  healthzPort = 0;

  constructor(config: AgentConfig, deps: AgentDeps) {
    const { client, clock, log } = deps;
    this.#config = config;
    this.#deps = deps;
    const host = config.nodeName;
    this.#recorder = createRecorder(client, { component: 'kubelet', host, clock, log });
    const fieldSelector = `spec.nodeName=${host}`;
    this.#pods = new Informer(client, podsResource, { fieldSelector }, { clock, log });
    this.#services = new Informer(client, servicesResource, {}, { clock, log });
    this.#services.index('namespace', ({ metadata }) => [metadata?.namespace ?? '']);
  }

  async begin(): Promise<void> {
    const { root, runDir } = this.#config;
    const { signal } = this.#stopping;
    for (const dir of [root, runDir]) mkdirSync(dir, { recursive: true, mode: 0o700 });
    await prepareStore(root);
    this.#pods.start(signal);
    this.#services.start(signal);
    const [network] = await Promise.all([this.#startNetwork(), this.#startServers()]);
    await this.#startNode();
    await Promise.all([this.#pods.synced, this.#services.synced]);
    await this.#startPods(network);
    this.#problem = undefined;
    this.#node?.refresh();
    this.#parts.push(watchImages(root, () => this.#imagesChanged()));
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    const { clock, log } = this.#deps;
    if (this.#config.podsOnExit === 'stop' && this.#loop) {
      const all = this.#loop.stopAll(stopGraceSeconds).then(() => true);
      const late = clock.sleep(stopPatienceMs, this.#stopping.signal).then(() => false);
      if (!(await Promise.race([all, late]))) log.info('Left pods behind that do not end');
    }
    this.#stopping.abort();
    await this.#loop?.release();
    for (const part of this.#parts.reverse()) await part.stop();
    await this.#recorder.flush();
  }

  /** The node's bridge and rules; resolves to what gives each pod its address. */
  async #startNetwork(): Promise<PodNetwork> {
    const { kernel, log } = this.#deps;
    const { root, runDir, instance } = this.#config;
    const podCidr = this.#config.podCidr || (await this.#assignedCidr());
    const bridge = `${instance}0`;
    const dataDir = join(root, 'cni', 'networks');
    const runner = createNetworkRunner({
      kernel,
      conf: networkConfOf({ name: instance, bridge, podCidr, dataDir }),
      cacheDir: join(root, 'cni', 'cache'),
      binDirs: ['/opt/cni/bin'],
      log,
    });
    this.#parts.push({ stop: async () => runner.close() });
    // First: it notes the sysctls as they were, and a bridge changes one of them.
    await ensureNodeNetwork({ instance, podCidr, runDir, run });
    await runner.ensureBridge({ name: bridge, address: gatewayOf(podCidr) });
    this.#parts.push(await serveCni(join(runDir, 'cni.sock'), { log }));
    return this.#guard(createPodNetwork(runner), bridge);
  }

  async #guard(network: PodNetwork, bridge: string): Promise<PodNetwork> {
    const { policyClient: client, clock, log } = this.#deps;
    const { instance, nodeName } = this.#config;
    if (!client) {
      log.info('NetworkPolicies are not enforced: there is no --network-policy-kubeconfig');
      return network;
    }
    const localPods = this.#pods;
    const options = { instance, bridge, nodeName };
    const policies = await startPolicies(options, { client, clock, log, localPods });
    this.#policies = policies;
    this.#parts.push(policies);
    return guardNetwork(network, policies);
  }

  async #startServers(): Promise<void> {
    const { clock, log } = this.#deps;
    const { address, port, tlsCertFile, tlsPrivateKeyFile, clientCaFile, root, runDir } =
      this.#config;
    const problem = () => this.#problem;
    const healthz = await startHealthz(this.#config.healthzPort, problem, async () =>
      renderDrops((await this.#policies?.drops()) ?? []),
    );
    this.#parts.push(healthz);
    this.healthzPort = healthz.port;
    if (!tlsCertFile || !tlsPrivateKeyFile || !clientCaFile) return;
    const paths = { root, runDir };
    const pods = { list: () => this.#loop?.list() ?? [] };
    const server = await startServer({
      address,
      port,
      certFile: tlsCertFile,
      keyFile: tlsPrivateKeyFile,
      clientCaFile,
      directory: createPodDirectory({ pods, paths, problem, kernel: this.#deps.kernel }),
      clock,
      log,
    });
    this.#parts.push(server);
    this.port = server.port;
  }

  async #startNode(): Promise<void> {
    const { nodeName, nodeIp, podCidr, maxPods, version, root } = this.#config;
    const node = await startNode({
      settings: {
        name: nodeName,
        addresses: nodeIp,
        ...(podCidr && { podCidr }),
        podsMax: maxPods,
        port: this.port,
        version,
      },
      root,
      ...this.#deps,
      listImages: async () =>
        (await listImages(root)).map(({ name, sizeBytes }) => ({ names: [name], sizeBytes })),
      problem: () => this.#problem,
    });
    this.#parts.push(node);
    this.#node = node;
  }

  /** Takes over what an earlier agent left, then follows the API. */
  async #startPods(network: PodNetwork): Promise<void> {
    const context = this.#contextOf(network);
    const known = this.#pods.list().map((pod): [string, Pod] => [pod.metadata?.uid ?? '', pod]);
    const loop = new Pods(context, this.#stopping.signal);
    for (const live of await recover(context, new Map(known))) loop.adopt(live);
    this.#loop = loop;
    this.#pods.onChange((_key, pod, old) => loop.change(pod, old));
  }

  #contextOf(network: PodNetwork): AgentContext {
    const { root, runDir, nodeName, nodeIp, podMaxPids, proxySocket } = this.#config;
    const { cgroupRoot, clusterDns, clusterDomain, hostname } = this.#config;
    const { cpus = 1, memoryBytes = 0 } = this.#node?.facts ?? {};
    const allocatable = { cpu: String(cpus), memory: String(memoryBytes) };
    return {
      ...this.#deps,
      recorder: this.#recorder,
      monitors: createMonitors(this.#deps.kernel, programs),
      network,
      drain: createDrain(proxySocket || join(runDir, 'proxy.sock'), this.#deps.clock),
      paths: { root, runDir },
      hierarchies: readHierarchies(),
      settings: {
        nodeName,
        hostname,
        nodeIps: nodeIp,
        cgroupRoot,
        podPidsMax: podMaxPids,
        clusterDns,
        clusterDomain,
        memoryBytes,
      },
      servicesFor: (namespace) =>
        [...new Set([namespace, 'default'])].flatMap((each) =>
          this.#services.byIndex('namespace', each),
        ),
      allocatable: () => allocatable,
    };
  }

  #imagesChanged(): void {
    this.#loop?.imagesChanged();
    this.#node?.refresh();
  }

  /** From the node's object, where a controller writes it once the node is there. */
  async #assignedCidr(): Promise<string> {
    const { client, clock, log } = this.#deps;
    const { nodeName } = this.#config;
    const fieldSelector = `metadata.name=${nodeName}`;
    const informer = new Informer<Node>(client, nodes, { fieldSelector }, { clock, log });
    const following = new AbortController();
    try {
      return await new Promise<string>((resolve, reject) => {
        const { signal } = this.#stopping;
        signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
        informer.onChange((_name, node) => {
          if (node?.spec?.podCIDR) resolve(node.spec.podCIDR);
        });
        informer.start(AbortSignal.any([following.signal, signal]));
      });
    } finally {
      following.abort();
    }
  }
}

/** The network's first address, with its prefix: 10.42.0.1/24. */
function gatewayOf(podCidr: string): string {
  const { address, prefixLength } = networkOf(parseCidr(podCidr));
  const first = Buffer.from(address);
  first[first.length - 1]! |= 1;
  return `${formatIp(first)}/${prefixLength}`;
}
