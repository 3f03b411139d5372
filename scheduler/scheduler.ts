/** The loop: take the most urgent pod, decide, assume, bind behind. One decision at a time. */
import { nodes, pods } from '../api/resources.ts';
import type { Node, Pod, PodCondition } from '../api/types/core-v1.generated.ts';
import { type Clock, toTime } from '../base/clock.ts';
import { hasReason, messageOf, StatusError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Client } from '../client/client.ts';
import type { Recorder } from '../client/events.ts';
import type { Informers } from '../client/informers.ts';
import { keyOf } from '../client/keys.ts';
import { Cache } from './cache.ts';
import { type Profile, toPodInfo } from './framework.ts';
import { planPlacement } from './plan.ts';
import { SchedulingQueue } from './queue.ts';

const writesMax = 100; // Bindings on their way at one time.
const netMs = 300_000; // Even without a known reason, everything is tried again this often.

export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly profile: Profile;
  /** Pods that name another scheduler are left to it. */
  readonly schedulerName: string;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #cache = new Cache();
  readonly #queue: SchedulingQueue;
  readonly #attempts = { scheduled: 0, unschedulable: 0, error: 0 };
  readonly #idlers: (() => void)[] = [];
  #writes = 0;
  #isSynced = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const { clock, signal } = options;
    this.#queue = new SchedulingQueue({ clock, signal, wake: () => this.#pump() });
  }

  /** Returns when both lists are known; schedules until the signal aborts. */
  async start(): Promise<void> {
    const { informers, signal } = this.#options;
    informers.of(nodes).onChange((name, node, old) => this.#onNode(name, node, old));
    informers.of(pods).onChange((key, pod, old) => this.#onPod(key, pod, old));
    informers.start(signal);
    await informers.synced();
    this.#isSynced = true;
    this.#pump();
    void this.#keepNet();
  }

  /** Resolves once nothing is being written: after the signal aborted, that is the end. */
  idle(): Promise<void> {
    if (this.#writes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push(resolve));
  }

  get figures() {
    return { ...this.#queue.sizes(), ...this.#attempts };
  }

  #onNode(name: string, node: Node | undefined, old: Node | undefined): void {
    if (!node) {
      this.#cache.removeNode(name);
      return;
    }
    this.#cache.setNode(node);
    // Heartbeats change a node all the time; only these parts let another pod in.
    if (!old || schedulingFace(node) !== schedulingFace(old)) this.#queue.retryFailed();
  }

  #onPod(key: string, pod: Pod | undefined, old: Pod | undefined): void {
    this.#cache.setPod(key, pod);
    if (!pod || isOver(pod)) {
      this.#queue.remove(key);
      if (old?.spec?.nodeName && !isOver(old)) this.#queue.retryFailed(); // There is room again.
      return;
    }
    if (!this.#isMine(pod)) {
      this.#queue.remove(key);
      return;
    }
    if (this.#cache.isPlaced(key)) return;
    if (!old || old.metadata?.uid !== pod.metadata?.uid || hasNewSpec(pod, old)) {
      this.#queue.add(key, pod.spec?.priority ?? 0);
    }
  }

  #isMine({ spec, metadata }: Pod): boolean {
    return (
      !spec?.nodeName &&
      !metadata?.deletionTimestamp &&
      !spec?.schedulingGates?.length &&
      (spec?.schedulerName ?? 'default-scheduler') === this.#options.schedulerName
    );
  }

  #pump(): void {
    const { informers, signal } = this.#options;
    if (!this.#isSynced) return;
    while (!signal.aborted && this.#writes < writesMax) {
      const key = this.#queue.pop();
      if (key === undefined) return;
      const pod = informers.of(pods).get(key);
      if (pod && this.#isMine(pod) && !this.#cache.isPlaced(key)) this.#schedule(key, pod);
    }
  }

  #schedule(key: string, pod: Pod): void {
    const info = toPodInfo(pod);
    const placement = planPlacement(info, this.#cache.nodes(), this.#options.profile);
    if (placement.kind === 'fails') {
      this.#attempts.unschedulable++;
      this.#queue.fail(key, pod.spec?.priority ?? 0);
      this.#write(key, () => this.#report(pod, placement.message));
      return;
    }
    this.#cache.assume(info, placement.node);
    this.#write(key, () => this.#bind(key, pod, placement.node));
  }

  #write(key: string, write: () => Promise<void>): void {
    this.#writes++;
    void write()
      .catch((error: unknown) => {
        if (!(error instanceof StatusError)) throw error;
        this.#options.log.error('Could not write what was decided', error, { pod: key });
      })
      .finally(() => {
        this.#writes--;
        this.#pump();
        if (this.#writes === 0) for (const resolve of this.#idlers.splice(0)) resolve();
      });
  }

  async #bind(key: string, pod: Pod, node: string): Promise<void> {
    const { client, recorder, log } = this.#options;
    const { name = '', namespace = '', uid } = pod.metadata ?? {};
    const target = { name, namespace };
    try {
      await client.createSubresource(pods, target, 'binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, ...(uid && { uid }) },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      });
    } catch (error) {
      this.#takeBack(key, pod, error);
      return;
    }
    this.#attempts.scheduled++;
    log.info('Scheduled pod', { pod: key, node });
    const message = `Successfully assigned ${key} to ${node}`;
    recorder.event(pod, 'Normal', 'Scheduled', message);
  }

  #takeBack(key: string, pod: Pod, error: unknown): void {
    const { recorder, log, informers } = this.#options;
    this.#cache.forget(key);
    this.#cache.setPod(key, informers.of(pods).get(key)); // As the watch has it by now.
    this.#attempts.error++;
    if (hasReason(error, 'NotFound')) return;
    // Somebody else placed it, or it is being deleted: the watch says so in a moment.
    this.#queue.fail(key, pod.spec?.priority ?? 0, true);
    this.#queue.retryFailed();
    if (hasReason(error, 'Conflict')) return;
    log.error('Could not bind pod', error, { pod: key });
    recorder.event(pod, 'Warning', 'FailedScheduling', `binding rejected: ${messageOf(error)}`);
  }

  async #report(pod: Pod, message: string): Promise<void> {
    const { client, clock, recorder, informers, log } = this.#options;
    recorder.event(pod, 'Warning', 'FailedScheduling', message);
    const newest = informers.of(pods).get(keyOf(pod)) ?? pod;
    const conditions = withUnschedulable(newest, message, toTime(clock.now()));
    if (!conditions) return;
    const { name = '', namespace = '', uid, resourceVersion } = newest.metadata ?? {};
    const body = { metadata: { uid, resourceVersion }, status: { conditions } };
    const target = { name, namespace };
    try {
      await client.patch(pods, target, { type: 'merge', body }, { subresource: 'status' });
    } catch (error) {
      // Changed or gone meanwhile: the next attempt says it again.
      if (!hasReason(error, 'Conflict') && !hasReason(error, 'NotFound')) throw error;
      log.debug('Pod changed before it was marked unschedulable', { pod: keyOf(pod) });
    }
  }

  async #keepNet(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(netMs, signal);
      this.#queue.retryFailed();
    }
  }
}

/** Undefined when the pod says so already. */
function withUnschedulable(pod: Pod, message: string, now: string): PodCondition[] | undefined {
  const conditions = pod.status?.conditions ?? [];
  const known = conditions.find(({ type }) => type === 'PodScheduled');
  if (known?.status === 'False' && known.message === message) return undefined;
  const condition: PodCondition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    lastTransitionTime: known?.status === 'False' ? (known.lastTransitionTime ?? now) : now,
  };
  return [...conditions.filter(({ type }) => type !== 'PodScheduled'), condition];
}

const schedulingFace = ({ metadata, spec, status }: Node): string =>
  JSON.stringify([metadata?.labels, spec?.taints, spec?.unschedulable, status?.allocatable]);

/** Our own status writes must not bring a pod back into the queue. */
const hasNewSpec = (pod: Pod, old: Pod): boolean =>
  pod.spec !== old.spec && JSON.stringify(pod.spec) !== JSON.stringify(old.spec);

const isOver = ({ status }: Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed';
