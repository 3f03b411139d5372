/**
 * A local copy of one resource that keeps itself true: list once, then watch from there.
 *
 * - Objects are shared with everybody who asks: never change one.
 * - Level-triggered: after a gap (Expired) it lists again and tells only the differences, so a
 *   handler may miss what happened in between, but never how things are now.
 */
import type { KubeObject, Resource } from '../api/resource.ts';
import type { Clock } from '../base/clock.ts';
import { hasReason, StatusError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Client } from './client.ts';
import { keyOf } from './keys.ts';

const retryMsMin = 100;
const retryMsMax = 10_000;
const shortWatchMs = 1000; // A watch that ends sooner counts as a failure: no hot loop.
const watchSecondsMin = 300;

export interface InformerFilter {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface InformerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: () => number; // From 0 to 1, for jitter.
}

/** `object` is undefined once deleted, `old` is undefined when it is new. */
export type ChangeHandler<T> = (key: string, object: T | undefined, old: T | undefined) => void;

type Index<T> = {
  readonly valuesOf: (object: T) => readonly string[];
  readonly keys: Map<string, Set<string>>;
};

export class Informer<T extends KubeObject> {
  /** Resolves when the first list has been told to the handlers. Never rejects. */
  readonly synced: Promise<void>;
  readonly resource: Resource<T>;
  readonly #client: Client;
  readonly #filter: InformerFilter;
  readonly #deps: Required<InformerDeps>;
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();
  readonly #handlers: ChangeHandler<T>[] = [];
  #resourceVersion = '';
  #failures = 0;
  #isStarted = false;
  #hasSynced = false;
  #setSynced: () => void = () => {};

  constructor(client: Client, resource: Resource<T>, filter: InformerFilter, deps: InformerDeps) {
    this.#client = client;
    this.resource = resource;
    this.#filter = filter;
    this.#deps = { random: Math.random, ...deps };
    this.synced = new Promise((resolve) => {
      this.#setSynced = resolve;
    });
  }

  /** Follows the resource until the signal aborts. A second start changes nothing. */
  start(signal: AbortSignal): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    void this.#follow(signal);
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** By `namespace/name`, or `name` for what has no namespace. */
  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  get size(): number {
    return this.#objects.size;
  }

  /** A handler that comes late is first told of everything that is there. */
  onChange(handler: ChangeHandler<T>): void {
    this.#handlers.push(handler);
    for (const [key, object] of this.#objects) handler(key, object, undefined);
  }

  /** Declares an index; the same name twice keeps the first. */
  index(name: string, valuesOf: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return;
    const index = { valuesOf, keys: new Map<string, Set<string>>() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) addTo(index, key, object);
  }

  /** The objects for which the index function gave this value. */
  byIndex(name: string, value: string): T[] {
    const keys = this.#indexes.get(name)?.keys.get(value) ?? new Set<string>();
    return [...keys].flatMap((key) => this.#objects.get(key) ?? []);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { clock, log, random } = this.#deps;
    while (!signal.aborted) {
      const startMs = clock.now();
      try {
        if (this.#resourceVersion === '') await this.#relist();
        await this.#watch(signal);
        if (clock.now() - startMs >= shortWatchMs) this.#failures = 0;
        else this.#failures++;
      } catch (error) {
        if (!(error instanceof StatusError)) throw error; // A handler's bug: crash.
        if (signal.aborted) return;
        if (isExpired(error)) this.#resourceVersion = '';
        this.#failures++;
        const fields = { resource: this.resource.plural, failures: this.#failures };
        if (isExpired(error)) log.debug('Fell behind, listing again', fields);
        else log.error('Could not follow resource', error, fields);
      }
      if (this.#failures === 0) continue;
      const retryMs = Math.min(retryMsMin * 2 ** (this.#failures - 1), retryMsMax);
      await clock.sleep(retryMs * (0.5 + random() / 2), signal);
    }
  }

  async #relist(): Promise<void> {
    const { items, resourceVersion } = await this.#client.list(this.resource, this.#filter);
    const gone = new Set(this.#objects.keys());
    for (const item of items) {
      const key = keyOf(item);
      gone.delete(key);
      this.#put(key, item);
    }
    for (const key of gone) this.#remove(key);
    this.#resourceVersion = resourceVersion;
    this.#hasSynced = true;
    this.#setSynced();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const timeoutSeconds = Math.round(watchSecondsMin * (1 + this.#deps.random()));
    const events = this.#client.watch(this.resource, {
      ...this.#filter,
      resourceVersion: this.#resourceVersion,
      allowWatchBookmarks: true,
      timeoutSeconds,
      signal,
    });
    for await (const { type, object } of events) {
      if (signal.aborted) return;
      if (type === 'DELETED') this.#remove(keyOf(object));
      else if (type !== 'BOOKMARK') this.#put(keyOf(object), object);
      this.#resourceVersion = object.metadata?.resourceVersion ?? this.#resourceVersion;
      this.#failures = 0;
    }
  }

  #put(key: string, object: T): void {
    const old = this.#objects.get(key);
    if (old && old.metadata?.resourceVersion === object.metadata?.resourceVersion) return;
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) {
      if (old) removeFrom(index, key, old);
      addTo(index, key, object);
    }
    this.#tell(key, object, old);
  }

  #remove(key: string): void {
    const old = this.#objects.get(key);
    if (!old) return;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) removeFrom(index, key, old);
    this.#tell(key, undefined, old);
  }

  #tell(key: string, object: T | undefined, old: T | undefined): void {
    for (const handler of this.#handlers) handler(key, object, old);
  }
}

const isExpired = (error: StatusError) => hasReason(error, 'Expired') || hasReason(error, 'Gone');

function addTo<T>({ valuesOf, keys }: Index<T>, key: string, object: T): void {
  for (const value of valuesOf(object)) {
    const holders = keys.get(value);
    if (holders) holders.add(key);
    else keys.set(value, new Set([key]));
  }
}

function removeFrom<T>({ valuesOf, keys }: Index<T>, key: string, object: T): void {
  for (const value of valuesOf(object)) {
    const holders = keys.get(value);
    holders?.delete(key);
    if (holders?.size === 0) keys.delete(value);
  }
}
