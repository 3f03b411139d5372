/** Makes, ends and lets go the pods of Jobs. */
import { pods } from '../../api/resources.ts';
import type { Job } from '../../api/types/batch-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { hasReason, messageOf } from '../../base/errors.ts';
import { keyOf } from '../../client/keys.ts';
import { type Context, inNamespace } from '../controller.ts';
import type { Expectations } from '../expectations.ts';
import { isControlledBy } from '../owners.ts';
import type { Change } from './plan.ts';
import { trackingFinalizer } from './pods.ts';
import { type NewPod, podOf } from './template.ts';

export interface Outcome {
  readonly created: number;
  readonly deleted: readonly Pod[];
  /** The first that went wrong; what else was possible is done. */
  readonly error?: unknown;
}

export class JobPods {
  readonly #context: Context;
  readonly #expectations: Expectations;
  readonly #doubtful = new Set<string>();
  /** By Job: uids of pods that were let go, until the cache shows it; with the pod's key. */
  readonly #released = new Map<string, Map<string, string>>();

  constructor(context: Context, expectations: Expectations) {
    this.#context = context;
    this.#expectations = expectations;
  }

  async apply(job: Job, change: Change): Promise<Outcome> {
    const deleted: Pod[] = [];
    const deletions = await errorsOf(
      change.delete.map(async (pod) => {
        if (change.isSurplus) await this.#release(keyOf(job), pod);
        await this.#delete(job, pod);
        deleted.push(pod);
      }),
    );
    const { created, error } = await this.#createAll(job, change.create);
    return { created, deleted, error: deletions[0] ?? error };
  }

  /**
   * A write whose answer was lost may have been done: the server is asked, and what the cache does
   * not show yet is expected.
   */
  async resolveDoubts(job: Job): Promise<void> {
    const key = keyOf(job);
    if (!this.#doubtful.has(key)) return;
    const namespace = job.metadata?.namespace ?? '';
    const { items } = await this.#context.client.list(pods, { namespace });
    const living = new Set<string>();
    for (const pod of items.filter((each) => isControlledBy(each, job))) {
      const uid = pod.metadata?.uid ?? '';
      this.#expectations.created(key, keyOf(pod), uid);
      if (!pod.metadata?.deletionTimestamp) living.add(uid);
    }
    for (const pod of inNamespace(this.#context.informers.of(pods), namespace)) {
      const uid = pod.metadata?.uid ?? '';
      if (isControlledBy(pod, job) && !living.has(uid)) {
        this.#expectations.deleted(key, keyOf(pod), uid);
      }
    }
    this.#doubtful.delete(key);
  }

  /** Pods that may go: they were counted. Returns the first error. */
  async release(key: string, given: readonly Pod[]): Promise<unknown> {
    const [error] = await errorsOf(given.map((pod) => this.#release(key, pod)));
    return error;
  }

  /** Uids of pods that were let go and that the cache still shows as they were. */
  released(key: string): ReadonlySet<string> {
    const known = this.#released.get(key);
    if (!known) return new Set();
    const informer = this.#context.informers.of(pods);
    for (const [uid, podKey] of known) {
      const { metadata } = informer.get(podKey) ?? {};
      const isShown = metadata?.uid === uid && metadata.finalizers?.includes(trackingFinalizer);
      if (!isShown) known.delete(uid);
    }
    if (known.size === 0) this.#released.delete(key);
    return new Set(known.keys());
  }

  forget(key: string): void {
    this.#released.delete(key);
    this.#doubtful.delete(key);
  }

  /** One, two, four, …: when a template is refused, one request learns it, not five hundred. */
  async #createAll(job: Job, wanted: readonly NewPod[]): Promise<Omit<Outcome, 'deleted'>> {
    let created = 0;
    for (let done = 0, size = 1; done < wanted.length; done += size, size *= 2) {
      const batch = wanted.slice(done, done + size);
      const errors = await errorsOf(batch.map((each) => this.#create(job, each)));
      created += batch.length - errors.length;
      const [error] = errors;
      if (error === undefined) continue;
      // Nothing can be made in a namespace that is ending, and nobody needs to hear it.
      if (isTerminating(error)) return { created };
      const message = `Error creating: ${messageOf(error)}`;
      this.#context.recorder.event(job, 'Warning', 'FailedCreate', message);
      return { created, error };
    }
    return { created };
  }

  async #create(job: Job, wanted: NewPod): Promise<void> {
    const key = keyOf(job);
    const { client, recorder } = this.#context;
    try {
      const pod = await client.create(pods, podOf(job, wanted));
      this.#expectations.created(key, keyOf(pod), pod.metadata?.uid ?? '');
      recorder.event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata?.name}`);
    } catch (error) {
      if (isUnanswered(error)) this.#doubtful.add(key);
      throw error;
    }
  }

  async #delete(job: Job, pod: Pod): Promise<void> {
    const { client, recorder } = this.#context;
    const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
    try {
      await client.delete(pods, { name, namespace }, { preconditions: { uid } });
      recorder.event(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      if (isUnanswered(error)) this.#doubtful.add(keyOf(job));
      if (!isGone(error)) {
        const message = `Error deleting: ${messageOf(error)}`;
        recorder.event(job, 'Warning', 'FailedDelete', message);
        throw error;
      }
    }
    this.#expectations.deleted(keyOf(job), keyOf(pod), uid);
  }

  async #release(key: string, pod: Pod): Promise<void> {
    const { uid = '' } = pod.metadata ?? {};
    await removeTracking(this.#context, pod);
    const known = this.#released.get(key) ?? new Map<string, string>();
    this.#released.set(key, known);
    known.set(uid, keyOf(pod));
  }
}

/** Takes the finalizer away; a pod that is gone, or another of its name now, needs nothing. */
export async function removeTracking({ client }: Context, pod: Pod): Promise<void> {
  const { name = '', namespace = '', uid, finalizers = [], resourceVersion } = pod.metadata ?? {};
  const left = finalizers.filter((each) => each !== trackingFinalizer);
  const body = { metadata: { uid, resourceVersion, finalizers: left } };
  try {
    await client.patch(pods, { name, namespace }, { type: 'merge', body });
  } catch (error) {
    if (hasReason(error, 'NotFound')) return;
    if (!hasReason(error, 'Conflict')) throw error;
    await retryRemoval(client, pod);
  }
}

/** Its node writes to it as well: what is newest is read once more. */
async function retryRemoval(client: Context['client'], { metadata }: Pod): Promise<void> {
  const { name = '', namespace = '', uid } = metadata ?? {};
  try {
    const live = await client.get(pods, name, namespace);
    if (live.metadata?.uid !== uid) return;
    const { finalizers = [], resourceVersion } = live.metadata ?? {};
    const left = finalizers.filter((each) => each !== trackingFinalizer);
    const body = { metadata: { uid, resourceVersion, finalizers: left } };
    await client.patch(pods, { name, namespace }, { type: 'merge', body });
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
}

async function errorsOf(writes: readonly Promise<void>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(writes);
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
}

const isGone = (error: unknown) => hasReason(error, 'NotFound') || hasReason(error, 'Conflict');

const isUnanswered = (error: unknown) =>
  hasReason(error, 'ServiceUnavailable') || hasReason(error, 'Timeout');

const isTerminating = (error: unknown) =>
  hasReason(error, 'Forbidden') &&
  (error.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating');
