/** Keeps so many pods of one template, for every kind that wants that. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { pods } from '../../api/resources.ts';
import type { ReplicaSet, ReplicaSetStatus } from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { keyOf } from '../../client/keys.ts';
import { type Context, createReconciler, inNamespace } from '../controller.ts';
import { Expectations } from '../expectations.ts';
import { applyClaims, controllerOf, isControlledBy, planClaims } from '../owners.ts';
import { PodMaker, podOfTemplate } from '../pod-maker.ts';
import { isActive } from '../pods.ts';
import { type Observed, planReplicas, planStatus } from './plan.ts';

/** What tells one such kind from another. */
export interface Kind<T extends KubeObject> {
  readonly resource: Resource<T>;
  /** The object as a ReplicaSet would say the same. Its kind and metadata stay what they are. */
  readonly view: (object: T) => ReplicaSet;
  readonly withStatus: (object: T, status: ReplicaSetStatus) => T;
  /** Whether its status tells how many pods are on their way out. */
  readonly countsTerminating: boolean;
}

export function startReplicas<T extends KubeObject>(context: Context, kind: Kind<T>): void {
  new Replicas(context, kind).watch();
}

class Replicas<T extends KubeObject> {
  readonly #context: Context;
  readonly #kind: Kind<T>;
  readonly #expectations: Expectations;
  readonly #maker: PodMaker<T>;

  constructor(context: Context, kind: Kind<T>) {
    this.#context = context;
    this.#kind = kind;
    const podInformer = context.informers.of(pods);
    this.#expectations = new Expectations(context.clock, (key) => podInformer.get(key));
    this.#maker = new PodMaker(context, kind.resource, this.#expectations);
  }

  watch(): void {
    const { informers } = this.#context;
    const { resource } = this.#kind;
    const reconciler = createReconciler(resource.singular, this.#context, async (key) => {
      const recheckMs = await this.#reconcile(key);
      if (recheckMs !== undefined) reconciler.enqueueAfter(key, recheckMs);
    });
    informers.of(resource).onChange((key, object, old) => {
      if (!object || (old && old.metadata?.uid !== object.metadata?.uid)) {
        this.#expectations.forget(key);
      }
      reconciler.enqueue(key);
    });
    informers.of(pods).onChange((_, pod, old) => {
      for (const key of this.#ownersOf(pod, old)) reconciler.enqueue(key);
      const key = old && this.#controllerKey(old);
      if (key && !pod) this.#expectations.gone(key, old.metadata?.uid ?? '');
    });
  }

  /** Keys of the owners that a change of a pod concerns. */
  *#ownersOf(pod: Pod | undefined, old: Pod | undefined): Generator<string> {
    for (const each of [pod, old]) {
      const key = each && this.#controllerKey(each);
      if (key) yield key;
    }
    if (!pod || controllerOf(pod) || pod.metadata?.deletionTimestamp) return;
    // An orphan: whoever matches may adopt it.
    const informer = this.#context.informers.of(this.#kind.resource);
    for (const object of inNamespace(informer, pod.metadata?.namespace ?? '')) {
      const { selector } = this.#kind.view(object).spec ?? {};
      if (planClaims(object, selector, [pod]).adopt.length > 0) yield keyOf(object);
    }
  }

  /** Returns when to look again, if time alone changes something. */
  async #reconcile(key: string): Promise<number | undefined> {
    const { informers, client } = this.#context;
    const { resource, view, withStatus } = this.#kind;
    await this.#maker.resolveDoubts(informers.of(resource).get(key));
    const object = informers.of(resource).get(key);
    if (!object) return undefined;
    // Asked before the pods are read, with no await between: the cache moves on while we wait.
    const isCounted = this.#expectations.isFulfilled(key);
    const candidates = inNamespace(informers.of(pods), object.metadata?.namespace ?? '');
    const claims = planClaims(object, view(object).spec?.selector, candidates);
    if (claims.adopt.length + claims.release.length > 0) {
      await applyClaims(client, { resource, object }, pods, claims);
      return undefined; // Their changes bring us back.
    }
    const observed = this.#observe(object, claims.owned, candidates);
    const failure = isCounted ? await this.#apply(object, observed) : undefined;
    // While it waits for its own writes to show, what went wrong before still stands.
    const known = observed.replicaSet.status?.conditions?.find(
      ({ type }) => type === 'ReplicaFailure',
    );
    const shown = isCounted ? failure : known && { reason: known.reason!, message: known.message! };
    const { status, recheckMs } = planStatus(observed, shown);
    if (status) await client.update(resource, withStatus(object, status), toStatus);
    if (failure) throw failure.error;
    return recheckMs;
  }

  #observe(object: T, owned: readonly Pod[], candidates: readonly Pod[]): Observed {
    return {
      replicaSet: this.#kind.view(object),
      pods: this.#kind.countsTerminating ? owned : owned.filter(isActive),
      related: this.#related(object, candidates),
      nowMs: this.#context.clock.now(),
    };
  }

  #apply(object: T, observed: Observed) {
    const { create, delete: victims } = planReplicas(observed);
    const pod = podOfTemplate(observed.replicaSet.spec?.template ?? {});
    return this.#maker.apply(object, {
      create: Array.from({ length: create }, () => pod),
      delete: victims,
    });
  }

  #related(object: T, candidates: readonly Pod[]): Pod[] {
    const owner = controllerOf(object)?.uid;
    const informer = this.#context.informers.of(this.#kind.resource);
    const siblings = owner
      ? inNamespace(informer, object.metadata?.namespace ?? '').filter(
          (each) => controllerOf(each)?.uid === owner,
        )
      : [object];
    return candidates.filter(
      (pod) => isActive(pod) && siblings.some((each) => isControlledBy(pod, each)),
    );
  }

  #controllerKey(pod: Pod): string | undefined {
    const owner = controllerOf(pod);
    const isOurs = owner?.kind === this.#kind.resource.kind;
    return isOurs ? `${pod.metadata?.namespace}/${owner.name}` : undefined;
  }
}

const toStatus = { subresource: 'status' };
