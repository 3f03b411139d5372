/** What a PKCS #10 request (RFC 2986) asks for. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { SocketAddress } from 'node:net';
import { decodeText, parsePem } from '../../api/validation/pem.ts';
import {
  readAll,
  readBits,
  readObjectIdentifier,
  readValue,
  type Value,
} from '../../base/der/read.ts';

export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** The name as it stands: it goes into the certificate unchanged. */
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  readonly emails: readonly string[];
  readonly uris: readonly string[];
  /** The alternative names as they stand; undefined without any. */
  readonly names: Buffer | undefined;
}

const oids = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  extensionRequest: '1.2.840.113549.1.9.14',
  alternativeNames: '2.5.29.17',
};

/** `request` is as in a CertificateSigningRequest. @throws Error for what is none, or not signed */
export function parseRequest(request: string): CertificateRequest {
  const [block] = parsePem(decodeText(request));
  if (block?.label !== 'CERTIFICATE REQUEST') {
    throw new Error('PEM block type must be CERTIFICATE REQUEST');
  }
  const [info, algorithm, signature] = readAll(readValue(Buffer.from(block.bytes)));
  if (!info || !algorithm || !signature) throw new Error('malformed request');
  const [, subject, key, attributes] = readAll(info);
  if (!subject || !key) throw new Error('malformed request');
  const publicKey = createPublicKey({ key: key.whole, format: 'der', type: 'spki' });
  checkSignature({ info, algorithm, signature, publicKey });
  const names = attributes && findNames(attributes);
  const inName = textsOf(subject);
  return {
    // Of several names the last.
    commonName: inName(oids.commonName).at(-1) ?? '',
    organizations: inName(oids.organization),
    subject: subject.whole,
    publicKey,
    names,
    ...splitNames(names),
  };
}

function textsOf(name: Value): (oid: string) => string[] {
  const attributes = readAll(name).flatMap(readAll).map(readAll);
  return (oid) =>
    attributes
      .filter(([type]) => type && readObjectIdentifier(type) === oid)
      .map(([, value]) => value?.content.toString('utf8') ?? '');
}

const hashes: ReadonlyMap<string, string | null> = new Map([
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.3.101.112', null],
]);

interface Signed {
  readonly info: Value;
  readonly algorithm: Value;
  readonly signature: Value;
  readonly publicKey: KeyObject;
}

/** Who asks must have the key: otherwise anybody could ask for a certificate of another's. */
function checkSignature({ info, algorithm, signature, publicKey }: Signed): void {
  const [type] = readAll(algorithm);
  const hash = type && hashes.get(readObjectIdentifier(type));
  if (hash === undefined) throw new Error('x509: cannot verify signature: algorithm unimplemented');
  if (!verify(hash, info.whole, publicKey, readBits(signature))) {
    throw new Error('x509: the request is not signed with its own key');
  }
}

function findNames(attributes: Value): Buffer | undefined {
  for (const attribute of readAll(attributes)) {
    const [type, values] = readAll(attribute);
    if (!type || !values || readObjectIdentifier(type) !== oids.extensionRequest) continue;
    for (const extension of readAll(values).flatMap(readAll)) {
      const [name, ...rest] = readAll(extension);
      const content = rest.at(-1)?.content;
      if (name && content && readObjectIdentifier(name) === oids.alternativeNames) return content;
    }
  }
  return undefined;
}

/** Context tags of GeneralName (RFC 5280, 4.2.1.6). */
const tags = { email: 0x81, dns: 0x82, uri: 0x86, address: 0x87 };

function splitNames(names: Buffer | undefined) {
  const all = names ? readAll(readValue(names)) : [];
  const of = (wanted: number) => all.filter(({ tag }) => tag === wanted);
  const texts = (wanted: number) => of(wanted).map(({ content }) => content.toString('latin1'));
  return {
    dnsNames: texts(tags.dns),
    emails: texts(tags.email),
    uris: texts(tags.uri),
    addresses: of(tags.address).map(({ content }) => addressOf(content)),
  };
}

function addressOf(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  if (bytes.length !== 16) throw new Error('x509: cannot parse IP address');
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}
