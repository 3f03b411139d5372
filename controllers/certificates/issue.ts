/** Certificates for requests, signed by the cluster's CA (RFC 5280). */
import {
  createHash,
  createPrivateKey,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { readAll, readValue } from '../../base/der/read.ts';
import {
  bitString,
  boolean,
  context,
  integer,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  time,
} from '../../base/der/write.ts';
import type { Validity } from './plan.ts';
import type { CertificateRequest } from './request.ts';

export interface Authority {
  readonly key: KeyObject;
  readonly endMs: number;
  /** Its name, as it stands in its certificate. */
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
}

/** @throws Error if the key is not the certificate's, or is of a kind that we do not sign with */
export function readAuthority(certificatePem: string, keyPem: string): Authority {
  const certificate = new X509Certificate(certificatePem);
  const key = createPrivateKey(keyPem);
  if (!certificate.checkPrivateKey(key)) {
    throw new Error('the signing key does not belong to the signing certificate');
  }
  algorithmOf(key);
  const [body] = readAll(readValue(certificate.raw));
  // Version, serial number, algorithm, issuer, validity, subject.
  const subject = body && readAll(body)[5];
  if (!subject) throw new Error('the signing certificate is malformed');
  const { publicKey } = certificate;
  return { key, publicKey, subject: subject.whole, endMs: certificate.validToDate.getTime() };
}

/** PEM. `usages` are a CertificateSigningRequest's words; those that X.509 does not have are left. */
export function issueFor(
  request: CertificateRequest,
  authority: Authority,
  { usages, validity }: { readonly usages: readonly string[]; readonly validity: Validity },
): string {
  const { key } = authority;
  const { identifier, hash } = algorithmOf(key);
  const body = sequence(
    context(0, true, integer(Buffer.of(2))), // Version 3.
    integer(serialNumber()),
    identifier,
    authority.subject,
    sequence(time(validity.fromMs), time(validity.untilMs)),
    request.subject,
    request.publicKey.export({ type: 'spki', format: 'der' }),
    context(3, true, sequence(...extensionsOf(request, authority, usages))),
  );
  return pem(sequence(body, identifier, bitString(sign(hash, body, key))));
}

function algorithmOf(key: KeyObject): { identifier: Buffer; hash: string | null } {
  switch (key.asymmetricKeyType) {
    case 'ec':
      return { identifier: sequence(objectIdentifier('1.2.840.10045.4.3.2')), hash: 'sha256' };
    case 'rsa':
      return {
        identifier: sequence(objectIdentifier('1.2.840.113549.1.1.11'), Buffer.of(5, 0)),
        hash: 'sha256',
      };
    case 'ed25519':
      return { identifier: sequence(objectIdentifier('1.3.101.112')), hash: null };
    default:
      throw new Error(`cannot sign with a key of type ${key.asymmetricKeyType}`);
  }
}

/** 127 random bits: positive, and never zero. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

/** The bit of keyUsage (RFC 5280, 4.2.1.3). */
const keyBits: ReadonlyMap<string, number> = new Map([
  ['signing', 0],
  ['digital signature', 0],
  ['content commitment', 1],
  ['key encipherment', 2],
  ['data encipherment', 3],
  ['key agreement', 4],
  ['cert sign', 5],
  ['crl sign', 6],
  ['encipher only', 7],
  ['decipher only', 8],
]);

/** The purpose of extKeyUsage (RFC 5280, 4.2.1.12). */
const purposes: ReadonlyMap<string, string> = new Map([
  ['any', '2.5.29.37.0'],
  ['server auth', '1.3.6.1.5.5.7.3.1'],
  ['client auth', '1.3.6.1.5.5.7.3.2'],
  ['code signing', '1.3.6.1.5.5.7.3.3'],
  ['email protection', '1.3.6.1.5.5.7.3.4'],
  ['s/mime', '1.3.6.1.5.5.7.3.4'],
  ['ipsec end system', '1.3.6.1.5.5.7.3.5'],
  ['ipsec tunnel', '1.3.6.1.5.5.7.3.6'],
  ['ipsec user', '1.3.6.1.5.5.7.3.7'],
  ['timestamping', '1.3.6.1.5.5.7.3.8'],
  ['ocsp signing', '1.3.6.1.5.5.7.3.9'],
]);

function extensionsOf(
  request: CertificateRequest,
  authority: Authority,
  usages: readonly string[],
): Buffer[] {
  const bits = usages.flatMap((usage) => keyBits.get(usage) ?? []);
  const extended = [...new Set(usages.flatMap((usage) => purposes.get(usage) ?? []))].sort();
  const issuer = sequence(context(0, false, keyIdentifier(authority.publicKey)));
  return [
    ...(bits.length > 0 ? [extension('2.5.29.15', true, namedBits(...bits))] : []),
    ...(extended.length > 0
      ? [extension('2.5.29.37', false, sequence(...extended.map(objectIdentifier)))]
      : []),
    extension('2.5.29.19', true, sequence()), // No CA.
    extension('2.5.29.14', false, octetString(keyIdentifier(request.publicKey))),
    extension('2.5.29.35', false, issuer),
    ...(request.names ? [extension('2.5.29.17', false, request.names)] : []),
  ];
}

function extension(type: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [boolean(true)] : [];
  return sequence(objectIdentifier(type), ...critical, octetString(value));
}

const keyIdentifier = (key: KeyObject) =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
