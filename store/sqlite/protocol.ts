/**
 * What the main thread and the database's thread say to each other. Values travel packed into one
 * buffer a message, which changes hands instead of being copied.
 */
import type { Condition, ListRequest } from '../store.ts';

/** The n-th value of a message has the n-th length; -1 = there is none (a delete). */
export interface Packed {
  readonly lengths: Int32Array;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type Question =
  | {
      readonly kind: 'transact';
      readonly conditions: readonly Condition[];
      readonly keys: readonly string[]; // Their values are the next ones of the message.
    }
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'list'; readonly request: ListRequest }
  | { readonly kind: 'history'; readonly prefix: string; readonly after: number }
  /** One slice of a compaction: the answer says whether there is more to do. */
  | { readonly kind: 'compact'; readonly revision: number }
  | { readonly kind: 'size' }
  | { readonly kind: 'close' };

export interface ToDatabase {
  readonly questions: readonly { readonly id: number; readonly question: Question }[];
  readonly values: Packed;
}

/** Rows without their values, which are the message's next ones. */
export interface Rows {
  readonly keys: readonly string[];
  readonly revisions: readonly number[];
}

export type Answer =
  | {
      readonly kind: 'transact';
      readonly succeeded: boolean;
      readonly revision: number;
      readonly absent: readonly string[]; // Keys whose delete found nothing.
    }
  | ({
      readonly kind: 'rows';
      readonly revision: number;
      readonly more: boolean;
    } & Rows)
  | { readonly kind: 'compact'; readonly more: boolean }
  | { readonly kind: 'size'; readonly bytes: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Why a question has no answer, in plain data: errors lose their class between threads. */
export type Refusal =
  | { readonly why: 'compacted' | 'notReached'; readonly asked: number; readonly known: number }
  | { readonly why: 'diskFull'; readonly message: string };

export type FromDatabase =
  | {
      readonly kind: 'answers';
      readonly answers: readonly { readonly id: number; readonly answer: Answer }[];
      readonly values: Packed;
    }
  | { readonly kind: 'opened'; readonly revision: number }
  | { readonly kind: 'fatal'; readonly message: string };

export function pack(values: readonly (Uint8Array | undefined)[]): Packed {
  const lengths = new Int32Array(values.length);
  let total = 0;
  for (const [index, value] of values.entries()) {
    lengths[index] = value ? value.byteLength : -1;
    total += value?.byteLength ?? 0;
  }
  const bytes = new Uint8Array(total);
  let offset = 0;
  for (const value of values) {
    if (!value) continue;
    bytes.set(value, offset);
    offset += value.byteLength;
  }
  return { lengths, bytes };
}

/** Reads the values of a message one after the other; they are views of its buffer. */
export function unpack({ lengths, bytes }: Packed): () => Uint8Array | undefined {
  let index = 0;
  let offset = 0;
  return () => {
    const length = lengths[index];
    index += 1;
    if (length === undefined || length < 0) return undefined;
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
}
