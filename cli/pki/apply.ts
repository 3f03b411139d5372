/** Makes the certificates that an instance lacks, and leaves alone those it has. */
import { createPrivateKey, createPublicKey, type X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Issuer, KeyPair } from './certificate.ts';
import { ensurePrivateDirectory, readIfThere, writeFiles } from './files.ts';
import {
  authority,
  type CertificateSpec,
  type PkiSettings,
  planCertificates,
  reasonToIssue,
} from './plan.ts';
import { canonicalName, describeExisting, type PairFiles, readPair } from './read.ts';

export type { PairFiles } from './read.ts';

/** Where everything lies. Each pair is a PEM certificate and its PKCS#8 key. */
export interface PkiPaths {
  readonly dir: string;
  readonly ca: PairFiles;
  readonly apiserver: PairFiles;
  readonly apiserverKubeletClient: PairFiles;
  readonly admin: PairFiles;
  readonly controllerManager: PairFiles;
  readonly scheduler: PairFiles;
  readonly proxy: PairFiles;
  readonly dns: PairFiles;
  readonly agent: PairFiles; // The node as a client of the API server.
  readonly kubelet: PairFiles; // The node as a server.
  readonly serviceAccount: { readonly publicKey: string; readonly privateKey: string };
}

export interface EnsurePkiOptions extends PkiSettings {
  readonly dir: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of each certificate that is made, and why. */
  readonly onIssue?: (name: string, reason: string) => void;
}

export function pkiPaths(dir: string): PkiPaths {
  const pair = (name: string) => ({
    cert: join(dir, `${name}.crt`),
    key: join(dir, `${name}.key`),
  });
  return {
    dir,
    ca: pair('ca'),
    apiserver: pair('apiserver'),
    apiserverKubeletClient: pair('apiserver-kubelet-client'),
    admin: pair('admin'),
    controllerManager: pair('controller-manager'),
    scheduler: pair('scheduler'),
    proxy: pair('proxy'),
    dns: pair('dns'),
    agent: pair('agent'),
    kubelet: pair('kubelet'),
    serviceAccount: { publicKey: join(dir, 'sa.pub'), privateKey: join(dir, 'sa.key') },
  };
}

/**
 * Every certificate is there, valid for 30 days or more, and names what it should.
 *
 * A CA that nears its end is renewed on its own key, so that what it signed stays valid.
 * @throws Error when the CA's key is lost: a new CA would lock out every client and node.
 */
export async function ensurePki(options: EnsurePkiOptions): Promise<PkiPaths> {
  const { dir } = options;
  ensurePrivateDirectory(dir);
  const ca = await ensureAuthority(options);
  await Promise.all([ensureLeaves(options, ca), ensureServiceAccountKey(dir)]);
  return pkiPaths(dir);
}

interface Authority {
  /** Undefined when it was made just now, so that nothing on disk can be its work. */
  readonly certificate: X509Certificate | undefined;
  readonly keyPem: string;
}

async function ensureAuthority({ dir, now, onIssue }: EnsurePkiOptions): Promise<Authority> {
  const files = pkiPaths(dir).ca;
  const existing = readPair(files);
  const { certificate, keyPem } = existing;
  if (certificate && keyPem === undefined) {
    throw new Error(`${files.key} is missing beside ${files.cert}: restore it from a backup`);
  }
  const reason = reasonToIssue(authority, describeExisting(existing, undefined), now());
  if (reason === undefined && keyPem !== undefined) return { certificate, keyPem };

  onIssue?.(authority.name, reason ?? '');
  const x509 = await import('./certificate.ts');
  const key = keyPem === undefined ? x509.generateKey() : keyPairOf(keyPem);
  const issuer = { subject: authority.subject, key };
  const made = {
    cert: x509.issueCertificate(authority, { key, issuer, now: now() }),
    key: x509.privateKeyPem(key.privateKey),
  };
  await writeFiles(pairFiles(files, made));
  return keyPem === undefined
    ? { certificate: undefined, keyPem: made.key }
    : { certificate: readPair(files).certificate, keyPem };
}

async function ensureLeaves(options: EnsurePkiOptions, ca: Authority): Promise<void> {
  const now = options.now();
  const wanted = planCertificates(options).map((plan) => {
    const spec = { ...plan, names: plan.names.map(canonicalName) };
    const files = filesOf(options.dir, spec);
    const found = ca.certificate && describeExisting(readPair(files), ca.certificate);
    return { spec, files, reason: reasonToIssue(spec, found, now) };
  });
  const missing = wanted.filter(({ reason }) => reason !== undefined);
  if (missing.length === 0) return;
  const { generateKey, issueCertificate, privateKeyPem } = await import('./certificate.ts');
  const issuer = issuerOf(ca.keyPem);
  const files = missing.flatMap(({ spec, files, reason = '' }) => {
    options.onIssue?.(spec.name, reason);
    const key = generateKey();
    const cert = issueCertificate(spec, { key, issuer, now });
    return pairFiles(files, { cert, key: privateKeyPem(key.privateKey) });
  });
  await writeFiles(files);
}

/** The key that signs service-account tokens. The public half can always be had from it. */
async function ensureServiceAccountKey(dir: string): Promise<void> {
  const { publicKey, privateKey } = pkiPaths(dir).serviceAccount;
  const privatePem = readIfThere(privateKey);
  if (privatePem !== undefined && readIfThere(publicKey) !== undefined) return;
  const x509 = await import('./certificate.ts');
  const pair = privatePem === undefined ? x509.generateKey() : keyPairOf(privatePem);
  await writeFiles([
    { path: privateKey, text: x509.privateKeyPem(pair.privateKey), mode: 0o600 },
    { path: publicKey, text: x509.publicKeyPem(pair.publicKey), mode: 0o644 },
  ]);
}

const filesOf = (dir: string, { name }: CertificateSpec): PairFiles => ({
  cert: join(dir, `${name}.crt`),
  key: join(dir, `${name}.key`),
});

/** The key first: should we die between the two, the old certificate is seen not to fit it. */
const pairFiles = (files: PairFiles, { cert, key }: { cert: string; key: string }) => [
  { path: files.key, text: key, mode: 0o600 },
  { path: files.cert, text: cert, mode: 0o644 },
];

/** The CA as it signs, from its key. */
export function issuerOf(caKeyPem: string): Issuer {
  return { subject: authority.subject, key: keyPairOf(caKeyPem) };
}

function keyPairOf(privatePem: string): KeyPair {
  const privateKey = createPrivateKey(privatePem);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
