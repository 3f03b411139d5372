/** Who watches which prefix: hands each committed transaction's events to those it concerns. */
import type { StoreEvent, WatchRequest } from './store.ts';

interface Watcher {
  readonly request: WatchRequest;
  /** Events that came in while the past was being read; undefined once it has caught up. */
  waiting: (readonly StoreEvent[])[] | undefined;
  isOpen: boolean;
}

export class Watchers {
  readonly #watchers = new Set<Watcher>();

  /** Starts to collect at once; hands out events only after `caughtUp`. */
  add(request: WatchRequest): Watcher {
    const watcher: Watcher = { request, waiting: [], isOpen: true };
    this.#watchers.add(watcher);
    return watcher;
  }

  /** Gives the watcher its past (up to `revision`), then what came in since. */
  caughtUp(watcher: Watcher, past: readonly StoreEvent[], revision: number): void {
    const waiting = watcher.waiting ?? [];
    watcher.waiting = undefined;
    send(watcher, past, revision);
    for (const events of waiting) {
      if (events[0]!.revision > revision) send(watcher, events, events[0]!.revision);
    }
  }

  /** The events of one transaction. */
  dispatch(events: readonly StoreEvent[]): void {
    for (const watcher of this.#watchers) {
      if (watcher.waiting) watcher.waiting.push(events);
      else send(watcher, events, events[0]!.revision);
    }
  }

  fail(watcher: Watcher, error: Error): void {
    if (!watcher.isOpen) return;
    this.remove(watcher);
    watcher.request.onError(error);
  }

  failAll(error: Error): void {
    for (const watcher of [...this.#watchers]) this.fail(watcher, error);
  }

  remove(watcher: Watcher): void {
    watcher.isOpen = false;
    this.#watchers.delete(watcher);
  }
}

/** `revision`: what the watcher knows all up to, once it has these. */
function send(watcher: Watcher, events: readonly StoreEvent[], revision: number): void {
  if (!watcher.isOpen) return;
  const { request } = watcher;
  const own = events.filter(
    ({ key, revision }) => revision > request.after && key.startsWith(request.prefix),
  );
  if (own.length > 0) request.onEvents(own);
  if (watcher.isOpen) request.onProgress?.(revision);
}
