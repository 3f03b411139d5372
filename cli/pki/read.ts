/** What is known of the certificates on disk. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIPv6, SocketAddress } from 'node:net';
import { messageOf } from '../../base/errors.ts';
import { readIfThere } from './files.ts';
import type { CertificateSpec, ExistingCertificate, Subject } from './plan.ts';

export interface PairFiles {
  readonly cert: string;
  readonly key: string;
}

export interface ExistingPair {
  readonly certificate: X509Certificate | undefined;
  readonly keyPem: string | undefined;
}

/** @throws Error naming the file that is there but is no certificate. */
export function readPair({ cert, key }: PairFiles): ExistingPair {
  const certPem = readIfThere(cert);
  const certificate = certPem === undefined ? undefined : parse(cert, certPem);
  return { certificate, keyPem: readIfThere(key) };
}

function parse(path: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new Error(`${path} is no certificate (${messageOf(error)}): restore or remove it`);
  }
}

/** `ca` signs what is sound; it is undefined for the CA itself. */
export function describeExisting(
  { certificate, keyPem }: ExistingPair,
  ca: X509Certificate | undefined,
): ExistingCertificate | undefined {
  if (!certificate || keyPem === undefined) return undefined;
  return {
    subject: subjectOf(certificate),
    usage: usageOf(certificate),
    names: alternativeNames(certificate),
    notAfter: certificate.validToDate.getTime(),
    isSound: holdsKey(certificate, keyPem) && (!ca || isSignedBy(certificate, ca)),
  };
}

/** One attribute a line: `O=system:nodes`, `CN=system:node:one`. What we issue needs no escapes. */
function subjectOf({ subject }: X509Certificate): Subject {
  const values = (type: string) =>
    subject.split('\n').flatMap((line) => (line.startsWith(type) ? [line.slice(type.length)] : []));
  return { commonName: values('CN=')[0] ?? '', organizations: values('O=') };
}

function usageOf({ ca, keyUsage }: X509Certificate): CertificateSpec['usage'] {
  if (ca) return 'ca';
  return keyUsage?.includes('1.3.6.1.5.5.7.3.1') ? 'server' : 'client';
}

function holdsKey(certificate: X509Certificate, keyPem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false; // Not a key at all: as good as another's.
  }
}

const isSignedBy = (certificate: X509Certificate, ca: X509Certificate) =>
  certificate.checkIssued(ca) && certificate.verify(ca.publicKey);

/** Our names hold no commas or quotes; a certificate whose names do will differ from the plan. */
function alternativeNames({ subjectAltName }: X509Certificate): string[] {
  if (subjectAltName === undefined) return [];
  return subjectAltName
    .split(', ')
    .map((entry) => canonicalName(entry.replace(/^(DNS|IP Address):/, '')));
}

/** IPv6 addresses have many spellings; everything else is its own. */
export function canonicalName(name: string): string {
  return isIPv6(name) ? new SocketAddress({ address: name, family: 'ipv6' }).address : name;
}
