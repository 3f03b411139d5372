/**
 * An agent for a test: its pods loop with the real monitor, CNI, cgroups and image store, the API
 * in memory, and a network namespace that stands for the host's. All of it is gone afterwards.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { AgentContext, PodNetwork } from '../../agent/context.ts';
import { buildImage } from '../../agent/images/index.ts';
import { createPodDirectory } from '../../agent/pod-directory.ts';
import { createPodNetwork, networkConfOf } from '../../agent/pod-network.ts';
import { Pods } from '../../agent/pods.ts';
import { recover } from '../../agent/recovery.ts';
import { killCgroups, readHierarchies, removeCgroups } from '../../agent/runtime/cgroup.ts';
import { killMonitor } from '../../agent/runtime/monitor-process.ts';
import { createMonitors } from '../../agent/runtime/monitors.ts';
import type { PodDirectory } from '../../agent/server/directory.ts';
import { pods as podsResource } from '../../api/resources.ts';
import type { ContainerStatus, Pod, PodSpec } from '../../api/types/core-v1.generated.ts';
import { systemClock } from '../../base/clock.ts';
import { createLogger, type Logger } from '../../base/log.ts';
import { createFake, type FakeClient } from '../../client/fake.ts';
import { Informer } from '../../client/informer.ts';
import { createNetworkRunner } from '../../cni/index.ts';
import { kernel, paths as programs } from '../../native/index.ts';

const nodeName = 'n1';
export const image = 'localhost/test/busybox:1';
let labs = 0;

export interface Agent {
  readonly directory: PodDirectory;
  readonly loop: Pods;
  /** Lets go of everything at once, as a killed process does. */
  kill(): Promise<void>;
}

export interface Lab {
  readonly client: FakeClient;
  readonly dir: string;
  readonly instance: string;
  readonly hostNetns: string;
  readonly root: string;
  readonly runDir: string;
  readonly events: string[]; // `Normal Started Container started`
  startAgent(): Promise<Agent>;
  /** The one started last. */
  agent(): Agent;
  create(name: string, spec: Partial<PodSpec>): Promise<Pod>;
  pod(name: string): Promise<Pod | undefined>;
  status(name: string, container: string): Promise<ContainerStatus | undefined>;
  /** Looks until it is so. ava's limit ends a wait that is in vain. */
  until(isSo: () => Promise<boolean> | boolean): Promise<void>;
  log(name: string, container: string, attempt?: number): Promise<string>;
  /** What is left on the machine that carries this lab's name. */
  leftovers(): string[];
}

export async function createLab(t: ExecutionContext): Promise<Lab> {
  const instance = `wt${process.pid}x${labs++}`;
  const dir = mkdtempSync(join(tmpdir(), 'wherry-agent-'));
  const [root, runDir] = [join(dir, 'root'), join(dir, 'run')];
  const hostNetns = join(dir, 'host');
  const events: string[] = [];
  const client = createFake({ clock: systemClock });
  const cgroups = readHierarchies().map(({ mountPoint }) => join(mountPoint, instance));
  await kernel.createNetns(hostNetns);
  t.teardown(() => removeAll({ dir, runDir, cgroups }));
  for (const each of [root, runDir]) mkdirSync(each, { mode: 0o700 });
  await buildBusybox(root);
  const write = (line: string) => t.log(line.trimEnd());
  const log = createLogger({ component: 'agent', level: 'error', write });
  const started: Agent[] = [];
  const start: AgentOptions = { instance, root, runDir, hostNetns, client, events, log };
  const pod = (name: string) => client.get(podsResource, name, 'default').catch(() => undefined);
  return {
    client,
    instance,
    hostNetns,
    dir,
    root,
    runDir,
    events,
    startAgent: async () => {
      const agent = await startAgent(start);
      t.teardown(agent.kill);
      started.push(agent);
      return agent;
    },
    agent: () => started.at(-1)!,
    pod,
    create: (name, spec) =>
      client.create(podsResource, {
        metadata: { name, namespace: 'default' },
        spec: {
          nodeName,
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'main', image }],
          ...spec,
        },
      }),
    status: async (name, container) =>
      (await pod(name))?.status?.containerStatuses?.find((each) => each.name === container),
    async until(isSo) {
      while (!(await isSo())) await systemClock.sleep(10);
    },
    log: async (name, container, attempt = 0) => {
      const uid = (await pod(name))?.metadata?.uid;
      return readOr(join(root, 'logs/pods', `default_${name}_${uid}`, container, `${attempt}.log`));
    },
    leftovers: () => leftovers({ dir, hostNetns, cgroups, reserved: join(root, 'cni', instance) }),
  };
}

