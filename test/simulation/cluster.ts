/** A cluster in one process: our controllers and scheduler, a fake API server, hollow nodes. */
import type { ExecutionContext } from 'ava';
import { deployments, leases, namespaces, nodes, pods, replicaSets } from '../../api/resources.ts';
import type { Deployment } from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { toMicroTime, toTime } from '../../base/clock.ts';
import { hasReason, StatusError } from '../../base/errors.ts';
import { type Logger, silentLogger } from '../../base/log.ts';
import type { Client } from '../../client/client.ts';
import { createRecorder } from '../../client/events.ts';
import { createFake, type FakeClient } from '../../client/fake.ts';
import { Informer } from '../../client/informer.ts';
import { Informers } from '../../client/informers.ts';
import { runControllers } from '../../controllers/main.ts';
import { defaultProfile } from '../../scheduler/profile.ts';
import { Scheduler } from '../../scheduler/scheduler.ts';
import { createVirtualClock, type VirtualClock } from './clock.ts';

export interface Cluster {
  readonly client: FakeClient;
  readonly clock: VirtualClock;
  /** Ends the node's agent: no more leases, no more statuses. */
  fail(node: string): void;
  /** Ends controllers and scheduler between two breaths, and starts new ones. */
  restart(): Promise<void>;
  /** Says which answers to the control plane get lost on their way: what was asked is done. */
  loseAnswer: ((verb: 'create' | 'update' | 'delete') => boolean) | undefined;
  /** How long the control plane's watches take for each event. */
  lagMs: number;
  /** What went wrong in a way that a log would show. */
  readonly errors: string[];
}

export interface ClusterOptions {
  readonly nodes: readonly string[];
  readonly controllers?: readonly string[];
  /** How long a pod takes from being seen to being ready, and to end. */
  readonly startMs?: number;
  readonly stopMs?: number;
}

export async function startCluster(t: ExecutionContext, options: ClusterOptions): Promise<Cluster> {
  const clock = createVirtualClock();
  const client = createFake({ clock });
  for (const name of ['default', 'kube-system', 'kube-node-lease']) {
    client.seed(namespaces, { metadata: { name } });
  }
  const errors: string[] = [];
  const log: Logger = {
    ...silentLogger,
    error: (message, error) => void errors.push(`${message}: ${error}`),
    child: () => log,
  };
  const everything = new AbortController();
  t.teardown(() => everything.abort());
  const agents = new Map(
    options.nodes.map((name) => {
      const life = new AbortController();
      everything.signal.addEventListener('abort', () => life.abort());
      void runAgent({ client, clock, name, options, signal: life.signal });
      return [name, life] as const;
    }),
  );
  const cluster: Cluster = {
    client,
    clock,
    errors,
    loseAnswer: undefined,
    lagMs: 0,
    fail: (node) => agents.get(node)?.abort(),
    async restart() {
      plane.abort();
      plane = startControlPlane({ client: lossy, clock, log, options });
      await clock.settle();
    },
  };
  const lossy = unreliable(cluster);
  let plane = startControlPlane({ client: lossy, clock, log, options });
  everything.signal.addEventListener('abort', () => plane.abort());
  await clock.advance(1000);
  return cluster;
}

/** The fake behind a bad line. */
function unreliable(cluster: Cluster): Client {
  const { client, clock } = cluster;
  const lose = <T>(verb: 'create' | 'update' | 'delete', answer: T): T => {
    if (cluster.loseAnswer?.(verb))
      throw new StatusError('ServiceUnavailable', 'the answer was lost');
    return answer;
  };
  return {
    get: (...args) => client.get(...args),
    list: (...args) => client.list(...args),
    async *watch(resource, options) {
      for await (const event of client.watch(resource, options)) {
        if (cluster.lagMs > 0) await clock.sleep(cluster.lagMs, options?.signal);
        yield event;
      }
    },
    create: async (...args) => lose('create', await client.create(...args)),
    update: async (...args) => lose('update', await client.update(...args)),
    patch: async (...args) => lose('update', await client.patch(...args)),
    delete: async (...args) => lose('delete', await client.delete(...args)),
    createSubresource: async (resource, target, subresource, body) =>
      lose('create', await client.createSubresource(resource, target, subresource, body)) as never,
    close: () => {},
  };
}

interface Plane {
  readonly client: Client;
  readonly clock: VirtualClock;
  readonly log: Logger;
  readonly options: ClusterOptions;
}

function startControlPlane({ client, clock, log, options }: Plane): AbortController {
  const stop = new AbortController();
  const { signal } = stop;
  const deps = { clock, log, random: () => 0.5 };
  const recorderOf = (component: string) => createRecorder(client, { component, clock, log });
  void runControllers(
    options.controllers ?? ['*'],
    {
      ...{ client, clock, log, recorderOf },
      informers: new Informers(client, deps),
      config: { clusterCidr: '10.42.0.0/16', nodeMonitorGraceSeconds: 40, rootCa: 'PEM' },
    },
    signal,
  );
  const scheduler = new Scheduler({
    ...{ client, clock, log, signal },
    informers: new Informers(client, deps),
    recorder: recorderOf('default-scheduler'),
    profile: defaultProfile,
    schedulerName: 'default-scheduler',
  });
  void scheduler.start();
  return stop;
}

