/**
 * An API server in memory that behaves: resource versions, conflicts, watches with history,
 * finalizers, graceful deletion, subresources, selectors, defaults. Objects come out deeply
 * frozen. Refused, as nothing here needs it: strategic and apply patches, paging.
 */
import { compileFieldSelector } from '../api/fields.ts';
import { matchesRequirements, parseLabelSelector } from '../api/labels.ts';
import { groupResourceOf, type KubeObject, type Resource } from '../api/resource.ts';
import { type Clock, toTime } from '../base/clock.ts';
import { StatusError } from '../base/errors.ts';
import type { Client, DeleteOptions, ListOptions, PatchType, WatchEvent } from './client.ts';
import { FakeLog, type LogEntry } from './fake-log.ts';
import {
  type Draft,
  isFinished,
  mergePatch,
  prepareCreate,
  prepareDelete,
  prepareUpdate,
} from './fake-rules.ts';
import { keyOf } from './keys.ts';

export interface FakeClient extends Client {
  /** Puts an object in as it is, status and all: the world before the test. */
  seed<T extends KubeObject>(resource: Resource<T>, ...objects: T[]): void;
  /** Every watch from before now is Expired. */
  compact(): void;
  /** Breaks every watch. */
  disconnect(): void;
  /** Asked before each request; what it throws is the answer. Reads and watches count as well. */
  refuse: ((verb: string, resource: string, key: string) => void) | undefined;
  /** One line a write that was accepted: `create pods default/web-x`. */
  readonly writes: string[];
}

interface Target {
  readonly name: string;
  readonly namespace?: string;
}

export function createFake({ clock }: { readonly clock: Clock }): FakeClient {
  return new Fake(clock);
}

