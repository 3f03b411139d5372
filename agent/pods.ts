/**
 * The pods of this node: one state each, and the loop that moves it on.
 *
 * A key (the pod's uid) says "look again"; what to do follows from the state alone, so an exit, a
 * probe, a change in the API and a timer all just enqueue.
 */
import type { Pod } from '../api/types/core-v1.generated.ts';
import { Reconciler } from '../client/reconciler.ts';
import { type ApplyContext, applyStep } from './apply.ts';
import type { AgentContext } from './context.ts';
import { recordExit, recordLoss } from './exits.ts';
import { type LivePod, newLivePod, rememberContainers } from './live-pod.ts';
import { planPod, type Step } from './plan.ts';
import { startProbes } from './probes/probes.ts';
import { findUnsupported } from './unsupported.ts';

const roundsMax = 1000; // A plan that never comes to rest is a bug: say so instead of spinning.
const podsAtOnce = 64; // A pod that hangs in the kernel holds one place, not all of them.

export class Pods {
  readonly #context: ApplyContext;
  readonly #reconciler: Reconciler;
  readonly #live = new Map<string, LivePod>();
  #stopping: { readonly graceSeconds: number } | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(context: AgentContext, signal: AbortSignal) {
    this.#context = {
      ...context,
      follow: (live) => this.follow(live),
      startProbes: (live, name) =>
        startProbes(context, live, { name, enqueue: this.#enqueuer(live) }),
      lookAgain: (live) => this.#enqueuer(live)(),
    };
    this.#reconciler = new Reconciler({
      reconcile: (uid) => this.#reconcile(uid),
      clock: context.clock,
      log: context.log,
      signal,
      concurrency: podsAtOnce,
    });
  }

  /** For the informer's onChange. */
  change(pod: Pod | undefined, old: Pod | undefined): void {
    const uid = pod?.metadata?.uid;
    const oldUid = old?.metadata?.uid;
    if (oldUid && oldUid !== uid) this.#forget(oldUid, old);
    if (uid) this.#remember(uid, pod);
  }

  /** Takes over a pod whose sandbox an earlier agent made. */
  adopt(live: LivePod): void {
    this.#live.set(live.state.uid, live);
    if (live.monitor) this.follow(live);
    for (const { name, run } of live.state.containers.values()) {
      if (run?.status === 'running') this.#context.startProbes(live, name);
    }
    this.#reconciler.enqueue(live.state.uid);
  }

  /** Lets the monitor's news move the pod on. */
  follow(live: LivePod): void {
    const { monitor, state } = live;
    monitor?.onExit((exit) => {
      if (recordExit(this.#context, live, exit)) this.#reconciler.enqueue(state.uid);
    });
    monitor?.onLost(() => {
      if (live.monitor !== monitor) return; // We ended it ourselves.
      recordLoss(this.#context, live);
      this.#reconciler.enqueue(state.uid);
    });
  }

  list(): LivePod[] {
    return [...this.#live.values()];
  }

  /** An image came or went: whoever waits for one tries at once. */
  imagesChanged(): void {
    for (const { state } of this.#live.values()) {
      for (const memory of state.containers.values()) {
        const { waiting } = memory;
        if (waiting && /Image/.test(waiting.reason)) memory.waiting = { ...waiting, retryAtMs: 0 };
      }
    }
    this.#wake();
  }

  /** `--pods-on-exit=stop`: resolves when no pod is left on the node. */
  async stopAll(graceSeconds: number): Promise<void> {
    this.#stopping = { graceSeconds };
    for (const { state } of this.#live.values()) state.stopping = this.#stopping;
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    this.#wake();
    if (this.#live.size > 0) await empty;
  }

  /** Lets go of all pods, which run on. */
  async release(): Promise<void> {
    await this.#reconciler.idle();
    for (const { monitor, probes } of this.#live.values()) {
      for (const probe of probes.values()) probe.abort();
      monitor?.disconnect();
    }
  }

  #wake(): void {
    for (const uid of this.#live.keys()) this.#reconciler.enqueue(uid);
  }

  #remember(uid: string, pod: Pod): void {
    const known = this.#live.get(uid);
    if (!known && this.#stopping) return;
    if (known) {
      known.state.pod = pod;
      known.state.gone = false;
      if (known.state.refusal !== undefined) this.#judge(known);
    } else this.#live.set(uid, newLivePod(pod, this.#context.clock));
    this.#reconciler.enqueue(uid);
  }

  #forget(uid: string, last: Pod | undefined): void {
    const live = this.#live.get(uid);
    if (!live) return;
    if (last) live.state.pod = last;
    live.state.gone = true;
    this.#reconciler.enqueue(uid);
  }

  /** An edit may have taken away what we could not do (an image is about all that can change). */
  #judge({ state }: LivePod): void {
    const refusal = findUnsupported(state.pod);
    if (refusal === undefined) delete state.refusal;
    else state.refusal = refusal;
  }

  async #reconcile(uid: string): Promise<void> {
    const { clock } = this.#context;
    for (let round = 0; round < roundsMax; round++) {
      const live = this.#live.get(uid);
      if (!live) return;
      rememberContainers(live.state);
      const steps = planPod(live.state, clock.now());
      const hasWorked = await this.#walk(live, steps);
      if (!hasWorked) return;
    }
    throw new Error('the plan of a pod does not come to rest');
  }

  /** @returns whether anything was done that a new plan should look at. */
  async #walk(live: LivePod, steps: readonly Step[]): Promise<boolean> {
    const { clock } = this.#context;
    const { uid } = live.state;
    let hasWorked = false;
    for (const step of steps) {
      if (step.do === 'waitUntil') {
        this.#reconciler.enqueueAfter(uid, Math.max(1, step.atMs - clock.now()));
        continue;
      }
      // Between two steps of one go nobody would see the status: the next round reports it.
      if (step.do === 'reportStatus' && hasWorked) continue;
      await applyStep(this.#context, live, step);
      if (step.do === 'reportStatus') continue;
      hasWorked = true;
      if (isLast(live, step)) this.#drop(uid);
    }
    return hasWorked;
  }

  #drop(uid: string): void {
    this.#live.delete(uid);
    if (this.#live.size === 0) this.#onEmpty?.();
  }

  #enqueuer(live: LivePod): () => void {
    return () => this.#reconciler.enqueue(live.state.uid);
  }
}

/** After this step nothing of the pod is ours any more. */
function isLast({ state }: LivePod, step: Step): boolean {
  if (step.do === 'deletePod') return true;
  const isDeleted = Boolean(state.pod.metadata?.deletionTimestamp);
  return step.do === 'removePod' && (state.gone || (Boolean(state.stopping) && !isDeleted));
}
