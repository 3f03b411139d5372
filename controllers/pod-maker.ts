/** Makes and ends pods with names of chance for an owner, and remembers what it did. */
import type { KubeObject, Resource } from '../api/resource.ts';
import { pods } from '../api/resources.ts';
import type { Pod, PodTemplateSpec } from '../api/types/core-v1.generated.ts';
import { hasReason, messageOf } from '../base/errors.ts';
import { keyOf } from '../client/keys.ts';
import { allAtOnce, inBatches } from './batches.ts';
import { type Context, inNamespace } from './controller.ts';
import type { Expectations } from './expectations.ts';
import { controllerReference, isControlledBy } from './owners.ts';

export interface Failure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
  readonly error: unknown;
}

export interface Change {
  /** Without owner and name: both are given here. */
  readonly create: readonly Pod[];
  readonly delete: readonly Pod[];
}

/** A pod as its template says. */
export function podOfTemplate({ metadata = {}, spec }: PodTemplateSpec): Pod {
  const { labels, annotations, finalizers } = metadata;
  return {
    metadata: {
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
    },
    ...(spec && { spec }),
  };
}

export class PodMaker<T extends KubeObject> {
  readonly #context: Context;
  readonly #resource: Resource<T>;
  readonly #expectations: Expectations;
  readonly #doubtful = new Set<string>();

  constructor(context: Context, resource: Resource<T>, expectations: Expectations) {
    this.#context = context;
    this.#resource = resource;
    this.#expectations = expectations;
  }

  /** Returns what went wrong, for the status; whatever else was possible is done. */
  async apply(owner: T, change: Change): Promise<Failure | undefined> {
    const create = await this.#createAll(owner, change.create);
    const remove = await this.#deleteAll(owner, change.delete);
    return create ?? remove;
  }

  /**
   * A write whose answer was lost may have been done. Before anything is counted again, the server
   * is asked, and what our cache does not show yet is expected.
   */
  async resolveDoubts(owner: T | undefined): Promise<void> {
    if (!owner) return;
    const key = keyOf(owner);
    if (!this.#doubtful.has(key)) return;
    const namespace = owner.metadata?.namespace ?? '';
    const { items } = await this.#context.client.list(pods, { namespace });
    const live = new Set<string>();
    for (const pod of items.filter((each) => isControlledBy(each, owner))) {
      const uid = pod.metadata?.uid ?? '';
      this.#expectations.created(key, keyOf(pod), uid);
      if (!pod.metadata?.deletionTimestamp) live.add(uid);
    }
    for (const pod of inNamespace(this.#context.informers.of(pods), namespace)) {
      const uid = pod.metadata?.uid ?? '';
      const isGone = isControlledBy(pod, owner) && !live.has(uid);
      if (isGone) this.#expectations.deleted(key, keyOf(pod), uid);
    }
    this.#doubtful.delete(key);
  }

  /** In batches: when a template is refused, one request learns it, not five hundred. */
  async #createAll(owner: T, wanted: readonly Pod[]): Promise<Failure | undefined> {
    const [error] = await inBatches(wanted, (pod) => this.#create(owner, pod));
    // Nothing can be made in a namespace that is ending, and nobody needs to hear it.
    if (error === undefined || isNamespaceEnding(error)) return undefined;
    const message = messageOf(error);
    this.#tell(owner, 'Warning', 'FailedCreate', `Error creating: ${message}`);
    return { reason: 'FailedCreate', message, error };
  }

  async #create(owner: T, wanted: Pod): Promise<void> {
    const key = keyOf(owner);
    const { name = '', namespace = '' } = owner.metadata ?? {};
    const metadata = {
      ...wanted.metadata,
      generateName: `${name}-`,
      namespace,
      ownerReferences: [controllerReference(this.#resource, owner)],
    };
    try {
      const pod = await this.#context.client.create(pods, { ...wanted, metadata });
      this.#expectations.created(key, keyOf(pod), pod.metadata?.uid ?? '');
      this.#tell(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata?.name}`);
    } catch (error) {
      if (isUnanswered(error)) this.#doubtful.add(key);
      throw error;
    }
  }

  async #deleteAll(owner: T, victims: readonly Pod[]): Promise<Failure | undefined> {
    const [error] = await allAtOnce(victims, (pod) => this.#delete(owner, pod));
    if (error === undefined) return undefined;
    const message = messageOf(error);
    this.#tell(owner, 'Warning', 'FailedDelete', `Error deleting: ${message}`);
    return { reason: 'FailedDelete', message, error };
  }

  async #delete(owner: T, pod: Pod): Promise<void> {
    const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
    try {
      await this.#context.client.delete(pods, { name, namespace }, { preconditions: { uid } });
      this.#tell(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      // Gone already, or another of the same name now.
      if (isUnanswered(error)) this.#doubtful.add(keyOf(owner));
      if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
    }
    this.#expectations.deleted(keyOf(owner), keyOf(pod), uid);
  }

  #tell(about: T, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#context.recorder.event(about, type, reason, message);
  }
}

const isUnanswered = (error: unknown) =>
  hasReason(error, 'ServiceUnavailable') || hasReason(error, 'Timeout');

/** Whether a write was refused because its namespace is ending. */
export const isNamespaceEnding = (error: unknown): boolean =>
  hasReason(error, 'Forbidden') &&
  (error.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating');
