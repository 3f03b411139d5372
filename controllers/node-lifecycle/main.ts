/** Nodes that fall silent are marked, and their pods moved. */
import { leases, nodes, pods } from '../../api/resources.ts';
import type { Node, Pod } from '../../api/types/core-v1.generated.ts';
import { type Clock, toTime } from '../../base/clock.ts';
import { hasReason } from '../../base/errors.ts';
import { keyOf } from '../../client/keys.ts';
import { type Context, type Controller, createReconciler, watching } from '../controller.ts';
import { isReady, isTerminating } from '../pods.ts';
import { evictionAtMs, planSilence, planTaints } from './plan.ts';

const leaseNamespace = 'kube-node-lease';
const podsOnNode = 'node';

export const nodeLifecycleController: Controller = {
  name: 'node-lifecycle-controller',
  watches: watching(nodes, pods, leases),
  start(context) {
    const { informers, clock } = context;
    const signs = new SignsOfLife(clock);
    const reconciler = createReconciler('node-lifecycle', context, async (name) => {
      const recheckMs = await reconcile(context, signs, name);
      if (recheckMs !== undefined) reconciler.enqueueAfter(name, recheckMs);
    });
    informers.of(pods).index(podsOnNode, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
    informers.of(leases).onChange((key, lease) => {
      const [namespace, name = ''] = key.split('/');
      if (namespace !== leaseNamespace || !lease) return;
      // A renewal of a node that is well needs no look: the timer is already set.
      const isNews = signs.see(name, 'lease', lease.spec?.renewTime ?? '');
      if (isNews && !isWell(informers.of(nodes).get(name))) reconciler.enqueue(name);
    });
    informers.of(nodes).onChange((name, node) => {
      if (!node) signs.forget(name);
      else signs.see(name, 'status', heartbeatOf(node));
      reconciler.enqueue(name);
    });
    informers.of(pods).onChange((_, pod, old) => {
      const name = pod?.spec?.nodeName;
      if (!name || (old?.spec?.nodeName === name && isReady(old) === isReady(pod))) return;
      if (!isWell(informers.of(nodes).get(name))) reconciler.enqueue(name);
    });
  },
};

/** When a node was last heard of, by our own clock: its own may be wrong. */
class SignsOfLife {
  readonly #clock: Clock;
  readonly #seen = new Map<string, { atMs: number; marks: Map<string, string> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns whether this is news. */
  see(name: string, kind: 'lease' | 'status', mark: string): boolean {
    const known = this.#seen.get(name);
    // Unknown is what we wrote ourselves, and says nothing about the node.
    if (known && (mark === '' || known.marks.get(kind) === mark)) return false;
    const marks = known?.marks ?? new Map<string, string>();
    marks.set(kind, mark);
    this.#seen.set(name, { atMs: this.#clock.now(), marks });
    return true;
  }

  lastMs(name: string): number {
    return this.#seen.get(name)?.atMs ?? this.#clock.now();
  }

  forget(name: string): void {
    this.#seen.delete(name);
  }
}

/** Returns when to look again: when its time is up, or when the next pod has to leave. */
async function reconcile(context: Context, signs: SignsOfLife, name: string) {
  const { informers, client, clock, config, recorder } = context;
  const node = informers.of(nodes).get(name);
  if (!node || node.metadata?.deletionTimestamp) return undefined;
  const nowMs = clock.now();
  const silentMs = nowMs - signs.lastMs(name);
  const graceMs = config.nodeMonitorGraceSeconds * 1000;
  const conditions = silentMs >= graceMs ? planSilence(node, nowMs) : undefined;
  if (conditions) {
    const status = { ...node.status, conditions };
    await client.update(nodes, { ...node, status }, { subresource: 'status' });
    recorder.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    return undefined; // The change brings us back, now with taints to plan.
  }
  const taints = planTaints(node, nowMs);
  if (taints) {
    await client.update(nodes, { ...node, spec: { ...node.spec, taints } });
    return undefined;
  }
  const there = informers.of(pods).byIndex(podsOnNode, name);
  if (!isWell(node)) for (const pod of there) await markNotReady(context, pod);
  const waitMs = await evict(context, node, there);
  const silenceMs = silentMs < graceMs ? graceMs - silentMs : undefined;
  const waits = [waitMs, silenceMs].filter((ms) => ms !== undefined);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

/** Nobody else can say it: what runs on a silent node must not get traffic. */
async function markNotReady({ client, clock }: Context, pod: Pod): Promise<void> {
  if (!isReady(pod)) return;
  const lastTransitionTime = toTime(clock.now());
  const conditions = (pod.status?.conditions ?? []).map((condition) =>
    condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime } : condition,
  );
  try {
    const status = { ...pod.status, conditions };
    await client.update(pods, { ...pod, status }, { subresource: 'status' });
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}

/** Returns when the next one has to leave. */
async function evict(context: Context, node: Node, there: readonly Pod[]) {
  const nowMs = context.clock.now();
  let nextMs: number | undefined;
  for (const pod of there.filter((each) => !each.metadata?.deletionTimestamp)) {
    const atMs = evictionAtMs(pod, node);
    if (atMs === undefined || isTerminating(pod)) continue;
    if (atMs <= nowMs) await remove(context, pod);
    else nextMs = Math.min(nextMs ?? Number.POSITIVE_INFINITY, atMs - nowMs);
  }
  return nextMs;
}

async function remove({ client, recorder }: Context, pod: Pod): Promise<void> {
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
  const message = `Marking for deletion Pod ${keyOf(pod)}`;
  recorder.event(pod, 'Normal', 'TaintManagerEviction', message);
  try {
    await client.delete(pods, { name, namespace }, { preconditions: { uid } });
  } catch (error) {
    if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
  }
}

const readyOf = (node: Node | undefined) =>
  node?.status?.conditions?.find(({ type }) => type === 'Ready');

function isWell(node: Node | undefined): boolean {
  const taints = node?.spec?.taints ?? [];
  return readyOf(node)?.status === 'True' && !taints.some(({ effect }) => effect === 'NoExecute');
}

const heartbeatOf = (node: Node): string =>
  readyOf(node)?.status === 'Unknown' ? '' : (readyOf(node)?.lastHeartbeatTime ?? '');
