/**
 * A revisioned key-value store, shaped so that both an embedded database and etcd v3 can be behind
 * it. Every transaction that changes something gets the next revision; a key's `revision` is that
 * of its last change (etcd's mod_revision).
 */
import { StatusError } from '../base/errors.ts';

export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
}

export interface ListRequest {
  /** Only keys that begin with it. */
  readonly prefix: string;
  /** The state after this revision; absent = the newest. */
  readonly revision?: number;
  readonly limit?: number;
  /** Only keys after this one: the last key of the page before. */
  readonly after?: string;
}

export interface ListResult {
  readonly entries: readonly Entry[]; // In the order of their keys.
  readonly revision: number; // Of the state that was read.
  readonly more: boolean;
}

/** Holds when the key's last change has this revision; 0 = the key is not there. */
export interface Condition {
  readonly key: string;
  readonly revision: number;
}

/** A put, or a delete when there is no value. */
export interface Change {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

export interface Transaction {
  readonly conditions: readonly Condition[];
  /** At most `changesMax`, each of another key. */
  readonly changes: readonly Change[];
}

export interface TransactionResult {
  /** False: a condition did not hold, nothing was changed. */
  readonly succeeded: boolean;
  /** The store's revision afterwards; of these changes when they succeeded. */
  readonly revision: number;
}

/** One change of one key. `value` is absent for a delete. */
export interface StoreEvent {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly revision: number;
}

export interface WatchRequest {
  readonly prefix: string;
  /** Changes after this revision, each once, in order. */
  readonly after: number;
  /** Events of one revision are never split over two calls. Must not throw. */
  readonly onEvents: (events: readonly StoreEvent[]) => void;
  /** All changes up to this revision have been handed out, also where none was of the prefix. */
  readonly onProgress?: (revision: number) => void;
  /** Called at most once; nothing follows. Expired when `after` is compacted. */
  readonly onError: (error: Error) => void;
}

export interface Watch {
  close(): void;
}

/** Every method rejects with Expired for a compacted revision, and when the store is closed. */
export interface Store {
  get(key: string): Promise<{ entry: Entry | undefined; revision: number }>;
  list(request: ListRequest): Promise<ListResult>;
  /** Resolves once the changes are on disk. */
  transact(transaction: Transaction): Promise<TransactionResult>;
  watch(request: WatchRequest): Watch;
  /** Forgets what was overwritten or deleted at or before the revision. */
  compact(revision: number): Promise<void>;
  /** At least that of every write, anybody's, that was acknowledged before the call. */
  currentRevision(): Promise<number>;
  /** Bytes in use on the disk, history and all. */
  size(): Promise<number>;
  close(): Promise<void>;
}

export const changesMax = 128;

/** The error for a revision whose state is forgotten. */
export function compacted(asked: number, oldest?: number): StatusError {
  const tail = oldest === undefined ? '' : `, the oldest is ${oldest}`;
  return new StatusError('Expired', `revision ${asked} was compacted${tail}`);
}

/** The error for a revision that this store has not reached. */
export const notReached = (asked: number, newest: number): StatusError =>
  new StatusError('Timeout', `Too large resource version: ${asked}, current: ${newest}`);

export const closed = (): StatusError => new StatusError('ServiceUnavailable', 'store is closed');

/** The first key that does not begin with the prefix, for range queries; undefined = no end. */
export function rangeEnd(prefix: string): string | undefined {
  if (prefix === '') return undefined;
  const last = prefix.charCodeAt(prefix.length - 1);
  return prefix.slice(0, -1) + String.fromCharCode(last + 1);
}

/** @throws RangeError for a transaction that no backend takes. */
export function checkTransaction({ changes }: Transaction): void {
  if (changes.length === 0 || changes.length > changesMax) {
    throw new RangeError(`a transaction has 1 to ${changesMax} changes`);
  }
  if (new Set(changes.map(({ key }) => key)).size < changes.length) {
    throw new RangeError('a transaction changes each key once');
  }
}
