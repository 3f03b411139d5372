/**
 * Service-account tokens (KEP-1205): signed by us, for us, not yet over, and of an account (and a
 * pod, secret or node, where bound) that still exists.
 */
import type { JWTPayload } from 'jose';
import type { KubeObject } from '../../api/resource.ts';
import { nodes } from '../../api/resources/node.ts';
import { pods } from '../../api/resources/pod.ts';
import { secrets } from '../../api/resources/secret.ts';
import { serviceAccounts } from '../../api/resources/service-account.ts';
import type { ObjectReader, User } from '../request.ts';
import {
  accountName,
  accountUser,
  claimsIssuer,
  rememberTokens,
  type SignedOptions,
  verifySignature,
} from './signed-token.ts';
import type { TokenAuthenticator } from './token-authenticator.ts';

export interface TokenOptions extends SignedOptions {
  readonly reader: ObjectReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** An object as a token names it. */
interface Reference {
  readonly name: string;
  readonly uid?: string; // Absent for the node of a pod when there is no such Node.
}

/** What a token of ours says. */
export interface Claims {
  readonly namespace: string;
  readonly serviceaccount: Reference;
  readonly pod?: Reference;
  readonly secret?: Reference;
  readonly node?: Reference;
  /** In seconds: from then on a client that still shows the token is one that does not renew. */
  readonly warnafter?: number;
}

interface Verified {
  readonly user: User;
  readonly claims: Claims;
  readonly audiences: readonly string[];
  readonly startsAt: number; // Milliseconds.
  readonly endsAt: number;
}

/** As upstream: a pod that ends may still say goodbye. */
const graceMs = 60_000;

export function createAccountTokens(options: TokenOptions): TokenAuthenticator {
  const { issuer, reader, now } = options;
  const verify = rememberTokens(async (token) => toVerified(await verifySignature(token, options)));
  return {
    name: 'service accounts',
    async authenticate(token, wanted) {
      if (!claimsIssuer(token, issuer)) return undefined;
      const { user, claims, audiences, startsAt, endsAt } = await verify(token);
      if (endsAt <= now()) throw new Error('service account token has expired');
      if (startsAt > now() + graceMs) throw new Error('service account token is not valid yet');
      const fitting = wanted.filter((audience) => audiences.includes(audience));
      if (fitting.length === 0) throw wrongAudience(audiences, wanted);
      // Never remembered: a token ends with what it is bound to.
      checkAlive(claims, { reader, now: now() });
      return { user, audiences: fitting };
    },
  };
}

function wrongAudience(actual: readonly string[], wanted: readonly string[]): Error {
  const list = (values: readonly string[]) => values.map((each) => JSON.stringify(each)).join(' ');
  const target = `token audiences [${list(actual)}] is invalid for the target audiences`;
  return new Error(`${target} [${list(wanted)}]`);
}

/** @throws Error for a token that says too little, or one thing and another */
function toVerified(payload: JWTPayload): Verified {
  const claims = payload['kubernetes.io'] as Claims | undefined;
  const { namespace, serviceaccount: account } = claims ?? {};
  const { sub, aud = [], exp, nbf = 0, jti } = payload;
  if (!claims || !namespace || !account?.name || !account.uid) throw new Error('no such claims');
  if (sub !== accountName(namespace, account.name)) throw new Error('sub claim is invalid');
  if (typeof exp !== 'number' || typeof nbf !== 'number') throw new Error('exp claim is missing');
  return {
    user: accountUser({ namespace, name: account.name, uid: account.uid }, extraOf(claims, jti)),
    claims,
    audiences: [aud].flat(),
    startsAt: nbf * 1000,
    endsAt: exp * 1000,
  };
}

function extraOf({ pod, node }: Claims, jti: string | undefined): Record<string, string[]> {
  const prefix = 'authentication.kubernetes.io';
  const name = (kind: string, reference: Reference | undefined) =>
    reference && {
      [`${prefix}/${kind}-name`]: [reference.name],
      ...(reference.uid && { [`${prefix}/${kind}-uid`]: [reference.uid] }),
    };
  return {
    ...(jti !== undefined && { [`${prefix}/credential-id`]: [`JTI=${jti}`] }),
    ...name('pod', pod),
    ...name('node', node),
  };
}

interface Moment {
  readonly reader: ObjectReader;
  readonly now: number;
}

/** @throws Error once the account, or what the token is bound to, is gone */
function checkAlive(claims: Claims, { reader, now }: Moment): void {
  const { namespace, serviceaccount, pod, secret, node } = claims;
  const check = (object: KubeObject | undefined, { uid }: Reference) => {
    const isThere = uid !== undefined && object?.metadata?.uid === uid;
    if (isThere && !isLongDeleted(object, now)) return;
    throw new Error('service account token has been invalidated');
  };
  check(reader.get(serviceAccounts, serviceaccount.name, namespace), serviceaccount);
  if (pod) check(reader.get(pods, pod.name, namespace), pod);
  else if (secret) check(reader.get(secrets, secret.name, namespace), secret);
  // Beside a pod the node only says where that runs, so it is looked up only by itself.
  else if (node) check(reader.get(nodes, node.name), node);
}

function isLongDeleted({ metadata }: KubeObject, now: number): boolean {
  const { deletionTimestamp } = metadata ?? {};
  return deletionTimestamp !== undefined && Date.parse(deletionTimestamp) + graceMs < now;
}
