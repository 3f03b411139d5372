/** Who sends a request. */
import { readFileSync } from 'node:fs';
import type { HttpRequest, ObjectReader, User } from '../request.ts';
import { createCertificateAuthenticator } from './client-certificate.ts';
import { bearerTokenOf, unauthorized } from './credentials.ts';
import { readBundle, readPublicKey } from './pem.ts';
import { createTokenVerifier } from './service-account-token.ts';
import { findToken, parseTokenFile } from './token-file.ts';

export interface AuthenticatorOptions {
  /** PEM bundle of those who sign client certificates; absent: none count. */
  readonly clientCaFile?: string | undefined;
  /** CSV; absent: there are no static tokens. */
  readonly tokenAuthFile?: string | undefined;
  /** Files (or PEM text) of keys that sign service-account tokens; the public half is enough. */
  readonly serviceAccountKeys: readonly string[];
  /** `https://kubernetes.default.svc.cluster.local`: of tokens, and their audience. */
  readonly issuer: string;
  readonly reader: ObjectReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export type Authenticator = (request: HttpRequest) => Promise<User>;

export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/**
 * Reads the files once. As upstream, a certificate goes before a token, and a token can still
 * save a request whose certificate nobody knows.
 *
 * The authenticator rejects with Unauthorized for credentials that are no good; without any the
 * user is anonymous, which is for authorization to judge.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { clientCaFile, tokenAuthFile, issuer, reader, now } = options;
  const byCertificate = createCertificateAuthenticator(
    clientCaFile === undefined ? [] : readBundle(clientCaFile),
    now,
  );
  const tokens =
    tokenAuthFile === undefined ? [] : parseTokenFile(readFileSync(tokenAuthFile, 'utf8'));
  const keys = options.serviceAccountKeys.map(readPublicKey);
  const verify = createTokenVerifier({ keys, issuer, audiences: [issuer], reader, now });

  return async (request) => {
    const token = bearerTokenOf(request);
    const certified = byCertificate(request);
    if (certified !== undefined && certified !== 'invalid') return certified;
    if (token !== undefined) {
      const user = findToken(tokens, token) ?? (await verify(token));
      if (user) return user;
    }
    if (token !== undefined || certified === 'invalid') throw unauthorized();
    return anonymous;
  };
}
