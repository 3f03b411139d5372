/**
 * Service-account tokens (KEP-1205): signed by us, for us, not yet over, and of an account (and a
 * pod, secret or node, where bound) that still exists.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { type JWTPayload, jwtVerify } from 'jose';
import type { KubeObject } from '../../api/resource.ts';
import { nodes } from '../../api/resources/node.ts';
import { pods } from '../../api/resources/pod.ts';
import { secrets } from '../../api/resources/secret.ts';
import { serviceAccounts } from '../../api/resources/service-account.ts';
import type { ObjectReader, User } from '../request.ts';
import { algorithmOf, keyId } from './pem.ts';

export interface TokenOptions {
  readonly keys: readonly KeyObject[];
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly reader: ObjectReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** An object as a token names it. */
interface Reference {
  readonly name: string;
  readonly uid: string;
}

/** What a token of ours says. */
export interface Claims {
  readonly namespace: string;
  readonly serviceaccount: Reference;
  readonly pod?: Reference;
  readonly secret?: Reference;
  readonly node?: Reference;
}

interface Verified {
  readonly user: User;
  readonly claims: Claims;
  readonly endsAt: number; // Milliseconds.
}

/** Signatures take 0.3 ms to check, so tokens once verified are remembered by their hash. */
const rememberedMax = 10_000;
/** As upstream: a pod that ends may still say goodbye. */
const graceMs = 60_000;

export function createTokenVerifier(
  options: TokenOptions,
): (token: string) => Promise<User | undefined> {
  const remembered = new Map<string, Verified>();
  return async (token) => {
    const hash = createHash('sha256').update(token).digest('base64');
    const known = remembered.get(hash) ?? (await verify(token, options));
    if (!known || known.endsAt <= options.now()) {
      remembered.delete(hash);
      return undefined;
    }
    if (!remembered.has(hash)) {
      // The oldest goes: a Map keeps the order in which things came.
      const [oldest] = remembered.keys();
      if (remembered.size >= rememberedMax && oldest !== undefined) remembered.delete(oldest);
      remembered.set(hash, known);
    }
    // Never remembered: a token ends with what it is bound to.
    return isAlive(known.claims, options) ? known.user : undefined;
  };
}

async function verify(token: string, options: TokenOptions): Promise<Verified | undefined> {
  const { issuer, audiences, now } = options;
  for (const key of candidates(token, options.keys)) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [algorithmOf(key)],
        issuer,
        audience: [...audiences],
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(now()),
      });
      return toVerified(payload);
    } catch {
      // Another key may fit; if none does, the token is nobody's.
    }
  }
  return undefined;
}

/** The key that the token names, or all when it names none. */
function candidates(token: string, keys: readonly KeyObject[]): readonly KeyObject[] {
  const header = parseHeader(token);
  if (header === undefined) return [];
  return header.kid === undefined ? keys : keys.filter((key) => keyId(key) === header.kid);
}

function parseHeader(token: string): { kid?: unknown } | undefined {
  try {
    const text = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8');
    const header: unknown = JSON.parse(text);
    return header !== null && typeof header === 'object' ? header : undefined;
  } catch {
    return undefined;
  }
}

function toVerified(payload: JWTPayload): Verified | undefined {
  const claims = payload['kubernetes.io'] as Partial<Claims> | undefined;
  const { namespace, serviceaccount: account } = claims ?? {};
  if (!namespace || !account?.name || !account.uid) return undefined;
  const name = `system:serviceaccount:${namespace}:${account.name}`;
  if (payload.sub !== name || payload.exp === undefined) return undefined;
  const user = {
    name,
    uid: account.uid,
    groups: [
      'system:serviceaccounts',
      `system:serviceaccounts:${namespace}`,
      'system:authenticated',
    ],
    extra: extraOf(claims as Claims, payload.jti),
  };
  return { user, claims: claims as Claims, endsAt: payload.exp * 1000 };
}

function extraOf({ pod, node }: Claims, jti: string | undefined): Record<string, string[]> {
  const prefix = 'authentication.kubernetes.io';
  return {
    ...(jti !== undefined && { [`${prefix}/credential-id`]: [`JTI=${jti}`] }),
    ...(pod && { [`${prefix}/pod-name`]: [pod.name], [`${prefix}/pod-uid`]: [pod.uid] }),
    ...(node && { [`${prefix}/node-name`]: [node.name], [`${prefix}/node-uid`]: [node.uid] }),
  };
}

function isAlive(claims: Claims, { reader, now }: TokenOptions): boolean {
  const { namespace, serviceaccount, pod, secret, node } = claims;
  const isThere = (object: KubeObject | undefined, { uid }: Reference) =>
    object?.metadata?.uid === uid && !isLongDeleted(object, now());
  if (!isThere(reader.get(serviceAccounts, serviceaccount.name, namespace), serviceaccount)) {
    return false;
  }
  if (pod) return isThere(reader.get(pods, pod.name, namespace), pod);
  if (secret) return isThere(reader.get(secrets, secret.name, namespace), secret);
  // Beside a pod the node only says where that runs, so it is looked up only by itself.
  return !node || isThere(reader.get(nodes, node.name), node);
}

function isLongDeleted({ metadata }: KubeObject, now: number): boolean {
  const { deletionTimestamp } = metadata ?? {};
  return deletionTimestamp !== undefined && Date.parse(deletionTimestamp) + graceMs < now;
}
