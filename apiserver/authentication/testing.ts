/** Certificate authorities and certificates for tests, made by a library of others. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const purposes = { client: '1.3.6.1.5.5.7.3.2', server: '1.3.6.1.5.5.7.3.1' };
const dayMs = 86_400_000;

export interface CertificateOptions {
  readonly subject: string; // `O=dev, CN=ann`
  readonly use?: 'client' | 'server' | 'ca' | 'any';
  readonly names?: readonly { readonly type: 'dns' | 'ip'; readonly value: string }[];
  readonly notAfter?: number;
}

export interface TestPair {
  readonly cert: string;
  readonly key: string;
}

export interface TestAuthority extends TestPair {
  issue(options: CertificateOptions): Promise<TestAuthority>;
}

/** A certificate of its own making; `issue` makes those below it. */
export function createAuthority(subject = 'CN=test-ca'): Promise<TestAuthority> {
  return create({ subject, use: 'ca' }, undefined);
}

interface Signer {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

async function create(options: CertificateOptions, signer: Signer | undefined) {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const { use = 'client', names = [], notAfter = Date.now() + dayMs } = options;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: options.subject,
    issuer: signer?.certificate.subject ?? options.subject,
    publicKey: keys.publicKey,
    signingKey: (signer?.keys ?? keys).privateKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(Math.min(Date.now(), notAfter) - dayMs),
    notAfter: new Date(notAfter),
    extensions: [
      new x509.BasicConstraintsExtension(use === 'ca', undefined, true),
      ...(use === 'client' || use === 'server'
        ? [new x509.ExtendedKeyUsageExtension([purposes[use]])]
        : []),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension([...names])] : []),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    cert: `${certificate.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`,
    issue: (below: CertificateOptions): Promise<TestAuthority> =>
      create(below, { certificate, keys }),
  };
}

/** What a CertificateSigningRequest carries: a signed request for a certificate, in base64. */
export async function createRequest(subject: string): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys: keys as webcrypto.CryptoKeyPair,
    signingAlgorithm: algorithm,
  });
  return Buffer.from(`${made.toString('pem')}\n`).toString('base64');
}
