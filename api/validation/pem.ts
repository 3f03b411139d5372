/** PEM blocks (RFC 7468), as far as rules need to look into them. */

export interface PemBlock {
  readonly label: string; // CERTIFICATE, CERTIFICATE REQUEST, …
  readonly hasHeaders: boolean;
  readonly bytes: Uint8Array;
}

const pattern = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)-----END \1-----/g;

/** All well-formed blocks of a text; what stands between them is skipped. */
export function parsePem(text: string): PemBlock[] {
  return [...text.matchAll(pattern)].flatMap(([, label = '', body = '']) => {
    const { headers, base64 } = splitBody(body);
    const bytes = decodeBase64(base64);
    return bytes ? [{ label, hasHeaders: headers, bytes }] : [];
  });
}

/** Whether bytes are one DER sequence of exactly three parts: certificates and requests for them
 * are (what is signed, the algorithm, the signature). */
export function isSignedSequence(bytes: Uint8Array): boolean {
  const outer = readElement(bytes, 0);
  if (!outer || outer.tag !== sequenceTag || outer.end !== bytes.length) return false;
  const tags: number[] = [];
  for (let at = outer.start; at < outer.end; ) {
    const part = readElement(bytes, at);
    if (!part || part.end > outer.end || tags.length === 3) return false;
    tags.push(part.tag);
    at = part.end;
  }
  return tags.join() === [sequenceTag, sequenceTag, bitStringTag].join();
}

const sequenceTag = 0x30;
const bitStringTag = 0x03;

function readElement(bytes: Uint8Array, at: number) {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  const width = first < 0x80 ? 0 : first - 0x80;
  if (width > 4) return undefined;
  let length = width === 0 ? first : 0;
  for (let index = 0; index < width; index++) length = length * 256 + (bytes[at + 2 + index] ?? 0);
  const start = at + 2 + width;
  return { tag, start, end: start + length };
}

function splitBody(body: string): { headers: boolean; base64: string } {
  const blank = /^(?:[^\n]*:[^\n]*\n)+\r?\n/.exec(body);
  return { headers: blank !== null, base64: body.slice(blank?.[0].length ?? 0) };
}

/** Undefined for what is no base64 (RFC 4648); white space is skipped. */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Base64 of text, as fields of bytes have it, to that text. Latin-1, which PEM is part of. */
export function decodeText(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return '';
  }
}
