/** Whom a certificate is asked for: the subject of a PKCS #10 request, and nothing more of it. */
import { decodeText, parsePem } from '../../api/validation/pem.ts';

export interface RequestSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** `request` is as in a CertificateSigningRequest. @throws Error for what is no such request */
export function subjectOfRequest(request: string): RequestSubject {
  const [block] = parsePem(decodeText(request));
  if (block?.label !== 'CERTIFICATE REQUEST') {
    throw new Error('PEM block type must be CERTIFICATE REQUEST');
  }
  const [info] = childrenOf(readOne(Buffer.from(block.bytes)));
  const [, subject] = childrenOf(info);
  const attributes = childrenOf(subject).flatMap(childrenOf).map(childrenOf);
  const textsOf = (oid: string) =>
    attributes
      .filter(([type]) => type?.content.toString('hex') === oid)
      .map(([, value]) => value?.content.toString('utf8') ?? '');
  // As upstream: of several names the last.
  return { commonName: textsOf(commonName).at(-1) ?? '', organizations: textsOf(organization) };
}

const commonName = '550403'; // 2.5.4.3
const organization = '55040a'; // 2.5.4.10

interface Value {
  readonly content: Buffer;
  readonly end: number; // Where the next value begins.
}

/** A DER value: its tag, its length, its content. */
function readOne(bytes: Buffer, start = 0): Value {
  const first = bytes[start + 1];
  if (first === undefined) throw new Error('malformed request');
  const isLong = first >= 0x80;
  const sizeBytes = isLong ? first & 0x7f : 0;
  if (sizeBytes > 4 || start + 2 + sizeBytes > bytes.length) throw new Error('malformed request');
  const size = isLong && sizeBytes > 0 ? bytes.readUIntBE(start + 2, sizeBytes) : first;
  const from = start + 2 + sizeBytes;
  if (from + size > bytes.length) throw new Error('malformed request');
  return { content: bytes.subarray(from, from + size), end: from + size };
}

function childrenOf(value: Value | undefined): Value[] {
  if (!value) throw new Error('malformed request');
  const found: Value[] = [];
  for (let at = 0; at < value.content.length; ) {
    const child = readOne(value.content, at);
    found.push(child);
    at = child.end;
  }
  return found;
}
