/** Keys and certificates that come as PEM, or as the file that holds it. */
import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** PEM text as it is; anything else is the path of a file. */
export function readPem(textOrFile: string | Buffer): string {
  const text = String(textOrFile);
  return text.includes('-----BEGIN ') ? text : readFileSync(text, 'utf8');
}

/** Every certificate of a bundle. @throws Error when there is none */
export function readBundle(textOrFile: string | Buffer): X509Certificate[] {
  const blocks = readPem(textOrFile).match(certificateBlock) ?? [];
  if (blocks.length === 0) throw new Error(`${textOrFile} holds no certificate`);
  return blocks.map((block) => new X509Certificate(block));
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A public key from a public or private key or a certificate. */
export const readPublicKey = (textOrFile: string | Buffer): KeyObject =>
  createPublicKey(readPem(textOrFile));

/** How upstream names a signing key in a token's `kid`. */
export const keyId = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');

/** The one algorithm that a signing key is for. @throws Error for keys that sign no tokens */
export function algorithmOf(key: KeyObject): 'ES256' | 'RS256' {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === 'ec' && curve === 'prime256v1') return 'ES256';
  throw new Error('service-account keys are RSA or P-256');
}
