/**
 * Who is told of a resource's changes: everybody, or who asked for one value of a field. Each node's
 * agent watches its own pods, and a thousand of them must not look at every pod.
 */
import type { KubeObject } from '../../api/resource.ts';
import type { Change } from './history.ts';

/** Called for each change, in order; must not throw. */
export type Listener = (change: Change) => void;

/** Only changes of objects that have, or had, this value. */
export interface Only {
  readonly field: string;
  readonly value: string;
  /** The same for all who name the field. */
  readonly read: (object: KubeObject) => string;
}

interface OfField {
  readonly read: Only['read'];
  readonly byValue: Map<string, Set<Listener>>;
}

export class Listeners {
  readonly #all = new Set<Listener>();
  readonly #byField = new Map<string, OfField>();

  /** Returns the function that ends it. */
  add(listener: Listener, only?: Only): () => void {
    if (only) return this.#addTo(only, listener);
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  tell(change: Change): void {
    for (const listener of this.#all) listener(change);
    const { type, current, previous } = change;
    for (const { read, byValue } of this.#byField.values()) {
      const now = type === 'DELETED' ? undefined : read(current.object);
      const before = previous && read(previous.object);
      tellAll(now === undefined ? undefined : byValue.get(now), change);
      if (before !== undefined && before !== now) tellAll(byValue.get(before), change);
    }
  }

  #addTo({ field, value, read }: Only, listener: Listener): () => void {
    const known = this.#byField.get(field);
    const ofField: OfField = known ?? { read, byValue: new Map() };
    if (!known) this.#byField.set(field, ofField);
    const { byValue } = ofField;
    const listeners = byValue.get(value) ?? new Set();
    byValue.set(value, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && byValue.get(value) === listeners) byValue.delete(value);
      if (byValue.size === 0 && this.#byField.get(field) === ofField) this.#byField.delete(field);
    };
  }
}

function tellAll(listeners: ReadonlySet<Listener> | undefined, change: Change): void {
  for (const listener of listeners ?? []) listener(change);
}
