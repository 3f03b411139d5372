/** As many pods of one template as wanted. */
import { pods, replicaSets } from '../../api/resources.ts';
import type { ReplicaSet } from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { keyOf } from '../../client/keys.ts';
import {
  type Context,
  type Controller,
  createReconciler,
  inNamespace,
  watching,
} from '../controller.ts';
import { Expectations } from '../expectations.ts';
import { applyClaims, controllerOf, isControlledBy, planClaims } from '../owners.ts';
import { isActive } from '../pods.ts';
import { PodMaker } from './apply.ts';
import { type Observed, planReplicas, planStatus } from './plan.ts';

export const replicaSetController: Controller = {
  name: 'replicaset-controller',
  watches: watching(replicaSets, pods),
  start: (context) => void new ReplicaSetController(context),
};

class ReplicaSetController {
  readonly #context: Context;
  readonly #expectations: Expectations;
  readonly #maker: PodMaker;

  constructor(context: Context) {
    this.#context = context;
    const { informers, clock } = context;
    const podInformer = informers.of(pods);
    this.#expectations = new Expectations(clock, (key) => podInformer.get(key));
    this.#maker = new PodMaker(context, this.#expectations);
    this.#watch();
  }

  #watch(): void {
    const { informers } = this.#context;
    const reconciler = createReconciler('replicaset', this.#context, async (key) => {
      const recheckMs = await this.#reconcile(key);
      if (recheckMs !== undefined) reconciler.enqueueAfter(key, recheckMs);
    });
    informers.of(replicaSets).onChange((key, object, old) => {
      if (!object || (old && old.metadata?.uid !== object.metadata?.uid)) {
        this.#expectations.forget(key);
      }
      reconciler.enqueue(key);
    });
    informers.of(pods).onChange((_, pod, old) => {
      for (const key of this.#ownersOf(pod, old)) reconciler.enqueue(key);
      const key = old && controllerKey(old);
      if (key && !pod) this.#expectations.gone(key, old.metadata?.uid ?? '');
    });
  }

  /** Keys of the ReplicaSets that a change of a pod concerns. */
  *#ownersOf(pod: Pod | undefined, old: Pod | undefined): Generator<string> {
    for (const each of [pod, old]) {
      const key = each && controllerKey(each);
      if (key) yield key;
    }
    if (!pod || controllerOf(pod) || pod.metadata?.deletionTimestamp) return;
    // An orphan: whoever matches may adopt it.
    const informer = this.#context.informers.of(replicaSets);
    for (const object of inNamespace(informer, pod.metadata?.namespace ?? '')) {
      if (planClaims(object, object.spec?.selector, [pod]).adopt.length > 0) yield keyOf(object);
    }
  }

  /** Returns when to look again, if time alone changes something. */
  async #reconcile(key: string): Promise<number | undefined> {
    const { informers, client, clock } = this.#context;
    await this.#maker.resolveDoubts(informers.of(replicaSets).get(key));
    const replicaSet = informers.of(replicaSets).get(key);
    if (!replicaSet) return undefined;
    const owner = { resource: replicaSets, object: replicaSet };
    // Asked before the pods are read, with no await between: the cache moves on while we wait.
    const isCounted = this.#expectations.isFulfilled(key);
    const namespace = replicaSet.metadata?.namespace ?? '';
    const candidates = inNamespace(informers.of(pods), namespace);
    const claims = planClaims(replicaSet, replicaSet.spec?.selector, candidates);
    if (claims.adopt.length + claims.release.length > 0) {
      await applyClaims(client, owner, pods, claims);
      return undefined; // Their changes bring us back.
    }
    const observed: Observed = {
      replicaSet,
      pods: claims.owned,
      related: this.#related(replicaSet, candidates),
      nowMs: clock.now(),
    };
    const failure = isCounted
      ? await this.#maker.apply(replicaSet, planReplicas(observed))
      : undefined;
    // While it waits for its own writes to show, what went wrong before still stands.
    const known = replicaSet.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    const shown = isCounted ? failure : known && { reason: known.reason!, message: known.message! };
    const { status, recheckMs } = planStatus(observed, shown);
    if (status) {
      await client.update(replicaSets, { ...replicaSet, status }, { subresource: 'status' });
    }
    if (failure) throw failure.error;
    return recheckMs;
  }

  #related(replicaSet: ReplicaSet, candidates: readonly Pod[]): Pod[] {
    const owner = controllerOf(replicaSet)?.uid;
    const informer = this.#context.informers.of(replicaSets);
    const siblings = owner
      ? inNamespace(informer, replicaSet.metadata?.namespace ?? '').filter(
          (each) => controllerOf(each)?.uid === owner,
        )
      : [replicaSet];
    return candidates.filter(
      (pod) => isActive(pod) && siblings.some((each) => isControlledBy(pod, each)),
    );
  }
}

function controllerKey(pod: Pod): string | undefined {
  const owner = controllerOf(pod);
  return owner?.kind === 'ReplicaSet' ? `${pod.metadata?.namespace}/${owner.name}` : undefined;
}
