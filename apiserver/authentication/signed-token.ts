/** Tokens that this cluster has signed: whether a key of ours made one, and who it says it is of. */
import { createHash, type KeyObject } from 'node:crypto';
import { compactVerify, type JWTPayload } from 'jose';
import type { User } from '../request.ts';
import { algorithmOf, keyId } from './pem.ts';

export interface SignedOptions {
  readonly keys: readonly KeyObject[];
  readonly issuer: string;
}

/** Whether the token says that it is of the issuer; nothing is believed yet. */
export function claimsIssuer(token: string, issuer: string): boolean {
  return parsePart(token.split('.')[1])?.iss === issuer;
}

/**
 * What the token says, if one of our keys has signed it. Its times are for the caller to judge.
 * @throws Error in the promise when none has
 */
export async function verifySignature(
  token: string,
  { keys, issuer }: SignedOptions,
): Promise<JWTPayload> {
  for (const key of candidates(token, keys)) {
    try {
      const { payload } = await compactVerify(token, key, { algorithms: [algorithmOf(key)] });
      const claims = JSON.parse(Buffer.from(payload).toString('utf8')) as JWTPayload;
      if (claims.iss === issuer) return claims;
    } catch {
      // Another key may fit.
    }
  }
  throw new Error('invalid bearer token');
}

/** The key that the token names, or all when it names none. */
function candidates(token: string, keys: readonly KeyObject[]): readonly KeyObject[] {
  const header = parsePart(token.split('.')[0]);
  if (header === undefined) return [];
  return header.kid === undefined ? keys : keys.filter((key) => keyId(key) === header.kid);
}

function parsePart(part: string | undefined): { kid?: unknown; iss?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Signatures take 0.3 ms to check, so tokens once verified are remembered by their hash. */
const rememberedMax = 10_000;

/** Remembers what was made of a token; nothing of it may depend on anything but the token. */
export function rememberTokens<T>(verify: (token: string) => Promise<T>) {
  const remembered = new Map<string, T>();
  return async (token: string): Promise<T> => {
    const hash = createHash('sha256').update(token).digest('base64');
    const known = remembered.get(hash);
    if (known !== undefined) return known;
    const made = await verify(token);
    // The oldest goes: a Map keeps the order in which things came.
    const [oldest] = remembered.keys();
    if (remembered.size >= rememberedMax && oldest !== undefined) remembered.delete(oldest);
    remembered.set(hash, made);
    return made;
  };
}

export const accountName = (namespace: string, name: string): string =>
  `system:serviceaccount:${namespace}:${name}`;

/** A service account as a user. */
export function accountUser(
  { namespace, name, uid }: { namespace: string; name: string; uid: string },
  extra?: Readonly<Record<string, readonly string[]>>,
): User {
  return {
    name: accountName(namespace, name),
    uid,
    groups: [
      'system:serviceaccounts',
      `system:serviceaccounts:${namespace}`,
      'system:authenticated',
    ],
    ...(extra && { extra }),
  };
}
