/**
 * The API server's memory of the store: every object of every resource, kept current by one watch.
 * Reads are answered from here; writes go to the store and come back through the watch.
 */
import { groupResourceOf, type KubeObject, type Resource, storedForm } from '../../api/resource.ts';
import type { Clock } from '../../base/clock.ts';
import { hasReason, StatusError } from '../../base/errors.ts';
import type { ListResult, Store, Change as StoreChange, StoreEvent } from '../../store/store.ts';
import type { ObjectReader, SideWrite } from '../request.ts';
import { type Replayed, replayChanges } from './replay.ts';
import { ResourceCache } from './resource-cache.ts';
import { fromStore, type Stored, toStore } from './stored.ts';

const root = '/registry/';
const loadPage = 2_000;
/** After a restart this much of the past is read again, so that clients can resume their watches. */
const replayRevisions = 2_000;
const waitMs = 3_000;
/** What has been written comes for certain, however slow the store's watch is. */
const ownWaitMs = 30_000;

export interface RegistryDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** The watch of the store ended: nothing here is current any more. */
  readonly onLost: (error: Error) => void;
}

export interface Registry extends ObjectReader {
  /** The revision up to which everything is known here. */
  readonly revision: number;
  cacheOf(resource: Resource): ResourceCache;
  /** All versions in which the kind is served. */
  versionsOf(resource: Resource): readonly Resource[];
  /** Resolves once all that was written before the call is known here. */
  fresh(): Promise<void>;
  /** @throws StatusError Timeout when the revision does not come within 3 s */
  reach(revision: number): Promise<void>;
  /** Undefined when a condition did not hold. `revision` 0 = must not exist. */
  put(
    resource: Resource,
    object: KubeObject,
    revision: number,
    beside?: readonly SideWrite[],
  ): Promise<Stored | undefined>;
  /** False when a condition did not hold: the object has changed since. */
  remove(resource: Resource, stored: Stored, beside?: readonly SideWrite[]): Promise<boolean>;
  /** Objects as they were at a revision. @throws StatusError Expired */
  listAt(resource: Resource, page: PageRequest): Promise<Stored[]>;
  /** What changed after a revision that the cache has forgotten. @throws StatusError Expired */
  replay(resource: Resource, after: number): Promise<Replayed>;
  close(): void;
}

export interface PageRequest {
  readonly prefix: string; // Of keys: a namespace with its slash, or nothing.
  readonly after: string;
  readonly limit: number;
  readonly revision: number;
}

export const keyOf = (resource: Resource, name: string, namespace = ''): string =>
  resource.namespaced ? `${namespace}/${name}` : name;

export async function openRegistry(
  resources: readonly Resource[],
  deps: RegistryDeps,
): Promise<Registry> {
  const revision = await findStart(deps.store);
  const registry = new StoreRegistry(resources, deps, revision);
  await registry.load();
  return registry;
}

async function findStart(store: Store): Promise<number> {
  const newest = await store.currentRevision();
  const earlier = Math.max(0, newest - replayRevisions);
  try {
    await store.list({ prefix: root, revision: earlier, limit: 1 });
    return earlier;
  } catch (error) {
    if (hasReason(error, 'Expired')) return newest;
    throw error;
  }
}

class StoreRegistry implements Registry {
  readonly #deps: RegistryDeps;
  readonly #caches = new Map<string, ResourceCache>();
  readonly #versions: Map<string, Resource[]>;
  /** Objects on their way to the store, by their bytes: saves parsing what was just written. */
  readonly #written = new WeakMap<Uint8Array, KubeObject>();
  #waiting: { readonly revision: number; readonly done: () => void }[] = [];
  #revision: number;
  #close = () => {};
  #replaying: Promise<unknown> = Promise.resolve();

