/** Makes and ends pods for a ReplicaSet. */
import { pods, replicaSets } from '../../api/resources.ts';
import type { ReplicaSet } from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { hasReason, messageOf } from '../../base/errors.ts';
import { keyOf } from '../../client/keys.ts';
import { type Context, inNamespace } from '../controller.ts';
import type { Expectations } from '../expectations.ts';
import { controllerReference, isControlledBy } from '../owners.ts';
import type { Change } from './plan.ts';

export interface Failure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
  readonly error: unknown;
}

export class PodMaker {
  readonly #context: Context;
  readonly #expectations: Expectations;
  readonly #doubtful = new Set<string>();

  constructor(context: Context, expectations: Expectations) {
    this.#context = context;
    this.#expectations = expectations;
  }

  /** Returns what went wrong, for the status; whatever else was possible is done. */
  async apply(replicaSet: ReplicaSet, change: Change): Promise<Failure | undefined> {
    return change.create > 0
      ? this.#createAll(replicaSet, change.create)
      : this.#deleteAll(replicaSet, change.delete);
  }

  /**
   * A write whose answer was lost may have been done. Before anything is counted again, the server
   * is asked, and what our cache does not show yet is expected.
   */
  async resolveDoubts(replicaSet: ReplicaSet | undefined): Promise<void> {
    if (!replicaSet) return;
    const key = keyOf(replicaSet);
    if (!this.#doubtful.has(key)) return;
    const namespace = replicaSet.metadata?.namespace ?? '';
    const { items } = await this.#context.client.list(pods, { namespace });
    const live = new Set<string>();
    for (const pod of items.filter((each) => isControlledBy(each, replicaSet))) {
      const uid = pod.metadata?.uid ?? '';
      this.#expectations.created(key, keyOf(pod), uid);
      if (!pod.metadata?.deletionTimestamp) live.add(uid);
    }
    for (const pod of inNamespace(this.#context.informers.of(pods), namespace)) {
      const uid = pod.metadata?.uid ?? '';
      const isGone = isControlledBy(pod, replicaSet) && !live.has(uid);
      if (isGone) this.#expectations.deleted(key, keyOf(pod), uid);
    }
    this.#doubtful.delete(key);
  }

  /** One, two, four, …: when a template is refused, one request learns it, not five hundred. */
  async #createAll(replicaSet: ReplicaSet, count: number): Promise<Failure | undefined> {
    for (let done = 0, size = 1; done < count; done += size, size *= 2) {
      const batch = Array.from({ length: Math.min(size, count - done) });
      const errors = await errorsOf(batch.map(() => this.#create(replicaSet)));
      const [error] = errors;
      if (error === undefined) continue;
      // Nothing can be made in a namespace that is ending, and nobody needs to hear it.
      if (isTerminating(error)) return undefined;
      const message = messageOf(error);
      this.#tell(replicaSet, 'Warning', 'FailedCreate', `Error creating: ${message}`);
      return { reason: 'FailedCreate', message, error };
    }
    return undefined;
  }

  async #create(replicaSet: ReplicaSet): Promise<void> {
    const key = keyOf(replicaSet);
    try {
      const pod = await this.#context.client.create(pods, podOf(replicaSet));
      this.#expectations.created(key, keyOf(pod), pod.metadata?.uid ?? '');
      this.#tell(replicaSet, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata?.name}`);
    } catch (error) {
      if (isUnanswered(error)) this.#doubtful.add(key);
      throw error;
    }
  }

  async #deleteAll(replicaSet: ReplicaSet, victims: readonly Pod[]): Promise<Failure | undefined> {
    const [error] = await errorsOf(victims.map((pod) => this.#delete(replicaSet, pod)));
    if (error === undefined) return undefined;
    const message = messageOf(error);
    this.#tell(replicaSet, 'Warning', 'FailedDelete', `Error deleting: ${message}`);
    return { reason: 'FailedDelete', message, error };
  }

  async #delete(replicaSet: ReplicaSet, pod: Pod): Promise<void> {
    const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
    try {
      await this.#context.client.delete(pods, { name, namespace }, { preconditions: { uid } });
      this.#tell(replicaSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      // Gone already, or another of the same name now.
      if (isUnanswered(error)) this.#doubtful.add(keyOf(replicaSet));
      if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
    }
    this.#expectations.deleted(keyOf(replicaSet), keyOf(pod), uid);
  }

  #tell(about: ReplicaSet, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.recorder.event(about, type, reason, message);
  }
}

function podOf(replicaSet: ReplicaSet): Pod {
  const { metadata: template = {}, spec } = replicaSet.spec?.template ?? {};
  const { name = '', namespace = '' } = replicaSet.metadata ?? {};
  return {
    metadata: {
      ...(template.labels && { labels: template.labels }),
      ...(template.annotations && { annotations: template.annotations }),
      ...(template.finalizers && { finalizers: template.finalizers }),
      generateName: `${name}-`,
      namespace,
      ownerReferences: [controllerReference(replicaSets, replicaSet)],
    },
    ...(spec && { spec }),
  };
}

async function errorsOf(writes: readonly Promise<void>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(writes);
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
}

const isUnanswered = (error: unknown) =>
  hasReason(error, 'ServiceUnavailable') || hasReason(error, 'Timeout');

const isTerminating = (error: unknown) =>
  hasReason(error, 'Forbidden') &&
  (error.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating');
