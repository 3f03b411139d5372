/**
 * Protobuf's wire format, read: tags, varints and lengths. Whatever the bytes are, what comes out
 * is a value or a StatusError. https://protobuf.dev/programming-guides/encoding/
 */
import { StatusError } from '../../base/errors.ts';

/** How a field's value is laid out: what the lowest three bits of its tag say. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

export interface Tag {
  readonly number: number;
  readonly wire: number;
}

const numberMax = 2 ** 29 - 1;
const varintBytesMax = 10;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class WireReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  tag(): Tag {
    const key = this.unsigned();
    const number = Math.floor(key / 8);
    if (number === 0 || number > numberMax) throw badProtobuf(`illegal field number ${number}`);
    return { number, wire: key % 8 };
  }

  /** @throws StatusError for what a number cannot hold. */
  unsigned(): number {
    const value = this.#varint();
    if (typeof value === 'number') return value;
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw badProtobuf('length out of range');
    return Number(value);
  }

  /** A negative number is always ten bytes long. Beyond ±2^53 JSON has no whole numbers. */
  integer(): number {
    const value = this.#varint();
    if (typeof value === 'number') return value;
    const signed = Number(BigInt.asIntN(64, value));
    if (!Number.isSafeInteger(signed)) throw badProtobuf('integer out of range');
    return signed;
  }

  boolean(): boolean {
    return Number(this.#varint()) !== 0;
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const length = this.unsigned();
    const start = this.#offset;
    if (length > this.#bytes.length - start) throw truncated();
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  string(): string {
    try {
      return utf8.decode(this.bytes());
    } catch (error) {
      if (error instanceof StatusError) throw error;
      throw badProtobuf('a string is not valid UTF-8');
    }
  }

  /** Passes over the value of a field that nobody asked for. */
  skip(tag: Tag): void {
    if (tag.wire === wire.varint) this.#varint();
    else if (tag.wire === wire.bytes) this.bytes();
    else if (tag.wire === wire.fixed64) this.#advance(8);
    else if (tag.wire === wire.fixed32) this.#advance(4);
    else throw badProtobuf(`illegal wire type ${tag.wire} of field ${tag.number}`);
  }

  #advance(count: number): void {
    if (count > this.#bytes.length - this.#offset) throw truncated();
    this.#offset += count;
  }

  /** A number while it is small, which nearly all are. */
  #varint(): number | bigint {
    let small = 0;
    let big = 0n;
    for (let index = 0; index < varintBytesMax; index += 1) {
      const byte = this.#bytes[this.#offset];
      if (byte === undefined) throw truncated();
      this.#offset += 1;
      const part = byte & 0x7f;
      if (index < 7) small += part * 2 ** (7 * index);
      else big |= BigInt(part) << BigInt(7 * index);
      if (index === varintBytesMax - 1 && byte > 1) break;
      if (byte < 0x80) return index < 7 ? small : big | BigInt(small);
    }
    throw badProtobuf('varint overflow');
  }
}

/** The request is at fault, and this is how. */
export const badProtobuf = (why: string): StatusError =>
  new StatusError('BadRequest', `couldn't decode the protobuf body: ${why}`);

const truncated = () => badProtobuf('unexpected end');
