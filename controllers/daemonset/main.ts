/** One pod on each node that fits. */
import { controllerRevisions, daemonSets, nodes, pods } from '../../api/resources.ts';
import type { ControllerRevision, DaemonSet } from '../../api/types/apps-v1.generated.ts';
import type { Node, Pod } from '../../api/types/core-v1.generated.ts';
import { keyOf } from '../../client/keys.ts';
import { canonical } from '../canonical.ts';
import {
  type Context,
  type Controller,
  createReconciler,
  inNamespace,
  watching,
} from '../controller.ts';
import { Expectations } from '../expectations.ts';
import { applyClaims, controllerOf, planClaims } from '../owners.ts';
import { type Failure, PodMaker } from '../pod-maker.ts';
import { claimRevisions, forgetRevisions, writeRevision } from '../revisions/apply.ts';
import { revisionLabel } from '../revisions/plan.ts';
import { Backoff } from './backoff.ts';
import { makePod, nodeOf } from './node-fit.ts';
import type { Observed } from './places.ts';
import { planDaemonSet } from './plan.ts';
import { planStatus } from './status.ts';

export const daemonSetController: Controller = {
  name: 'daemonset-controller',
  watches: watching(daemonSets, pods, nodes, controllerRevisions),
  start: (context) => new DaemonSets(context).watch(),
};

class DaemonSets {
  readonly #context: Context;
  readonly #expectations: Expectations;
  readonly #maker: PodMaker<DaemonSet>;
  readonly #backoff = new Backoff();

  constructor(context: Context) {
    this.#context = context;
    const podInformer = context.informers.of(pods);
    this.#expectations = new Expectations(context.clock, (key) => podInformer.get(key));
    this.#maker = new PodMaker(context, daemonSets, this.#expectations);
  }

