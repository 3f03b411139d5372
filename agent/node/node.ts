/** Keeps this node's object and Lease in the API: registers, reports what changed, tells that we live. */
import { leases, nodes } from '../../api/resources.ts';
import type { Lease } from '../../api/types/coordination-v1.generated.ts';
import type { ContainerImage, Node } from '../../api/types/core-v1.generated.ts';
import { type Clock, toMicroTime, toTime } from '../../base/clock.ts';
import { hasReason } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Running } from '../../base/running.ts';
import type { Client } from '../../client/client.ts';
import { type MachineFacts, readFacts, readUse } from './facts.ts';
import { type NodeSettings, type NodeView, needsWrite, planNode, planStatus } from './plan-node.ts';

const leaseNamespace = 'kube-node-lease';
const leaseSeconds = 40;
const renewMs = 10_000;
const retryMs = 500;

export interface NodeOptions {
  readonly settings: NodeSettings;
  readonly root: string;
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly listImages: () => Promise<readonly ContainerImage[]>;
  /** Why pods cannot run here now; undefined when they can. */
  readonly problem: () => string | undefined;
}

export interface RunningNode extends Running {
  readonly facts: MachineFacts;
  /** Looks again at once: an image came, the network is up. */
  refresh(): void;
}

/** Resolves once the node is registered; until the API server answers it keeps trying. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { root, clock, log } = options;
  const stopping = new AbortController();
  const facts = readFacts(root);
  let wake = new AbortController();
  const report = async () => reportStatus(options, await look(options, facts));
  await untilDone(options, stopping.signal, 'Could not register the node', report);
  log.info('Registered node', { node: options.settings.name });
  const loop = async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(renewMs, AbortSignal.any([stopping.signal, wake.signal]));
      if (stopping.signal.aborted) return;
      const isWoken = wake.signal.aborted;
      if (isWoken) wake = new AbortController();
      try {
        if (!isWoken) await renewLease(options);
        await report();
      } catch (error) {
        log.error('Could not report the node', error);
      }
    }
  };
  await untilDone(options, stopping.signal, 'Could not renew the Lease', () => renewLease(options));
  const running = loop();
  return {
    facts,
    refresh: () => wake.abort(),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function look({ root, listImages, problem }: NodeOptions, facts: MachineFacts) {
  return { facts, use: readUse(root), images: await listImages(), problem: problem() };
}

async function reportStatus(options: NodeOptions, view: NodeView): Promise<void> {
  const { client, clock, settings } = options;
  const node = await getOrCreate(options, view);
  const status = planStatus(settings, view, node.status, toTime(clock.now()));
  if (!needsWrite(node.status, status)) return;
  await client.patch(
    nodes,
    { name: settings.name },
    { type: 'strategic', body: { status } },
    { subresource: 'status' },
  );
}

async function getOrCreate({ client, settings }: NodeOptions, view: NodeView): Promise<Node> {
  try {
    return await client.get(nodes, settings.name);
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
    return await client.create(nodes, planNode(settings, view));
  }
}

/** Upstream's node heartbeat: the object's owner is the node, so that it goes with it. */
async function renewLease({ client, clock, settings }: NodeOptions): Promise<void> {
  const target = { name: settings.name, namespace: leaseNamespace };
  const spec = {
    holderIdentity: settings.name,
    leaseDurationSeconds: leaseSeconds,
    renewTime: toMicroTime(clock.now()),
  };
  try {
    await client.patch(leases, target, { type: 'merge', body: { spec } });
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
    const lease: Lease = { metadata: target, spec };
    await client.create(leases, lease);
  }
}

async function untilDone(
  { clock, log }: NodeOptions,
  signal: AbortSignal,
  complaint: string,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      log.error(complaint, error);
      await clock.sleep(retryMs, signal);
    }
  }
}
