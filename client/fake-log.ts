/** The store of the fake: one revision for all, a log of writes per resource, watchers on it. */
import type { KubeObject } from '../api/resource.ts';
import { StatusError } from '../base/errors.ts';

export interface LogEntry {
  readonly revision: number;
  /** Undefined: it was created, or (as `object`) deleted. */
  readonly old: KubeObject | undefined;
  readonly object: KubeObject | undefined;
}

interface Watcher {
  readonly resource: string;
  readonly queue: LogEntry[];
  wake: () => void;
  end: StatusError | 'quietly' | undefined;
}

export class FakeLog {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #entries: (LogEntry & { readonly resource: string })[] = [];
  readonly #watchers = new Set<Watcher>();
  #revision = 1;
  #compacted = 0;

  get revision(): number {
    return this.#revision;
  }

  objectsOf(resource: string): ReadonlyMap<string, KubeObject> {
    return this.#objects.get(resource) ?? new Map();
  }

  /** Writes the object with its new resourceVersion, frozen; without one, removes what is there. */
  write(resource: string, key: string, object: KubeObject | undefined): KubeObject {
    const objects = this.#objects.get(resource) ?? new Map<string, KubeObject>();
    this.#objects.set(resource, objects);
    const old = objects.get(key);
    const revision = ++this.#revision;
    const written = stamp(object ?? old ?? {}, revision);
    if (object) objects.set(key, written);
    else objects.delete(key);
    // What a DELETED event carries is the last state, with the revision of its end.
    const entry = object
      ? { resource, revision, old, object: written }
      : { resource, revision, old: written, object: undefined };
    this.#entries.push(entry);
    for (const watcher of this.#watchers) {
      if (watcher.resource !== resource) continue;
      watcher.queue.push(entry);
      watcher.wake();
    }
    return written;
  }

  /** Everything after `since`, then what comes. Ends with the signal, or by `disconnect`. */
  async *follow(
    resource: string,
    since: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<LogEntry> {
    if (since < this.#compacted) throw new StatusError('Expired', 'too old resource version');
    const missed = this.#entries.filter(
      (entry) => entry.resource === resource && entry.revision > since,
    );
    const watcher: Watcher = { resource, queue: missed, wake: () => {}, end: undefined };
    const stop = () => {
      watcher.end ??= 'quietly';
      watcher.wake();
    };
    signal?.addEventListener('abort', stop, { once: true });
    this.#watchers.add(watcher);
    try {
      while (!signal?.aborted) {
        for (let next = watcher.queue.shift(); next; next = watcher.queue.shift()) yield next;
        if (watcher.end === 'quietly') return;
        if (watcher.end) throw watcher.end;
        await new Promise<void>((resolve) => {
          watcher.wake = resolve;
        });
      }
    } finally {
      this.#watchers.delete(watcher);
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Forgets the history: a watch from an older revision is Expired. */
  compact(): void {
    this.#compacted = this.#revision;
    this.#entries.length = 0;
  }

  /** Breaks every watch, as a restart of the server does. */
  disconnect(): void {
    for (const watcher of this.#watchers) {
      watcher.end = new StatusError('ServiceUnavailable', 'connection lost');
      watcher.wake();
    }
  }
}

/** Frozen all the way down, so that a room which changes a cached object fails its test. */
function stamp(object: KubeObject, revision: number): KubeObject {
  const copy = structuredClone(object);
  copy.metadata = { ...copy.metadata, resourceVersion: String(revision) };
  return freeze(copy);
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