  watch(): void {
    const { informers } = this.#context;
    const reconciler = createReconciler('daemonset', this.#context, async (key) => {
      const recheckMs = await this.#reconcile(key);
      if (recheckMs !== undefined) reconciler.enqueueAfter(key, recheckMs);
    });
    const sets = informers.of(daemonSets);
    sets.onChange((key, object, old) => {
      if (!object || (old && old.metadata?.uid !== object.metadata?.uid)) {
        this.#expectations.forget(key);
      }
      reconciler.enqueue(key);
    });
    informers.of(controllerRevisions).onChange((_, revision, old) => {
      for (const key of ownersOf(revision, old)) reconciler.enqueue(key);
    });
    informers.of(pods).onChange((_, pod, old) => {
      for (const key of ownersOf(pod, old)) reconciler.enqueue(key);
      if (!pod && old) {
        for (const key of ownersOf(old)) this.#expectations.gone(key, old.metadata?.uid ?? '');
      }
      if (!pod || controllerOf(pod) || pod.metadata?.deletionTimestamp) return;
      for (const set of inNamespace(sets, pod.metadata?.namespace ?? '')) {
        const { adopt } = planClaims(set, set.spec?.selector, [pod]);
        if (adopt.length > 0) reconciler.enqueue(keyOf(set));
      }
    });
    informers.of(nodes).onChange((_, node, old) => {
      if (node && old && isSameToUs(node, old)) return;
      for (const set of sets.list()) reconciler.enqueue(keyOf(set));
    });
  }

  /** Returns when to look again, if time alone changes something. */
  async #reconcile(key: string): Promise<number | undefined> {
    const { informers, client } = this.#context;
    await this.#maker.resolveDoubts(informers.of(daemonSets).get(key));
    const set = informers.of(daemonSets).get(key);
    if (!set || isSelectingAll(this.#context, set)) return undefined;
    const claims = this.#claimsOf(set);
    if (claims.adopt.length + claims.release.length > 0) {
      await applyClaims(client, { resource: daemonSets, object: set }, pods, claims);
      return undefined; // Their changes bring us back.
    }
    const owner = { resource: daemonSets, object: set, selector: set.spec?.selector };
    const known = await claimRevisions(this.#context, owner);
    if (!known) return undefined;
    const { revision, collisionCount } = await writeRevision(
      this.#context,
      owner,
      {
        template: set.spec?.template ?? {},
        collisionCount: set.status?.collisionCount ?? 0,
        hashLabel: revisionLabel,
      },
      known,
    );
    const hash = revision.metadata?.labels?.[revisionLabel] ?? '';
    const { observed, failure, waitMs } = await this.#step(set, hash);
    const { status, recheckMs } = planStatus(observed, collisionCount);
    if (status) await client.update(daemonSets, { ...set, status }, { subresource: 'status' });
    if (failure) throw failure.error;
    await this.#forget(set, [...known, revision], observed);
    return least(recheckMs, waitMs);
  }

  #claimsOf(set: DaemonSet) {
    const candidates = inNamespace(this.#context.informers.of(pods), set.metadata?.namespace ?? '');
    return planClaims(set, set.spec?.selector, candidates);
  }

  async #step(set: DaemonSet, hash: string): Promise<Stepped> {
    const { informers, clock } = this.#context;
    // Asked and read with no await between: the cache moves on while we wait.
    const isCounted = this.#expectations.isFulfilled(keyOf(set));
    const observed: Observed = {
      set,
      pods: this.#claimsOf(set).owned,
      nodes: informers.of(nodes).list(),
      hash,
      nowMs: clock.now(),
    };
    if (!isCounted) return { observed, failure: undefined, waitMs: undefined };
    const change = planDaemonSet(observed);
    const { due, waitMs } = this.#choose(set, change.over);
    const failure = await this.#maker.apply(set, {
      create: change.create.map((node) => makePod(set, node, hash)),
      delete: [...change.delete, ...due],
    });
    return { observed, failure, waitMs };
  }

  /** Which of those that are over are replaced now. */
  #choose(set: DaemonSet, over: readonly Pod[]): { due: Pod[]; waitMs: number | undefined } {
    const { recorder, clock } = this.#context;
    let waitMs: number | undefined;
    const due = over.filter((pod) => {
      const node = nodeOf(pod) ?? '';
      const isFailed = pod.status?.phase === 'Failed';
      const generation = set.metadata?.generation ?? 0;
      const wait = this.#backoff.next(`${set.metadata?.uid}/${generation}/${node}`, clock.now());
      if (wait > 0) {
        waitMs = least(waitMs, wait);
        return false;
      }
      const what = `${isFailed ? 'failed' : 'succeeded'} daemon pod ${keyOf(pod)} on node ${node}`;
      const message = `Found ${what}, will try to ${isFailed ? 'kill' : 'delete'} it`;
      if (isFailed) recorder.event(set, 'Warning', 'FailedDaemonPod', message);
      else recorder.event(set, 'Normal', 'SucceededDaemonPod', message);
      return true;
    });
    return { due, waitMs };
  }

  async #forget(
    set: DaemonSet,
    known: readonly ControllerRevision[],
    observed: Observed,
  ): Promise<void> {
    const used = new Set([
      observed.hash,
      ...observed.pods.map(({ metadata }) => metadata?.labels?.[revisionLabel] ?? ''),
    ]);
    const live = known.filter(({ metadata }) => used.has(metadata?.labels?.[revisionLabel] ?? ''));
    await forgetRevisions(this.#context, known, {
      live: new Set(live.map(({ metadata }) => metadata?.name ?? '')),
      limit: set.spec?.revisionHistoryLimit ?? 10,
    });
  }
}

interface Stepped {
  readonly observed: Observed;
  readonly failure: Failure | undefined;
  readonly waitMs: number | undefined;
}

function* ownersOf(...objects: (Pod | ControllerRevision | undefined)[]): Generator<string> {
  for (const object of objects) {
    const owner = object && controllerOf(object);
    if (owner?.kind === 'DaemonSet') yield `${object?.metadata?.namespace}/${owner.name}`;
  }
}

/** Heartbeats decide nothing. */
const isSameToUs = (a: Node, b: Node): boolean =>
  canonical([a.metadata?.labels, a.spec?.taints]) ===
  canonical([b.metadata?.labels, b.spec?.taints]);

/** It would take hold of every pod of its namespace. */
function isSelectingAll({ recorder }: Context, set: DaemonSet): boolean {
  const { matchLabels = {}, matchExpressions = [] } = set.spec?.selector ?? {};
  if (Object.keys(matchLabels).length + matchExpressions.length > 0) return false;
  const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
  recorder.event(set, 'Warning', 'SelectingAll', message);
  return true;
}

const least = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