async function removeAll(lab: { dir: string; runDir: string; cgroups: string[] }): Promise<void> {
  const sandboxes = join(lab.runDir, 'sandboxes');
  for (const id of listOr(sandboxes)) killMonitor(join(sandboxes, id));
  await killCgroups(lab.cgroups, systemClock);
  await removeCgroups(lab.cgroups, systemClock);
  for (const point of mountsBelow(lab.dir).reverse()) kernel.umount(point, detach);
  rmSync(lab.dir, { recursive: true, force: true });
}

function leftovers(lab: { dir: string; hostNetns: string; cgroups: string[]; reserved: string }) {
  const podCgroups = lab.cgroups.flatMap((path) =>
    ['kubepods', 'kubepods/burstable', 'kubepods/besteffort'].flatMap((part) =>
      listOr(join(path, part)).filter((name) => name.startsWith('pod')),
    ),
  );
  const folders = ['run/sandboxes', 'run/netns', 'root/pods', 'root/containers', 'root/logs/pods'];
  return [
    ...mountsBelow(lab.dir).filter((point) => point !== lab.hostNetns),
    ...podCgroups,
    ...folders.flatMap((path) => listOr(join(lab.dir, path)).map((name) => `${path}/${name}`)),
    ...listOr(lab.reserved).filter((name) => /^\d/.test(name)), // Addresses.
  ];
}

export interface AgentOptions {
  readonly instance: string;
  readonly root: string;
  readonly runDir: string;
  readonly hostNetns: string;
  readonly client: FakeClient;
  readonly events: string[];
  readonly log: Logger;
}

export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { instance, root, runDir, hostNetns, client, log } = options;
  const ending = new AbortController();
  const fieldSelector = `spec.nodeName=${nodeName}`;
  const informerDeps = { clock: systemClock, log };
  const informer = new Informer(client, podsResource, { fieldSelector }, informerDeps);
  const conf = networkConfOf({
    name: instance,
    bridge: 'br0',
    podCidr: '10.77.0.0/24',
    dataDir: join(root, 'cni'),
  });
  const cacheDir = join(root, 'cni-cache');
  const runner = createNetworkRunner({ kernel, conf, cacheDir, binDirs: [], log, hostNetns });
  const context = contextOf(options, createPodNetwork(runner));
  informer.start(ending.signal);
  await informer.synced;
  const known = informer.list().map((pod): [string, Pod] => [pod.metadata?.uid ?? '', pod]);
  const loop = new Pods(context, ending.signal);
  for (const live of await recover(context, new Map(known))) loop.adopt(live);
  informer.onChange((_key, pod, old) => loop.change(pod, old));
  const problem = () => undefined;
  const directory = createPodDirectory({ pods: loop, paths: { root, runDir }, problem, kernel });
  let isOver = false;
  const kill = async () => {
    if (isOver) return;
    isOver = true;
    ending.abort();
    await loop.release();
    await runner.close();
  };
  return { directory, loop, kill };
}

function contextOf(options: AgentOptions, network: PodNetwork): AgentContext {
  const { instance, root, runDir, client, events, log } = options;
  return {
    client,
    clock: systemClock,
    log,
    kernel,
    monitors: createMonitors(kernel, programs),
    network,
    recorder: {
      event: (_about, type, reason, message) => events.push(`${type} ${reason} ${message}`),
      flush: async () => {},
    },
    paths: { root, runDir },
    hierarchies: readHierarchies(),
    settings: {
      nodeName,
      hostname: nodeName,
      nodeIps: ['192.0.2.1'],
      cgroupRoot: `/${instance}`,
      podPidsMax: -1,
      clusterDns: ['10.43.0.10'],
      clusterDomain: 'cluster.local',
      memoryBytes: 2 ** 30,
    },
    servicesFor: () => [],
    allocatable: () => ({ cpu: '2', memory: '1Gi' }),
  };
}

async function buildBusybox(root: string): Promise<void> {
  const applets = [
    'sh',
    'cat',
    'echo',
    'sleep',
    'true',
    'false',
    'id',
    'ls',
    'env',
    'httpd',
    'ip',
    'grep',
    'touch',
    'rm',
  ];
  await buildImage({
    root,
    name: image,
    files: [
      { path: 'bin/busybox', mode: 0o755, content: readFileSync('/bin/busybox') },
      ...applets.map((name) => ({ path: `bin/${name}`, symlinkTo: 'busybox' })),
      { path: 'tmp', isDirectory: true, mode: 0o1777 },
      { path: 'etc/passwd', content: 'root:x:0:0::/:/bin/sh\nweb:x:101:102::/:/bin/sh\n' },
      { path: 'etc/group', content: 'root:x:0:\nweb:x:102:\nextra:x:103:web\n' },
    ],
    config: { Cmd: ['sleep', '1000'], Env: ['PATH=/bin'] },
    now: Date.now,
  });
}

export const sh = (script: string) => ({ name: 'main', image, command: ['sh', '-c', script] });

const detach = 2; // MNT_DETACH

function mountsBelow(dir: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${dir}/`));
}

const readOr = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

function listOr(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}
