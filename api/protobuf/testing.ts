/** Writes protobuf, for tests: slowly, by the book, and sharing no code with the reader. */

export type Part = readonly [number: number, wire: number, payload: Uint8Array];

/** Any whole number; a negative one as its 64-bit two's complement. */
export function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const more = rest >> 7n;
    bytes.push(Number(rest & 0x7fn) + (more > 0n ? 0x80 : 0));
    rest = more;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

export const join = (...all: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(all.flatMap((bytes) => [...bytes]));

export const message = (...parts: readonly Part[]): Uint8Array =>
  join(...parts.flatMap(([number, wire, payload]) => [varint(number * 8 + wire), payload]));

/** Fields: a number, a text, bytes or a message inside. */
export const int = (number: number, value: number | bigint): Part => [number, 0, varint(value)];
export const bytes = (number: number, value: Uint8Array): Part => [
  number,
  2,
  join(varint(value.length), value),
];
export const text = (number: number, value: string): Part =>
  bytes(number, new TextEncoder().encode(value));
export const inner = (number: number, ...parts: readonly Part[]): Part =>
  bytes(number, message(...parts));

/** A whole body. */
export const body = (apiVersion: string, kind: string, ...parts: readonly Part[]): Uint8Array =>
  envelope(inner(1, text(1, apiVersion), text(2, kind)), inner(2, ...parts), text(3, ''));

export const envelope = (...parts: readonly Part[]): Uint8Array =>
  join(Uint8Array.of(0x6b, 0x38, 0x73, 0), message(...parts));