class Fake implements FakeClient {
  readonly #log = new FakeLog();
  readonly #clock: Clock;
  #serial = 0;
  refuse: FakeClient['refuse'];
  readonly writes: string[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  seed<T extends KubeObject>(resource: Resource<T>, ...objects: T[]): void {
    for (const object of objects) {
      const { status } = object as Draft;
      const draft = prepareCreate(resource as unknown as Resource, object, this.#stamp()) as Draft;
      const { name: _, ...given } = object.metadata ?? {};
      draft.metadata = { ...draft.metadata, ...given };
      if (status) draft.status = status;
      this.#log.write(groupResourceOf(resource), keyOf(draft), draft);
    }
  }

  compact = () => this.#log.compact();
  disconnect = () => this.#log.disconnect();
  close(): void {}

  async get<T extends KubeObject>(resource: Resource<T>, name: string, namespace?: string) {
    const target = { name, ...(namespace && { namespace }) };
    this.refuse?.('get', groupResourceOf(resource), keyOf({ metadata: target }));
    return this.#find(resource, target) as T;
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}) {
    this.refuse?.('list', groupResourceOf(resource), '');
    const isWanted = filterOf(resource, options);
    const objects = [...this.#log.objectsOf(groupResourceOf(resource)).values()];
    // As the server's: in the order of their keys.
    const items = objects.filter(isWanted).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) as T[];
    return { items, resourceVersion: String(this.#log.revision) };
  }

  async *watch<T extends KubeObject>(resource: Resource<T>, options = {} as WatchLike) {
    this.refuse?.('watch', groupResourceOf(resource), '');
    const isWanted = filterOf(resource, options);
    let since = Number(options.resourceVersion ?? 0);
    if (!options.resourceVersion) {
      const { items, resourceVersion } = await this.list(resource, options);
      for (const object of items) yield { type: 'ADDED', object } as WatchEvent<T>;
      since = Number(resourceVersion);
    }
    for await (const entry of this.#log.follow(groupResourceOf(resource), since, options.signal)) {
      const event = toEvent(entry, isWanted);
      if (event) yield event as WatchEvent<T>;
    }
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, options = {} as DryRun) {
    const generic = resource as unknown as Resource;
    const draft = prepareCreate(generic, object, this.#stamp());
    this.refuse?.('create', groupResourceOf(resource), keyOf(draft));
    this.#checkNamespace(generic, draft);
    if (this.#log.objectsOf(groupResourceOf(resource)).has(keyOf(draft))) {
      throw new StatusError('AlreadyExists', `${describe(resource, draft)} already exists`);
    }
    return (options.dryRun ? draft : this.#write('create', resource, draft)) as T;
  }

  async update<T extends KubeObject>(resource: Resource<T>, object: T, options = {} as DryRun) {
    const { subresource, dryRun } = options;
    this.refuse?.('update', groupResourceOf(resource), keyOf(object));
    const { name = '', namespace } = object.metadata ?? {};
    const old = this.#find(resource, { name, ...(namespace && { namespace }) });
    const draft = prepareUpdate(resource as unknown as Resource, object, old, subresource);
    if (!draft || dryRun) return (draft ?? old) as T;
    if (isFinished(draft)) return this.#remove(resource, draft) as T;
    return this.#write(subresource ? `update/${subresource}` : 'update', resource, draft) as T;
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    target: Target,
    patch: { readonly type: PatchType; readonly body: unknown },
    options = {} as DryRun,
  ) {
    if (patch.type !== 'merge') {
      throw new StatusError('UnsupportedMediaType', `the fake knows no ${patch.type} patch`);
    }
    const old = this.#find(resource, target);
    return this.update(resource, mergePatch(old, patch.body) as T, options);
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    target: Target,
    options: DeleteOptions = {},
  ): Promise<void> {
    const old = this.#find(resource, target);
    this.refuse?.('delete', groupResourceOf(resource), keyOf(old));
    const draft = prepareDelete(resource as unknown as Resource, old, options, this.#clock.now());
    if (draft) this.#write('delete', resource, draft);
    else this.#remove(resource, old);
  }

  async createSubresource<R, T extends KubeObject = KubeObject>(
    resource: Resource<T>,
    target: Target,
    subresource: string,
    body: unknown,
  ) {
    const old = this.#find(resource, target);
    this.refuse?.(subresource, groupResourceOf(resource), keyOf(old));
    if (subresource === 'eviction') await this.delete(resource, target);
    else if (subresource === 'binding') this.#write(subresource, resource, this.#bind(old, body));
    else throw new StatusError('NotFound', `${resource.plural}/${subresource}`);
    return { kind: 'Status', status: 'Success' } as R;
  }

  #bind(pod: Draft, body: unknown): Draft {
    const { name } = (body as { target: { name: string } }).target;
    const isTaken = pod.spec?.nodeName || pod.metadata?.deletionTimestamp;
    if (isTaken) throw new StatusError('Conflict', `pod ${keyOf(pod)} is already assigned`);
    const lastTransitionTime = toTime(this.#clock.now());
    const others = ((pod.status?.conditions ?? []) as { type: string }[]).filter(
      ({ type }) => type !== 'PodScheduled',
    );
    const conditions = [...others, { type: 'PodScheduled', status: 'True', lastTransitionTime }];
    return {
      ...pod,
      spec: { ...pod.spec, nodeName: name },
      status: { ...pod.status, conditions },
    };
  }

  #find<T extends KubeObject>(resource: Resource<T>, target: Target): Draft {
    const object = this.#log.objectsOf(groupResourceOf(resource)).get(keyOf({ metadata: target }));
    if (object) return object;
    throw new StatusError('NotFound', `${describe(resource, { metadata: target })} not found`);
  }

  #write<T extends KubeObject>(verb: string, resource: Resource<T>, draft: KubeObject) {
    this.writes.push(`${verb} ${groupResourceOf(resource)} ${keyOf(draft)}`);
    return this.#log.write(groupResourceOf(resource), keyOf(draft), draft);
  }

  #remove<T extends KubeObject>(resource: Resource<T>, object: KubeObject) {
    this.writes.push(`delete ${groupResourceOf(resource)} ${keyOf(object)}`);
    return this.#log.write(groupResourceOf(resource), keyOf(object), undefined);
  }

  /** Nothing new is made in a namespace that is ending. */
  #checkNamespace(resource: Resource, object: KubeObject): void {
    if (!resource.namespaced) return;
    const name = object.metadata?.namespace ?? '';
    const namespace = this.#log.objectsOf('namespaces').get(name);
    if (namespace?.metadata?.deletionTimestamp) {
      const causes = [{ reason: 'NamespaceTerminating', message: `namespace ${name} is ending` }];
      const message = `unable to create new content in namespace ${name}`;
      throw new StatusError('Forbidden', message, { details: { causes } });
    }
  }

  #stamp() {
    const serial = String(++this.#serial);
    const uid = `00000000-0000-4000-8000-${serial.padStart(12, '0')}`;
    return { nowMs: this.#clock.now(), uid, suffix: serial.padStart(5, 'x') };
  }
}

type WatchLike = ListOptions & { readonly signal?: AbortSignal };
type DryRun = { readonly subresource?: string; readonly dryRun?: boolean };

function filterOf<T extends KubeObject>(resource: Resource<T>, options: ListOptions) {
  const requirements = parseLabelSelector(options.labelSelector ?? '');
  const hasFields = compileFieldSelector(resource, options.fieldSelector ?? '');
  return (object: KubeObject): boolean =>
    (!options.namespace || object.metadata?.namespace === options.namespace) &&
    matchesRequirements(requirements, object.metadata?.labels) &&
    (!hasFields || hasFields(object as T));
}

/** To a watcher with a selector, an object that stops matching is deleted. */
function toEvent(
  { object, old, revision }: LogEntry,
  isWanted: (object: KubeObject) => boolean,
): WatchEvent<KubeObject> | undefined {
  const is = object !== undefined && isWanted(object);
  const was = old !== undefined && isWanted(old);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object };
  if (!was) return undefined;
  const metadata = { ...old.metadata, resourceVersion: String(revision) };
  return { type: 'DELETED', object: { ...old, metadata } };
}

const describe = <T extends KubeObject>(resource: Resource<T>, { metadata }: KubeObject) =>
  `${groupResourceOf(resource)} "${metadata?.name}"`;
