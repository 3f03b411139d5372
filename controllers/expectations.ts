/**
 * What a controller has written and its cache does not show yet. Until it does, counting what is
 * in the cache would make the same thing twice.
 */
import type { KubeObject } from '../api/resource.ts';
import type { Clock } from '../base/clock.ts';

const expiryMs = 300_000; // A write that never shows up must not stop a controller for ever.

interface Expected {
  readonly created: Map<string, string>; // uid → key
  readonly deleted: Map<string, string>;
  sinceMs: number;
}

export class Expectations {
  readonly #clock: Clock;
  readonly #get: (key: string) => KubeObject | undefined;
  readonly #byOwner = new Map<string, Expected>();

  /** `get` reads the cache whose lag this is about. */
  constructor(clock: Clock, get: (key: string) => KubeObject | undefined) {
    this.#clock = clock;
    this.#get = get;
  }

  created(owner: string, key: string, uid: string): void {
    this.#of(owner).created.set(uid, key);
  }

  deleted(owner: string, key: string, uid: string): void {
    this.#of(owner).deleted.set(uid, key);
  }

  /** Whether the cache shows all that was written for this owner, so that it may be counted. */
  isFulfilled(owner: string): boolean {
    const expected = this.#byOwner.get(owner);
    if (!expected) return true;
    for (const [uid, key] of expected.created) {
      if (this.#get(key)?.metadata?.uid === uid) expected.created.delete(uid);
    }
    for (const [uid, key] of expected.deleted) {
      const object = this.#get(key);
      const isShown = object?.metadata?.uid !== uid || object.metadata.deletionTimestamp;
      if (isShown) expected.deleted.delete(uid);
    }
    const isExpired = this.#clock.now() - expected.sinceMs > expiryMs;
    if (expected.created.size + expected.deleted.size > 0 && !isExpired) return false;
    this.#byOwner.delete(owner);
    return true;
  }

  /** The cache has shown this object and lost it again: its creation will not be shown any more. */
  gone(owner: string, uid: string): void {
    this.#byOwner.get(owner)?.created.delete(uid);
  }

  forget(owner: string): void {
    this.#byOwner.delete(owner);
  }

  #of(owner: string): Expected {
    const known = this.#byOwner.get(owner);
    if (known) {
      known.sinceMs = this.#clock.now();
      return known;
    }
    const expected = { created: new Map(), deleted: new Map(), sinceMs: this.#clock.now() };
    this.#byOwner.set(owner, expected);
    return expected;
  }
}
