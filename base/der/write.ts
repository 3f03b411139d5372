/**
 * Writes ASN.1 in DER: the few types that an X.509 certificate is made of. Pure.
 *
 * A value is its encoding, tag and length included, so that values nest by concatenation.
 */

/** SEQUENCE. */
export const sequence = (...items: readonly Uint8Array[]): Buffer => tagged(0x30, ...items);

/** SET; with one member only, so DER's order of members never matters. */
export const set = (item: Uint8Array): Buffer => tagged(0x31, item);

export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.of(value ? 0xff : 0));

export const octetString = (bytes: Uint8Array): Buffer => tagged(0x04, bytes);

export const utf8String = (text: string): Buffer => tagged(0x0c, Buffer.from(text, 'utf8'));

/** A BIT STRING of whole bytes. */
export const bitString = (bytes: Uint8Array): Buffer => tagged(0x03, Buffer.of(0), bytes);

/** Named bits (as in keyUsage): trailing zero bits are cut off, as DER demands. */
export function namedBits(...bits: readonly number[]): Buffer {
  const last = Math.max(...bits);
  const bytes = Buffer.alloc((last >> 3) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return tagged(0x03, Buffer.of(7 - (last & 7)), bytes);
}

/** A positive INTEGER from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  // The first bit is the sign.
  const pad = (digits[0] ?? 0) & 0x80 ? [Buffer.of(0)] : [];
  return tagged(0x02, ...pad, digits);
}

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const septets = [arc & 0x7f];
    for (let high = arc >>> 7; high > 0; high >>>= 7) septets.unshift((high & 0x7f) | 0x80);
    return septets;
  });
  return tagged(0x06, Buffer.from(bytes));
}

/** Milliseconds → UTCTime until 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
export function time(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  const isShort = new Date(ms).getUTCFullYear() < 2050;
  return tagged(isShort ? 0x17 : 0x18, Buffer.from(isShort ? digits.slice(2) : digits, 'ascii'));
}

/** `[number]`, for EXPLICIT tags and choices; `constructed` when it holds whole values. */
export function context(number: number, constructed: boolean, content: Uint8Array): Buffer {
  return tagged((constructed ? 0xa0 : 0x80) | number, content);
}

function tagged(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, each) => sum + each.length, 0);
  return Buffer.concat([Buffer.of(tag), lengthBytes(length), ...contents]);
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return Buffer.of(0x80 | bytes.length, ...bytes);
}
