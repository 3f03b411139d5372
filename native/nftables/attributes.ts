/** Writes netlink attributes: type, length, value, padded to four bytes; values may hold others. */

const headerBytes = 4;
const nestedFlag = 0x8000;
const startBytes = 1024;

/** Grows as it is written to. Numbers are big-endian, as all of nf_tables' are. */
export class Attributes {
  #bytes = Buffer.allocUnsafe(startBytes);
  #length = 0;

  u32(type: number, value: number): this {
    const at = this.#open(type, 4);
    this.#bytes.writeUInt32BE(value >>> 0, at);
    return this;
  }

  u64(type: number, value: bigint): this {
    const at = this.#open(type, 8);
    this.#bytes.writeBigUInt64BE(value, at);
    return this;
  }

  /** Ends with a zero byte, as names do. */
  text(type: number, value: string): this {
    const size = Buffer.byteLength(value);
    const at = this.#open(type, size + 1);
    this.#bytes.write(value, at);
    this.#bytes[at + size] = 0;
    return this;
  }

  bytes(type: number, value: Uint8Array): this {
    const at = this.#open(type, value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** A character a byte (latin1). */
  binary(type: number, value: string): this {
    const at = this.#open(type, value.length);
    this.#bytes.write(value, at, 'latin1');
    return this;
  }

  /** Whole attributes, as they were read. */
  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  nested(type: number, write: (inside: this) => void): this {
    const start = this.#length;
    this.#reserve(headerBytes);
    this.#length += headerBytes;
    write(this);
    // The whole length: what is inside is padded already.
    writeHeader(this.#bytes, start, this.#length - start, type | nestedFlag);
    return this;
  }

  /** A value in a list of one (`NFTA_LIST_ELEM`, `NFTA_DATA_VALUE`), a character a byte: the same
   *  as two calls, where it is done by the ten thousand. */
  boxed(type: number, value: string): this {
    const size = value.length;
    const padded = (size + 3) & ~3;
    this.#reserve(2 * headerBytes + padded);
    const bytes = this.#bytes;
    let at = this.#length;
    writeHeader(bytes, at, 2 * headerBytes + padded, type | nestedFlag);
    writeHeader(bytes, at + headerBytes, headerBytes + size, 1);
    at += 2 * headerBytes;
    for (let index = 0; index < size; index++) bytes[at + index] = value.charCodeAt(index);
    for (let index = size; index < padded; index++) bytes[at + index] = 0;
    this.#length = at + padded;
    return this;
  }

  get length(): number {
    return this.#length;
  }

  /** What has been written, behind `prefix`. */
  finish(prefix: Uint8Array): Buffer {
    return Buffer.concat([prefix, this.#bytes.subarray(0, this.#length)]);
  }

  /** Writes a header and gives the place of `size` value bytes, whose padding is zero. */
  #open(type: number, size: number): number {
    const padded = (size + 3) & ~3;
    this.#reserve(headerBytes + padded);
    const at = this.#length + headerBytes;
    writeHeader(this.#bytes, this.#length, headerBytes + size, type);
    for (let index = size; index < padded; index++) this.#bytes[at + index] = 0;
    this.#length = at + padded;
    return at;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const bigger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + size));
    this.#bytes.copy(bigger, 0, 0, this.#length);
    this.#bytes = bigger;
  }
}

function writeHeader(bytes: Buffer, at: number, length: number, type: number): void {
  bytes[at] = length & 0xff;
  bytes[at + 1] = length >> 8;
  bytes[at + 2] = type & 0xff;
  bytes[at + 3] = type >> 8;
}

/** The attributes in `bytes`, by type; of several with one type the last. Values are views. */
export function readAttributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (const { type, value } of listAttributes(bytes)) found.set(type, value);
  return found;
}

/** @throws Error when the bytes are not whole attributes. */
export function listAttributes(bytes: Buffer): { type: number; value: Buffer }[] {
  const found = [];
  for (let offset = 0; offset + headerBytes <= bytes.length; ) {
    const length = bytes.readUInt16LE(offset);
    if (length < headerBytes || offset + length > bytes.length) {
      throw new Error(`a netlink attribute is cut at byte ${offset} of ${bytes.length}`);
    }
    const type = bytes.readUInt16LE(offset + 2) & 0x3fff;
    found.push({ type, value: bytes.subarray(offset + headerBytes, offset + length) });
    offset += (length + 3) & ~3;
  }
  return found;
}
