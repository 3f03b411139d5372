/** The store's keys as etcd has them: bytes, under the cluster's own prefix. */
import { rangeEnd } from '../store.ts';

/** `{ ours: '/registry', theirs: '/lab-1' }`: keys that begin with the one there begin with the other. */
export interface Prefix {
  readonly ours: string;
  readonly theirs: string;
}

/** etcd's way to say "no end", and as a key with it: everything. */
const zero = Buffer.from([0]);

export class Names {
  readonly #prefix: Prefix;

  constructor(prefix: Prefix) {
    this.#prefix = prefix;
  }

  /** @throws RangeError for a key outside of what the cluster keeps. */
  toEtcd(key: string): Buffer {
    const { ours, theirs } = this.#prefix;
    if (!key.startsWith(ours)) throw new RangeError(`${key} is not under ${ours}`);
    return Buffer.from(theirs + key.slice(ours.length));
  }

  /** Undefined for keys of others. */
  fromEtcd(key: Buffer): string | undefined {
    const { ours, theirs } = this.#prefix;
    const text = key.toString();
    return text.startsWith(theirs) ? ours + text.slice(theirs.length) : undefined;
  }

  /** The keys that begin with `prefix` and come after `after`. */
  range(prefix: string, after = ''): { readonly key: Buffer; readonly rangeEnd: Buffer } {
    const end = rangeEnd(this.toEtcd(prefix).toString());
    const key = after >= prefix && after !== '' ? `${this.toEtcd(after)}\0` : this.toEtcd(prefix);
    return {
      key: key.length === 0 ? zero : Buffer.from(key),
      rangeEnd: end === undefined ? zero : Buffer.from(end),
    };
  }
}

export const everything = { key: zero, rangeEnd: zero };
/** A question for the revision alone. */
export const nothing = { key: zero, countOnly: true };
