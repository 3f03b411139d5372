/** All objects of one resource in memory, in the order of their keys, and who watches them. */
import type { KubeObject, Resource } from '../../api/resource.ts';
import { Change, History } from './history.ts';
import { type Listener, Listeners, type Only } from './listeners.ts';
import type { Stored } from './stored.ts';

export class ResourceCache {
  readonly resource: Resource;
  readonly #byKey = new Map<string, Stored>();
  #sorted: Stored[] = [];
  #history: History;
  #lastChange: number;
  readonly #listeners = new Listeners();

  constructor(resource: Resource, revision: number) {
    this.resource = resource;
    this.#history = new History(revision);
    this.#lastChange = revision;
  }

  /** The revision of the newest change; the objects are the same at every later one. */
  get lastChange(): number {
    return this.#lastChange;
  }

  get size(): number {
    return this.#sorted.length;
  }

  get(key: string): Stored | undefined {
    return this.#byKey.get(key);
  }

  /** Objects whose keys begin with `prefix` and come after `after`, in order. A copy. */
  list(prefix = '', after = ''): Stored[] {
    const from = this.#indexOf(prefix);
    const to = prefix === '' ? this.#sorted.length : this.#indexOf(`${prefix}\uffff`);
    const start = after === '' ? from : Math.max(from, this.#indexOf(`${after}\0`));
    return this.#sorted.slice(start, to);
  }

  /** Before the first change: objects come in the order of their keys. */
  load(stored: Stored): void {
    this.#byKey.set(stored.key, stored);
    this.#sorted.push(stored);
  }

  put(stored: Stored, time: number): void {
    const previous = this.#byKey.get(stored.key);
    this.#byKey.set(stored.key, stored);
    const index = this.#indexOf(stored.key);
    if (previous) this.#sorted[index] = stored;
    else this.#sorted.splice(index, 0, stored);
    this.#changed(new Change(previous ? 'MODIFIED' : 'ADDED', stored, previous, time));
  }

  remove(key: string, revision: number, time: number): void {
    const previous = this.#byKey.get(key);
    if (!previous) return;
    this.#byKey.delete(key);
    this.#sorted.splice(this.#indexOf(key), 1);
    this.#changed(new Change('DELETED', previous.at(revision), previous, time));
  }

  /** Changes after a revision; see History. */
  since(revision: number): Change[] {
    return this.#history.since(revision);
  }

  /** Returns the function that ends it. */
  listen(listener: Listener, only?: Only): () => void {
    return this.#listeners.add(listener, only);
  }

  objects<T extends KubeObject>(namespace: string | undefined): T[] {
    const prefix = namespace === undefined || namespace === '' ? '' : `${namespace}/`;
    return this.list(prefix).map(({ object }) => object as T);
  }

  #changed(change: Change): void {
    this.#lastChange = change.revision;
    this.#history.push(change);
    this.#listeners.tell(change);
    change.forgetLines();
  }

  /** Of the first object whose key is not before `key`. */
  #indexOf(key: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle]!.key < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
