/** Who sends a request. */
import type { HttpRequest, User } from '../request.ts';
import { createCertificateAuthenticator } from './client-certificate.ts';
import { bearerTokenOf, unauthorized } from './credentials.ts';
import { readBundle } from './pem.ts';
import { checkToken, type TokenAuthenticator } from './token-authenticator.ts';

/** Who may ask without credentials: everybody, nobody, or whoever only looks at health and version. */
export type AnonymousMode = 'true' | 'false' | 'health';

export interface AuthenticatorOptions {
  /** PEM bundle of those who sign client certificates; absent: none count. */
  readonly clientCaFile?: string | undefined;
  readonly tokens: readonly TokenAuthenticator[];
  /** What tokens must be for. */
  readonly apiAudiences: readonly string[];
  readonly anonymous: AnonymousMode;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** `warn` is told what the client should know of its credentials. */
export type Authenticator = (request: HttpRequest, warn?: (text: string) => void) => Promise<User>;

export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/**
 * Reads the files once. As upstream, a certificate goes before a token, and a token can still
 * save a request whose certificate nobody knows.
 *
 * The authenticator rejects with Unauthorized for credentials that are no good; without any the
 * user is anonymous where that is allowed, and then a matter of authorization.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { clientCaFile, tokens, apiAudiences, now } = options;
  const byCertificate = createCertificateAuthenticator(
    clientCaFile === undefined ? [] : readBundle(clientCaFile),
    now,
  );
  return async (request, warn) => {
    const token = bearerTokenOf(request);
    const certified = byCertificate(request);
    if (certified !== undefined && certified !== 'invalid') return certified;
    if (token !== undefined) {
      const question = { token, audiences: apiAudiences, apiAudiences };
      const { result } = await checkToken(tokens, question);
      if (result?.warning) warn?.(result.warning);
      if (result) return result.user;
    }
    if (token !== undefined || certified === 'invalid') throw unauthorized();
    if (!mayBeAnonymous(options.anonymous, request.url ?? '/')) throw unauthorized();
    return anonymous;
  };
}

const openPaths = new Set(['/healthz', '/livez', '/readyz', '/version', '/version/']);

function mayBeAnonymous(mode: AnonymousMode, target: string): boolean {
  if (mode === 'health') return openPaths.has(target.split('?', 1)[0] ?? '');
  return mode === 'true';
}