  constructor(resources: readonly Resource[], deps: RegistryDeps, revision: number) {
    this.#deps = deps;
    this.#revision = revision;
    this.#versions = Map.groupBy(resources, (each) => groupResourceOf(storedForm(each)));
    for (const resource of resources.map(storedForm)) {
      const name = groupResourceOf(resource);
      if (!this.#caches.has(name)) this.#caches.set(name, new ResourceCache(resource, revision));
    }
  }

  get revision(): number {
    return this.#revision;
  }

  async load(): Promise<void> {
    const { store, onLost } = this.#deps;
    const revision = this.#revision;
    const ask = (after: string) => store.list({ prefix: root, revision, limit: loadPage, after });
    for (let next: Promise<ListResult> | undefined = ask(''); next; ) {
      const { entries, more }: ListResult = await next;
      // The store reads the next page while this one is taken in.
      next = more ? ask(entries.at(-1)!.key) : undefined;
      for (const entry of entries) {
        const place = this.#placeOf(entry.key);
        place?.cache.load(fromStore(place.key, entry.revision, entry.value));
      }
    }
    const onEvents = (events: readonly StoreEvent[]) => this.#apply(events);
    const onProgress = (reached: number) => this.#advance(reached);
    const onError = onLost;
    const watch = store.watch({ prefix: root, after: revision, onEvents, onProgress, onError });
    this.#close = () => watch.close();
    await this.fresh();
  }

  cacheOf(resource: Resource): ResourceCache {
    const cache = this.#caches.get(groupResourceOf(storedForm(resource)));
    if (!cache) throw new TypeError(`no resource ${groupResourceOf(resource)} in the registry`);
    return cache;
  }

  versionsOf(resource: Resource): readonly Resource[] {
    return this.#versions.get(groupResourceOf(storedForm(resource))) ?? [resource];
  }

  get<T extends KubeObject>(resource: Resource<T>, name: string, namespace = ''): T | undefined {
    const cache = this.cacheOf(resource as Resource);
    return cache.get(keyOf(resource as Resource, name, namespace))?.object as T | undefined;
  }

  list<T extends KubeObject>(resource: Resource<T>, namespace?: string): readonly T[] {
    return this.cacheOf(resource as Resource).objects<T>(namespace);
  }

  async fresh(): Promise<void> {
    const revision = await this.#deps.store.currentRevision();
    if (revision > this.#revision) await this.reach(revision);
  }

  async reach(revision: number, limitMs = waitMs): Promise<void> {
    if (revision <= this.#revision) return;
    const stop = new AbortController();
    const reached = new Promise<void>((resolve) => {
      this.#waiting.push({ revision, done: resolve });
    });
    await Promise.race([reached, this.#deps.clock.sleep(limitMs, stop.signal)]);
    stop.abort();
    if (revision > this.#revision) throw tooLarge(revision, this.#revision);
  }

  async put(
    resource: Resource,
    object: KubeObject,
    revision: number,
    beside: readonly SideWrite[] = [],
  ) {
    const { name = '', namespace } = object.metadata!;
    const key = keyOf(resource, name, namespace);
    const value = toStore(resource, object);
    this.#written.set(value, object);
    const written = await this.#write(resource, { key, revision, value }, beside);
    if (written === undefined) return undefined;
    const known = this.cacheOf(resource).get(key);
    return known?.revision === written ? known : fromStore(key, written, value);
  }

  async remove(
    resource: Resource,
    { key, revision }: Stored,
    beside: readonly SideWrite[] = [],
  ): Promise<boolean> {
    const written = await this.#write(resource, { key, revision, value: undefined }, beside);
    return written !== undefined;
  }

  async listAt(resource: Resource, { prefix, after, limit, revision }: PageRequest) {
    const base = `${root}${groupResourceOf(storedForm(resource))}/`;
    const page = await this.#deps.store.list({
      prefix: base + prefix,
      revision,
      limit,
      ...(after !== '' && { after: base + after }),
    });
    return page.entries.map((entry) =>
      fromStore(entry.key.slice(base.length), entry.revision, entry.value),
    );
  }

  /** One at a time: each holds a whole state of its resource in memory. */
  replay(resource: Resource, after: number): Promise<Replayed> {
    const base = `${root}${groupResourceOf(storedForm(resource))}/`;
    const replayed = this.#replaying.then(() => {
      const upTo = this.cacheOf(resource).lastChange;
      return replayChanges(this.#deps.store, { base, after, upTo });
    });
    this.#replaying = replayed.catch(() => {});
    return replayed;
  }

  close(): void {
    this.#close();
  }

  async #write(
    resource: Resource,
    main: Required<SideWrite>,
    beside: readonly SideWrite[],
  ): Promise<number | undefined> {
    const key = `${groupResourceOf(resource)}/${main.key}`;
    const all: readonly SideWrite[] = [{ ...main, key }, ...beside];
    const result = await this.#deps.store.transact({
      conditions: all.flatMap((each) =>
        each.revision === undefined ? [] : [{ key: root + each.key, revision: each.revision }],
      ),
      changes: all.map((each): StoreChange => ({ key: root + each.key, value: each.value })),
    });
    if (!result.succeeded) {
      // Somebody else's write is the reason: it must be known here before anyone tries again.
      await this.fresh();
      return undefined;
    }
    if (result.revision > this.#revision) await this.reach(result.revision, ownWaitMs);
    return result.revision;
  }

  #apply(events: readonly StoreEvent[]): void {
    const time = this.#deps.clock.now();
    for (const { key, value, revision } of events) {
      const place = this.#placeOf(key);
      this.#revision = revision;
      if (!place) continue;
      if (!value) place.cache.remove(place.key, revision, time);
      else {
        const object = this.#written.get(value);
        place.cache.put(fromStore(place.key, revision, value, object), time);
      }
    }
    this.#advance(this.#revision);
  }

  /** All up to this revision is known: whoever waits for it may go on. */
  #advance(to: number): void {
    this.#revision = Math.max(this.#revision, to);
    if (this.#waiting.length === 0) return;
    const reached = this.#waiting.filter(({ revision }) => revision <= this.#revision);
    if (reached.length === 0) return;
    this.#waiting = this.#waiting.filter(({ revision }) => revision > this.#revision);
    for (const { done } of reached) done();
  }

  /** `/registry/pods/default/web` → the cache of pods and `default/web`. */
  #placeOf(storeKey: string): { cache: ResourceCache; key: string } | undefined {
    const slash = storeKey.indexOf('/', root.length);
    const cache = this.#caches.get(storeKey.slice(root.length, slash));
    return cache && { cache, key: storeKey.slice(slash + 1) };
  }
}

export const tooLarge = (revision: number, current: number): StatusError =>
  new StatusError('Timeout', `Too large resource version: ${revision}, current: ${current}`, {
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
