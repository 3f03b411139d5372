/** A store that forgets at exit, for tests and simulations: the same behaviour, no disk. */
import {
  checkTransaction,
  closed,
  compacted,
  type Entry,
  type ListRequest,
  type ListResult,
  notReached,
  type Store,
  type StoreEvent,
  type Transaction,
  type TransactionResult,
  type Watch,
  type WatchRequest,
} from './store.ts';
import { Watchers } from './watchers.ts';

export const createMemoryStore = (): Store => new MemoryStore();

class MemoryStore implements Store {
  #revision = 0;
  #oldest = 0; // Lists at and watches after older revisions are refused.
  #isOpen = true;
  #log: StoreEvent[] = []; // All that is not compacted, in order.
  readonly #watchers = new Watchers();

  async get(key: string) {
    this.#check();
    return { entry: this.#stateAt(this.#revision).get(key), revision: this.#revision };
  }

  async list(request: ListRequest): Promise<ListResult> {
    this.#check();
    const { prefix, revision = this.#revision, limit = Infinity, after = '' } = request;
    if (revision > this.#revision) throw notReached(revision, this.#revision);
    if (revision < this.#oldest) throw compacted(revision, this.#oldest);
    const all = [...this.#stateAt(revision).values()]
      .filter(({ key }) => key.startsWith(prefix) && key > after)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    return { entries: all.slice(0, limit), revision, more: all.length > limit };
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#check();
    checkTransaction(transaction);
    const state = this.#stateAt(this.#revision);
    const succeeded = transaction.conditions.every(
      ({ key, revision }) => (state.get(key)?.revision ?? 0) === revision,
    );
    const changes = transaction.changes.filter(({ key, value }) => value || state.has(key));
    if (succeeded && changes.length > 0) {
      this.#revision += 1;
      const events = changes.map(({ key, value }) => ({ key, value, revision: this.#revision }));
      this.#log.push(...events);
      this.#watchers.dispatch(events);
    }
    return { succeeded, revision: this.#revision };
  }

  watch(request: WatchRequest): Watch {
    const watcher = this.#watchers.add(request);
    const { after } = request;
    // Later, as every real store does it: nobody may rely on events inside the call.
    queueMicrotask(() => {
      if (!this.#isOpen) this.#watchers.fail(watcher, closed());
      else if (after < this.#oldest) this.#watchers.fail(watcher, compacted(after, this.#oldest));
      else this.#watchers.caughtUp(watcher, this.#log, this.#revision);
    });
    return { close: () => this.#watchers.remove(watcher) };
  }

  async compact(revision: number): Promise<void> {
    this.#check();
    if (revision > this.#revision) throw notReached(revision, this.#revision);
    if (revision <= this.#oldest) return;
    this.#oldest = revision;
    const kept = this.#stateAt(revision);
    this.#log = this.#log.filter((event) => {
      return event.revision > revision || kept.get(event.key)?.revision === event.revision;
    });
  }

  async currentRevision(): Promise<number> {
    this.#check();
    return this.#revision;
  }

  async size(): Promise<number> {
    return this.#log.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#watchers.failAll(closed());
  }

  #check(): void {
    if (!this.#isOpen) throw closed();
  }

  #stateAt(at: number): Map<string, Entry> {
    const state = new Map<string, Entry>();
    for (const { key, value, revision } of this.#log) {
      if (revision > at) break;
      if (value) state.set(key, { key, value, revision });
      else state.delete(key);
    }
    return state;
  }
}
