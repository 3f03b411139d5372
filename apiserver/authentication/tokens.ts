/** All the ways to know somebody by a bearer token, in the order in which they are tried. */
import { readFileSync } from 'node:fs';
import type { ObjectReader } from '../request.ts';
import { createBootstrapTokens } from './bootstrap-token.ts';
import { createLegacyTokens } from './legacy-token.ts';
import { readPublicKey } from './pem.ts';
import { createAccountTokens } from './service-account-token.ts';
import type { TokenAuthenticator } from './token-authenticator.ts';
import { findToken, parseTokenFile } from './token-file.ts';

export interface TokensOptions {
  /** CSV; absent: there are no static tokens. */
  readonly tokenAuthFile?: string | undefined;
  /** Files (or PEM text) of keys that sign service-account tokens; the public half is enough. */
  readonly serviceAccountKeys: readonly string[];
  /** `https://kubernetes.default.svc.cluster.local` */
  readonly issuer: string;
  readonly hasBootstrapTokens?: boolean;
  readonly reader: ObjectReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Reads the files once. */
export function createTokenAuthenticators(options: TokensOptions): TokenAuthenticator[] {
  const { tokenAuthFile, issuer, reader, now } = options;
  const keys = options.serviceAccountKeys.map(readPublicKey);
  return [
    ...(tokenAuthFile === undefined ? [] : [createStaticTokens(tokenAuthFile)]),
    createLegacyTokens({ keys, reader }),
    createAccountTokens({ keys, issuer, reader, now }),
    ...(options.hasBootstrapTokens ? [createBootstrapTokens({ reader, now })] : []),
  ];
}

function createStaticTokens(file: string): TokenAuthenticator {
  const known = parseTokenFile(readFileSync(file, 'utf8'));
  return {
    name: 'token file',
    authenticate: (token) => {
      const user = findToken(known, token);
      return user && { user };
    },
  };
}