interface Agent {
  readonly client: FakeClient;
  readonly clock: VirtualClock;
  readonly name: string;
  readonly options: ClusterOptions;
  readonly signal: AbortSignal;
}

/** Registers, renews its lease, and calls pods running after a while; nothing really runs. */
async function runAgent(agent: Agent): Promise<void> {
  const { client, clock, name, signal, options } = agent;
  const { startMs = 1000, stopMs = 1000 } = options;
  const now = () => toTime(clock.now());
  client.seed(nodes, {
    metadata: { name },
    status: {
      allocatable: { cpu: '8', memory: '16Gi', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: now() }],
    },
  });
  const mine = new Informer(
    client,
    pods,
    { fieldSelector: `spec.nodeName=${name}` },
    { clock, log: silentLogger, random: () => 0.5 },
  );
  const later = async (ms: number, act: () => Promise<unknown>) => {
    await clock.sleep(ms, signal);
    if (signal.aborted) return;
    await act().catch((error: unknown) => {
      if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
    });
  };
  let last = 0;
  mine.onChange((key, pod, old) => {
    if (!pod) return;
    const [namespace = '', podName = ''] = key.split('/');
    const target = { name: podName, namespace };
    // What is broken never starts.
    if (!old && !pod.spec?.containers[0]?.image?.startsWith('broken')) {
      const ip = `10.42.${options.nodes.indexOf(name)}.${++last}`;
      void later(startMs, () => markRunning(agent, target, ip));
    }
    if (pod.metadata?.deletionTimestamp && !old?.metadata?.deletionTimestamp) {
      void later(stopMs, () => client.delete(pods, target, { gracePeriodSeconds: 0 }));
    }
  });
  mine.start(signal);
  const metadata = { name, namespace: 'kube-node-lease' };
  client.seed(leases, { metadata, spec: { holderIdentity: name } });
  while (!signal.aborted) {
    const body = { spec: { renewTime: toMicroTime(clock.now()) } };
    await client.patch(leases, metadata, { type: 'merge', body });
    await clock.sleep(10_000, signal);
  }
}

async function markRunning(
  { client, clock }: Agent,
  target: { name: string; namespace: string },
  ip: string,
): Promise<void> {
  const pod = await client.get(pods, target.name, target.namespace);
  if (pod.metadata?.deletionTimestamp) return;
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: toTime(clock.now()) };
  const status: Pod['status'] = {
    ...pod.status,
    phase: 'Running',
    podIP: ip,
    podIPs: [{ ip }],
    conditions: [...others, ready],
  };
  const body = { metadata: { resourceVersion: pod.metadata?.resourceVersion }, status };
  await client.patch(pods, target, { type: 'merge', body }, { subresource: 'status' });
}

export function deploymentOf(name: string, replicas: number, image = 'web:1'): Deployment {
  const labels = { app: name };
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [{ name: 'web', image, ports: [{ name: 'http', containerPort: 8080 }] }],
          tolerations: ['not-ready', 'unreachable'].map((key) => ({
            key: `node.kubernetes.io/${key}`,
            operator: 'Exists',
            effect: 'NoExecute',
            tolerationSeconds: 300,
          })),
        },
      },
    },
  };
}

/** Changes a deployment as `kubectl set image` and `kubectl scale` do. */
export async function change(
  { client }: Cluster,
  name: string,
  edit: (spec: NonNullable<Deployment['spec']>) => void,
): Promise<void> {
  const draft = structuredClone(await client.get(deployments, name, 'default'));
  edit(draft.spec!);
  await client.update(deployments, draft);
}

export interface Census {
  readonly alive: number;
  readonly ready: number;
  /** Image → pods that are alive. */
  readonly images: Readonly<Record<string, number>>;
}

/** Pods that are not on their way out, by the API server's own account. */
export async function census({ client }: Cluster): Promise<Census> {
  const { items } = await client.list(pods, { namespace: 'default' });
  const alive = items.filter(({ metadata }) => !metadata?.deletionTimestamp);
  const isReady = ({ status }: Pod) =>
    status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
  const images: Record<string, number> = {};
  for (const { spec } of alive) {
    const image = spec?.containers[0]?.image ?? '';
    images[image] = (images[image] ?? 0) + 1;
  }
  return { alive: alive.length, ready: alive.filter(isReady).length, images };
}

export async function sizes({ client }: Cluster): Promise<number[]> {
  const { items } = await client.list(replicaSets, { namespace: 'default' });
  return items.map(({ spec }) => spec?.replicas ?? 0);
}

/** The most pods that were alive at any moment, by the log of what the server accepted. */
export function mostAlive({ client }: Cluster): number {
  const alive = new Set<string>();
  let most = 0;
  for (const line of client.writes) {
    const [verb, resource, key = ''] = line.split(' ');
    if (resource !== 'pods') continue;
    if (verb === 'create') alive.add(key);
    if (verb === 'delete') alive.delete(key);
    most = Math.max(most, alive.size);
  }
  return most;
}
