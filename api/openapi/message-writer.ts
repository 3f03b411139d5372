/** Writes protobuf: just what the OpenAPI document needs. */
const encoder = new TextEncoder();
const lengthDelimited = 2;

export class MessageWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** Empty texts are left out, as the zero that they are. */
  text(number: number, value: string | undefined): this {
    return value ? this.bytes(number, encoder.encode(value)) : this;
  }

  texts(number: number, values: readonly string[] = []): this {
    for (const value of values) this.bytes(number, encoder.encode(value));
    return this;
  }

  flag(number: number, value: boolean | undefined): this {
    return value ? this.#add(Uint8Array.of(...varint(number << 3), 1)) : this;
  }

  /** A message inside, or bytes as they are. */
  bytes(number: number, value: Uint8Array | undefined): this {
    if (!value) return this;
    this.#add(Uint8Array.of(...varint((number << 3) | lengthDelimited), ...varint(value.length)));
    return this.#add(value);
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.#length);
    let offset = 0;
    for (const part of this.#parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }

  #add(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}
