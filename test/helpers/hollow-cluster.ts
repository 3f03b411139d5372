/**
 * A cluster whose nodes are hollow: a real API server in a process of its own, our controllers and
 * scheduler here, and agents that call each pod ready at once. Nothing runs, nothing needs root.
 */
import { join } from 'node:path';
import { leases, nodes, pods } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { systemClock, toMicroTime, toTime } from '../../base/clock.ts';
import { parseFlags } from '../../base/config.ts';
import { hasReason } from '../../base/errors.ts';
import { silentLogger } from '../../base/log.ts';
import type { Client } from '../../client/client.ts';
import { connect } from '../../client/connect.ts';
import { Informer } from '../../client/informer.ts';
import * as controllers from '../../controllers/main.ts';
import * as scheduler from '../../scheduler/main.ts';
import { type ApiProcess, createApiProcess } from './api-process.ts';

const clock = systemClock;
const log = silentLogger;

export interface HollowCluster {
  readonly api: ApiProcess;
  /** As the administrator. */
  readonly client: Client;
  readonly kubeconfig: string;
  remove(): Promise<void>;
}

export async function createHollowCluster(nodeNames: readonly string[]): Promise<HollowCluster> {
  const api = await createApiProcess();
  try {
    await api.start();
    return await populate(api, nodeNames);
  } catch (error) {
    await api.remove();
    throw error;
  }
}

async function populate(api: ApiProcess, nodeNames: readonly string[]): Promise<HollowCluster> {
  const kubeconfig = join(api.folder, 'admin.kubeconfig');
  const client = connect({ kubeconfig });
  const stopping = new AbortController();
  const { signal } = stopping;
  const agents = nodeNames.map((name, index) => runAgent(client, { name, index, signal }));
  const own = { client, clock, log, onLost: () => {} };
  const words = ['--healthz-port=0', '--leader-elect=false'];
  const forControllers = [
    ...words,
    '--node-monitor-grace-seconds=3600', // Its agents renew nothing.
    `--root-ca-file=${api.folder}/pki/ca.crt`,
  ];
  const running = await Promise.all([
    controllers.start(parseFlags(controllers.flags, forControllers).config, own),
    scheduler.start(parseFlags(scheduler.flags, words).config, own),
  ]);
  await Promise.all(agents);
  return {
    api,
    client,
    kubeconfig,
    async remove() {
      stopping.abort();
      await Promise.all(running.map((each) => each.stop()));
      client.close();
      await api.remove();
    },
  };
}

interface Agent {
  readonly name: string;
  readonly index: number;
  readonly signal: AbortSignal;
}

/** Resolves once its node is there; it goes on until the signal. */
async function runAgent(client: Client, { name, index, signal }: Agent): Promise<void> {
  const now = toTime(clock.now());
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
  await client.create(nodes, { metadata: { name, labels } });
  const body = {
    status: {
      addresses: [{ type: 'InternalIP', address: `192.0.2.${index + 11}` }],
      allocatable: { cpu: '8', memory: '16Gi', pods: '110' },
      capacity: { cpu: '8', memory: '16Gi', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: now }],
    },
  };
  await client.patch(nodes, { name }, { type: 'merge', body }, { subresource: 'status' });
  const metadata = { name, namespace: 'kube-node-lease' };
  const spec = { holderIdentity: name, renewTime: toMicroTime(clock.now()) };
  await client.create(leases, { metadata, spec });
  const mine = new Informer(
    client,
    pods,
    { fieldSelector: `spec.nodeName=${name}` },
    { clock, log },
  );
  let last = 0;
  mine.onChange((_, pod, old) => {
    if (!pod) return;
    const act = !old ? start(client, pod, `10.42.${index}.${++last}`) : end(client, pod, old);
    act.catch((error: unknown) => {
      if (!signal.aborted && !hasReason(error, 'NotFound')) throw error;
    });
  });
  mine.start(signal);
}

/** Of a pod that asks to fail or to succeed by its command, or else of one that goes on. */
async function start(client: Client, pod: Pod, ip: string): Promise<void> {
  const { name = '', namespace = '' } = pod.metadata ?? {};
  const startedAt = toTime(clock.now());
  const word = pod.spec?.containers[0]?.command?.[0];
  const isOver = word === 'true' || word === 'false';
  const phase = !isOver ? 'Running' : word === 'true' ? 'Succeeded' : 'Failed';
  const exitCode = word === 'true' ? 0 : 1;
  const state = isOver
    ? { terminated: { exitCode, startedAt, finishedAt: startedAt, reason: 'Completed' } }
    : { running: { startedAt } };
  const ready = String(!isOver && phase === 'Running').replace(/^./, (c) => c.toUpperCase());
  const condition = (type: string, status: string) => {
    return { type, status, lastTransitionTime: startedAt };
  };
  const body = {
    status: {
      phase,
      startTime: startedAt,
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [
        condition('PodScheduled', 'True'),
        condition('Initialized', 'True'),
        condition('ContainersReady', ready),
        condition('Ready', ready),
      ],
      containerStatuses: pod.spec?.containers.map((each) => ({
        name: each.name,
        image: each.image,
        imageID: '',
        ready: ready === 'True',
        restartCount: 0,
        state,
      })),
    },
  };
  await client.patch(pods, { name, namespace }, { type: 'merge', body }, { subresource: 'status' });
}

async function end(client: Client, pod: Pod, old: Pod): Promise<void> {
  const { name = '', namespace = '', deletionTimestamp } = pod.metadata ?? {};
  if (!deletionTimestamp || old.metadata?.deletionTimestamp) return;
  await client.delete(pods, { name, namespace }, { gracePeriodSeconds: 0 });
}
