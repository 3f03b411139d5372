/** Reads ASN.1 in DER, as `write.ts` writes it. Pure. */

export interface Value {
  readonly tag: number; // Its first byte.
  readonly content: Buffer;
  /** Tag and length included. */
  readonly whole: Buffer;
}

/** @throws Error for what is cut short */
export function readValue(bytes: Buffer, start = 0): Value {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined) throw new Error('DER: value is cut short');
  const width = first < 0x80 ? 0 : first & 0x7f;
  if (width > 4 || (width === 0 && first >= 0x80)) throw new Error('DER: length is no length');
  const from = start + 2 + width;
  if (from > bytes.length) throw new Error('DER: value is cut short');
  const size = width === 0 ? first : bytes.readUIntBE(start + 2, width);
  if (from + size > bytes.length) throw new Error('DER: value is cut short');
  const end = from + size;
  return { tag, content: bytes.subarray(from, end), whole: bytes.subarray(start, end) };
}

/** The values that a SEQUENCE, a SET or an explicit tag holds. */
export function readAll({ content }: Value): Value[] {
  const found: Value[] = [];
  for (let at = 0; at < content.length; ) {
    const value = readValue(content, at);
    found.push(value);
    at += value.whole.length;
  }
  return found;
}

/** `1.2.840.10045.4.3.2` */
export function readObjectIdentifier({ content }: Value): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const head = Math.min(2, Math.floor(first / 40));
  return [head, first - head * 40, ...rest].join('.');
}

/** The bytes of a BIT STRING of whole bytes. */
export const readBits = ({ content }: Value): Buffer => content.subarray(1);
