/**
 * Tokens that lie in Secrets of the type kubernetes.io/service-account-token. They end only with
 * their Secret or their account.
 */
import { timingSafeEqual } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { secrets } from '../../api/resources/secret.ts';
import { serviceAccounts } from '../../api/resources/service-account.ts';
import type { Secret } from '../../api/types/core-v1.generated.ts';
import type { ObjectReader } from '../request.ts';
import {
  accountName,
  accountUser,
  claimsIssuer,
  rememberTokens,
  type SignedOptions,
  verifySignature,
} from './signed-token.ts';
import type { TokenAuthenticator } from './token-authenticator.ts';

export const legacyIssuer = 'kubernetes/serviceaccount';
export const tokenSecretType = 'kubernetes.io/service-account-token';
const invalidSince = 'kubernetes.io/legacy-token-invalid-since';
const prefix = 'kubernetes.io/serviceaccount';

export interface LegacyOptions {
  readonly keys: SignedOptions['keys'];
  readonly reader: ObjectReader;
}

/** What such a token is of. */
interface Named {
  readonly namespace: string;
  readonly secret: string;
  readonly name: string;
  readonly uid: string;
}

/** What such a token says, for whoever signs one. */
export const legacyClaims = ({ namespace, secret, name, uid }: Named): JWTPayload => ({
  iss: legacyIssuer,
  sub: accountName(namespace, name),
  [`${prefix}/namespace`]: namespace,
  [`${prefix}/secret.name`]: secret,
  [`${prefix}/service-account.name`]: name,
  [`${prefix}/service-account.uid`]: uid,
});

export function createLegacyTokens({ keys, reader }: LegacyOptions): TokenAuthenticator {
  const options = { keys, issuer: legacyIssuer };
  const verify = rememberTokens(async (token) => toNamed(await verifySignature(token, options)));
  return {
    name: 'secrets of service accounts',
    async authenticate(token) {
      if (!claimsIssuer(token, legacyIssuer)) return undefined;
      const named = await verify(token);
      const { namespace, secret: secretName, name, uid } = named;
      const secret = reader.get(secrets, secretName, namespace);
      checkSecret(secret, token);
      const account = reader.get(serviceAccounts, name, namespace);
      if (account?.metadata?.uid !== uid || account.metadata.deletionTimestamp) {
        throw new Error(`ServiceAccount ${namespace}/${name} has been deleted`);
      }
      const isOld = account.secrets?.some((each) => each.name === secretName) ?? false;
      return { user: accountUser(named), ...(isOld && { warning: oldWarning }) };
    },
  };
}

const oldWarning =
  'Use tokens from the TokenRequest API or manually created secret-based tokens instead of ' +
  'auto-generated secret-based tokens.';

/** @throws Error when the Secret is gone, holds another token, or is marked as no longer valid */
function checkSecret(secret: Secret | undefined, token: string): void {
  if (!secret || secret.metadata?.deletionTimestamp) throw new Error('Token has been invalidated');
  const held = Buffer.from(secret.data?.token ?? '', 'base64');
  const shown = Buffer.from(token);
  if (held.length !== shown.length || !timingSafeEqual(held, shown)) {
    throw new Error("Token does not match server's copy");
  }
  if (!secret.metadata?.labels?.[invalidSince]) return;
  const { namespace, name } = secret.metadata;
  throw new Error(`the token in secret ${namespace}/${name} has been marked invalid`);
}

/** @throws Error for a token that says too little, or one thing and another */
function toNamed(payload: JWTPayload): Named {
  const read = (claim: string) => {
    const value = payload[`${prefix}/${claim}`];
    if (typeof value !== 'string' || value === '') throw new Error(`${claim} claim is missing`);
    return value;
  };
  const named = {
    namespace: read('namespace'),
    secret: read('secret.name'),
    name: read('service-account.name'),
    uid: read('service-account.uid'),
  };
  if (payload.sub !== accountName(named.namespace, named.name)) {
    throw new Error('sub claim is invalid');
  }
  return named;
}
