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
  #offset: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#end;
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
    const start = this.#pass();
    return this.#bytes.subarray(start, this.#offset);
  }

  /** Of a message inside. Views cost more than most messages are long, so it reads the same bytes. */
  inner(): WireReader {
    const start = this.#pass();
    return new WireReader(this.#bytes, start, this.#offset);
  }

  string(): string {
    const bytes = this.bytes();
    if (bytes.length === 0) return '';
    try {
      return utf8.decode(bytes);
    } catch {
      throw badProtobuf('a string is not valid UTF-8');
    }
  }

  /** Passes over the value of a field that nobody asked for. */
  skip(tag: Tag): void {
    if (tag.wire === wire.varint) this.#varint();
    else if (tag.wire === wire.bytes) this.#pass();
    else if (tag.wire === wire.fixed64) this.#advance(8);
    else if (tag.wire === wire.fixed32) this.#advance(4);
    else throw badProtobuf(`illegal wire type ${tag.wire} of field ${tag.number}`);
  }

  /** Goes past a length and what it counts; where that began. */
  #pass(): number {
    const length = this.unsigned();
    const start = this.#offset;
    this.#advance(length);
    return start;
  }

  #advance(count: number): void {
    if (count > this.#end - this.#offset) throw truncated();
    this.#offset += count;
  }

  /** A number while it is small, which nearly all are. */
  #varint(): number | bigint {
    const first = this.#bytes[this.#offset] ?? 0;
    if (first < 0x80 && this.#offset < this.#end) {
      this.#offset += 1;
      return first;
    }
    let small = 0;
    let big = 0n;
    for (let index = 0; index < varintBytesMax; index += 1) {
      if (this.#offset >= this.#end) throw truncated();
      const byte = this.#bytes[this.#offset]!;
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
