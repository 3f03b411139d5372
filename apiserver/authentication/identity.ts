/** All of authentication by its flags: who asks, who a token is of, and who makes tokens. */
import {
  type ConfigOf,
  type FlagTable,
  integer,
  list,
  oneOf,
  optionalText,
  text,
  toggle,
} from '../../base/config.ts';
import type { Maker } from '../call.ts';
import type { ObjectReader } from '../request.ts';
import { type Authenticator, createAuthenticator } from './authenticate.ts';
import type { TokenAuthenticator } from './token-authenticator.ts';
import { createSigner, createTokenIssuer } from './token-issuer.ts';
import type { Sign } from './token-secrets.ts';
import { createTokenAuthenticators } from './tokens.ts';

export const identityFlags = {
  'client-ca-file': optionalText('Whose client certificates are trusted.', 'FILE'),
  'token-auth-file': optionalText('Static tokens: token,user,uid,"group,group".', 'FILE'),
  'enable-bootstrap-token-auth': toggle(
    'Know machines by the bootstrap tokens of kube-system.',
    true,
  ),
  'anonymous-auth': oneOf(
    'Who needs no credentials: all, none, or those who ask for health and version.',
    ['health', 'true', 'false'],
    'health',
  ),
  'api-audiences': list('What tokens must be for. Empty: the issuer.', [], 'URL,URL'),
  'service-account-key-file': list('Keys that service account tokens may be signed with.'),
  'service-account-signing-key-file': optionalText('The key that signs new tokens.', 'FILE'),
  'service-account-issuer': text(
    'Who the tokens say has made them.',
    'https://kubernetes.default.svc.cluster.local',
    'URL',
  ),
  // Upstream extends by default, for clients that read their token only once (CIS 1.2.30).
  'service-account-extend-token-expiration': toggle('Let the tokens of pods last for a year.'),
  'service-account-max-token-expiration': integer(
    'No token lasts longer than so many seconds; 0 is as long as it asks for.',
    0,
  ),
} satisfies FlagTable;

export interface IdentityDeps {
  readonly reader: ObjectReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Identity {
  readonly authenticate: Authenticator;
  readonly tokens: readonly TokenAuthenticator[];
  readonly apiAudiences: readonly string[];
  /** Of `serviceaccounts/token`; undefined without a key to sign with. */
  readonly issueToken: Maker | undefined;
  readonly signToken: Sign | undefined;
}

/** Reads the files once. @throws Error when one cannot be read */
export function createIdentity(
  config: ConfigOf<typeof identityFlags>,
  { reader, now }: IdentityDeps,
): Identity {
  const issuer = config.serviceAccountIssuer;
  const apiAudiences = config.apiAudiences.length > 0 ? config.apiAudiences : [issuer];
  const tokens = createTokenAuthenticators({
    tokenAuthFile: config.tokenAuthFile,
    serviceAccountKeys: config.serviceAccountKeyFile,
    issuer,
    hasBootstrapTokens: config.enableBootstrapTokenAuth,
    reader,
    now,
  });
  const authenticate = createAuthenticator({
    clientCaFile: config.clientCaFile,
    tokens,
    apiAudiences,
    anonymous: config.anonymousAuth,
    now,
  });
  const signingKeyFile = config.serviceAccountSigningKeyFile;
  const signToken = signingKeyFile === undefined ? undefined : createSigner(signingKeyFile);
  const issueToken =
    signToken &&
    createTokenIssuer({
      sign: signToken,
      issuer,
      apiAudiences,
      secondsMax: config.serviceAccountMaxTokenExpiration || undefined,
      extends: config.serviceAccountExtendTokenExpiration,
      reader,
      now,
    });
  return { authenticate, tokens, apiAudiences, issueToken, signToken };
}
