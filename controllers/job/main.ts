/** Pods that work until enough of them have succeeded. */
import { jobs, pods } from '../../api/resources.ts';
import type { Job } from '../../api/types/batch-v1.generated.ts';
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
import { applyClaims, controllerOf, planClaims } from '../owners.ts';
import { JobPods, removeTracking } from './apply.ts';
import { type Backoff, noBackoff } from './backoff.ts';
import { isTracked, trackingFinalizer } from './pods.ts';
import { syncJob } from './sync.ts';
import { isFinished } from './verdict.ts';

export const jobController: Controller = {
  name: 'job-controller',
  watches: watching(jobs, pods),
  start: (context) => void new JobController(context),
};

/** Whoever `managedBy` names does all of it; we not even let its pods go. */
const isOurs = ({ spec }: Job): boolean =>
  [undefined, 'kubernetes.io/job-controller'].includes(spec?.managedBy);

class JobController {
  readonly #context: Context;
  readonly #expectations: Expectations;
  readonly #pods: JobPods;
  readonly #backoffs = new Map<string, Backoff>();
  readonly #written = new Map<string, Job>();

  constructor(context: Context) {
    this.#context = context;
    const { informers, clock } = context;
    const podInformer = informers.of(pods);
    this.#expectations = new Expectations(clock, (key) => podInformer.get(key));
    this.#pods = new JobPods(context, this.#expectations);
    this.#watch();
  }

  #watch(): void {
    const { informers } = this.#context;
    const reconciler = createReconciler('job', this.#context, async (key) => {
      const recheckMs = await this.#reconcile(key);
      if (recheckMs !== undefined) reconciler.enqueueAfter(key, recheckMs);
    });
    const orphans = createReconciler('job-orphans', this.#context, (key) => this.#release(key));
    informers.of(jobs).onChange((key, job, old) => {
      if (!job || (old && old.metadata?.uid !== job.metadata?.uid)) this.#forget(key);
      reconciler.enqueue(key);
      if (job && !isFinished(job)) return;
      const { namespace = '' } = (job ?? old)?.metadata ?? {};
      for (const pod of inNamespace(informers.of(pods), namespace)) {
        if (isTracked(pod) && jobKey(pod) === key) orphans.enqueue(keyOf(pod));
      }
    });
    informers.of(pods).onChange((podKey, pod, old) => {
      for (const key of this.#ownersOf(pod, old)) reconciler.enqueue(key);
      if (pod && isTracked(pod) && this.#isForsaken(pod)) orphans.enqueue(podKey);
      const key = old && jobKey(old);
      if (key && !pod) this.#expectations.gone(key, old.metadata?.uid ?? '');
    });
  }

  /** Keys of the Jobs that a change of a pod concerns. */
  *#ownersOf(pod: Pod | undefined, old: Pod | undefined): Generator<string> {
    for (const each of [pod, old]) {
      const key = each && jobKey(each);
      if (key) yield key;
    }
    if (!pod || controllerOf(pod) || pod.metadata?.deletionTimestamp) return;
    // An orphan: whoever matches may adopt it.
    for (const job of inNamespace(
      this.#context.informers.of(jobs),
      pod.metadata?.namespace ?? '',
    )) {
      if (planClaims(job, job.spec?.selector, [pod]).adopt.length > 0) yield keyOf(job);
    }
  }

  async #reconcile(key: string): Promise<number | undefined> {
    const { informers, client, clock } = this.#context;
    const cached = informers.of(jobs).get(key);
    if (!cached || !isOurs(cached)) return undefined;
    await this.#pods.resolveDoubts(cached);
    const job = this.#newest(key);
    if (!job || isFinished(job)) return undefined;
    // Asked before the pods are read, with no await between: the cache moves on while we wait.
    const isCounted = this.#expectations.isFulfilled(key);
    const candidates = inNamespace(informers.of(pods), job.metadata?.namespace ?? '');
    const claims = planClaims(job, job.spec?.selector, candidates);
    if (claims.adopt.length + claims.release.length > 0) {
      const owner = { resource: jobs, object: job, finalizer: trackingFinalizer };
      await applyClaims(client, owner, pods, claims);
      return undefined; // Their changes bring us back.
    }
    const sync = {
      context: this.#context,
      pods: this.#pods,
      wrote: (written: Job) => void this.#written.set(key, written),
      setBackoff: (backoff: Backoff) => void this.#backoffs.set(key, backoff),
    };
    return syncJob(sync, {
      job,
      pods: claims.owned,
      isCounted,
      released: this.#pods.released(key),
      backoff: this.#backoffs.get(key) ?? noBackoff,
      nowMs: clock.now(),
    });
  }

  /** What we wrote last, while the cache does not show it: its counts must not be counted twice. */
  #newest(key: string): Job | undefined {
    const cached = this.#context.informers.of(jobs).get(key);
    const written = this.#written.get(key);
    if (!cached || !written) return cached;
    const isBehind =
      cached.metadata?.uid === written.metadata?.uid && versionOf(cached) < versionOf(written);
    if (isBehind) return written;
    this.#written.delete(key);
    return cached;
  }

  /** Nobody counts the pods of a Job that is over or gone. */
  async #release(key: string): Promise<void> {
    const pod = this.#context.informers.of(pods).get(key);
    if (pod && isTracked(pod) && this.#isForsaken(pod)) await removeTracking(this.#context, pod);
  }

  #isForsaken(pod: Pod): boolean {
    const owner = controllerOf(pod);
    if (!owner) return pod.metadata?.deletionTimestamp !== undefined;
    const key = jobKey(pod);
    if (!key) return false;
    const job = this.#context.informers.of(jobs).get(key);
    if (!job || job.metadata?.uid !== owner.uid) return true;
    return isOurs(job) && isFinished(job);
  }

  #forget(key: string): void {
    this.#expectations.forget(key);
    this.#pods.forget(key);
    this.#backoffs.delete(key);
    this.#written.delete(key);
  }
}

/** Resource versions of one resource compare as numbers. */
const versionOf = ({ metadata }: Job): bigint => BigInt(metadata?.resourceVersion ?? 0);

function jobKey(pod: Pod): string | undefined {
  const owner = controllerOf(pod);
  const isJob = owner?.kind === 'Job' && owner.apiVersion.startsWith('batch/');
  return isJob ? `${pod.metadata?.namespace}/${owner.name}` : undefined;
}
