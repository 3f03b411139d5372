/** OIDC discovery: how others check this cluster's service account tokens without asking it. */
import { algorithmOf, keyId, readPublicKey } from '../authentication/pem.ts';
import { sendBytes } from '../http/answer.ts';
import type { Page } from './pages.ts';

export interface OpenIdOptions {
  readonly issuer: string;
  /** PEM, or files that hold it; private keys and certificates do too. */
  readonly keys: readonly string[];
}

/** `address`: `host:port` of this server. */
export function openIdPages({ issuer, keys }: OpenIdOptions, address: string): Map<string, Page> {
  const publicKeys = new Map(keys.map(readPublicKey).map((key) => [keyId(key), key]));
  const set = [...publicKeys].map(([kid, key]) => {
    return { use: 'sig', kid, alg: algorithmOf(key), ...key.export({ format: 'jwk' }) };
  });
  const configuration = {
    issuer,
    jwks_uri: `https://${address}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(set.map(({ alg }) => alg))],
  };
  return new Map([
    ['/.well-known/openid-configuration', page(configuration, 'application/json')],
    ['/openid/v1/jwks', page({ keys: set }, 'application/jwk-set+json')],
  ]);
}

function page(value: object, type: string): Page {
  const bytes = Buffer.from(JSON.stringify(value));
  const headers = { 'cache-control': 'public, max-age=3600' };
  return (exchange) => sendBytes(exchange, 200, { bytes, type, headers });
}
