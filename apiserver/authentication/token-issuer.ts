/** `serviceaccounts/token`: tokens that end by themselves, and with what they are bound to. */
import { createPrivateKey, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { KubeObject, Resource } from '../../api/resource.ts';
import { nodes } from '../../api/resources/node.ts';
import { pods } from '../../api/resources/pod.ts';
import { secrets } from '../../api/resources/secret.ts';
import { serviceAccounts } from '../../api/resources/service-account.ts';
import type {
  BoundObjectReference,
  TokenRequest,
} from '../../api/types/authentication-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { invalidObject, invalidValue, requiredValue } from '../../api/validation/cause.ts';
import { toTime } from '../../base/clock.ts';
import { StatusError } from '../../base/errors.ts';
import type { Maker } from '../call.ts';
import type { ObjectReader, RequestInfo } from '../request.ts';
import { algorithmOf, keyId, readPem, readPublicKey } from './pem.ts';
import type { Claims } from './service-account-token.ts';
import { accountName } from './signed-token.ts';
import type { Sign } from './token-secrets.ts';

export interface TokenIssuerOptions {
  readonly sign: Sign;
  readonly issuer: string;
  /** What a token is for that names no audiences. */
  readonly apiAudiences: readonly string[];
  /** No token lasts longer; absent: as long as it asks for. */
  readonly secondsMax?: number | undefined;
  /** Whether a pod's token for this server outlives its time by a year, for clients that never
   * read it again. */
  readonly extends?: boolean;
  readonly reader: ObjectReader;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const defaultSeconds = 3600;
const secondsMin = 600;
const secondsLimit = 2 ** 32;

/** What the ServiceAccount plugin asks for in the volumes that it adds: only those are extended. */
const injectedSeconds = 3607;
const extendedSeconds = 365 * 24 * 3600;

export function createTokenIssuer(options: TokenIssuerOptions): Maker {
  const { issuer, reader, now, sign } = options;
  return async ({ info, object, warn }) => {
    const request = checkRequest(object, info);
    const { audiences = [], boundObjectRef } = request.spec!;
    const wanted = audiences.length > 0 ? audiences : [...options.apiAudiences];
    const claims = findClaims(info, boundObjectRef, reader);
    const asked = request.spec!.expirationSeconds ?? defaultSeconds;
    const seconds = Math.min(asked, options.secondsMax ?? asked);
    if (seconds < asked) {
      warn(`requested expiration of ${asked} seconds shortened to ${seconds} seconds`);
    }
    const isKept =
      Boolean(options.extends && claims.pod && seconds === injectedSeconds) &&
      wanted.every((each) => options.apiAudiences.includes(each));
    const at = Math.floor(now() / 1000);
    const token = await sign({
      iss: issuer,
      sub: accountName(info.namespace, info.name),
      aud: wanted,
      iat: at,
      nbf: at,
      exp: at + (isKept ? extendedSeconds : seconds),
      jti: randomUUID(),
      'kubernetes.io': { ...claims, ...(isKept && { warnafter: at + seconds }) },
    });
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: {
        name: info.name,
        namespace: info.namespace,
        creationTimestamp: toTime(now()),
      },
      spec: { ...request.spec, audiences: wanted, expirationSeconds: seconds },
      status: { token, expirationTimestamp: toTime((at + seconds) * 1000) },
    } satisfies TokenRequest;
  };
}

/** Signs claims with the key of a file. */
export function createSigner(keyFile: string): Sign {
  const pem = readPem(keyFile);
  const key = createPrivateKey(pem);
  const publicKey = readPublicKey(pem);
  const header = { alg: algorithmOf(publicKey), kid: keyId(publicKey) };
  return (claims) => new SignJWT({ ...claims }).setProtectedHeader(header).sign(key);
}

function checkRequest(body: KubeObject, info: RequestInfo): TokenRequest {
  const request = body as TokenRequest;
  const { name } = request.metadata ?? {};
  if (name && name !== info.name) {
    const message = `metadata.name "${name}" does not match the name of the service account "${info.name}"`;
    throw new StatusError('BadRequest', message);
  }
  const spec = request.spec ?? {};
  const problems = checkSeconds(spec.expirationSeconds);
  if (problems.length > 0) throw invalidObject(tokenRequestKind, '', problems);
  return { ...request, spec };
}

const tokenRequestKind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };

function checkSeconds(seconds: number | undefined) {
  if (seconds === undefined) return [];
  const refuse = (why: string) => [invalidValue('spec.expirationSeconds', seconds, why)];
  if (seconds < secondsMin) return refuse('may not specify a duration less than 10 minutes');
  if (seconds > secondsLimit) {
    return refuse('may not specify a duration larger than 2^32 seconds');
  }
  return [];
}

/** @throws StatusError NotFound for what is not there, Conflict for another of the same name */
function findClaims(
  { name, namespace }: RequestInfo,
  bound: BoundObjectReference | undefined,
  reader: ObjectReader,
): Claims {
  const account = reader.get(serviceAccounts, name, namespace);
  if (!account) throw notFound('serviceaccounts', name);
  const own = { namespace, serviceaccount: referTo(account) };
  if (!bound) return own;
  const { apiVersion = '', kind = '' } = bound;
  const find = boundKinds.get(`${apiVersion} ${kind}`);
  if (!find) {
    const type = `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`;
    throw new StatusError('BadRequest', `cannot bind token to object of type ${type}`);
  }
  if (!bound.name) {
    const problem = requiredValue('spec.boundObjectRef.name');
    throw invalidObject(tokenRequestKind, '', [problem]);
  }
  return { ...own, ...find({ ...bound, name: bound.name }, { name, namespace, reader }) };
}

interface Place {
  readonly name: string; // Of the ServiceAccount.
  readonly namespace: string;
  readonly reader: ObjectReader;
}
type NamedReference = BoundObjectReference & { readonly name: string };
type BindTo = (bound: NamedReference, place: Place) => Partial<Claims>;

const boundKinds: ReadonlyMap<string, BindTo> = new Map<string, BindTo>([
  ['v1 Pod', bindToPod],
  ['v1 Secret', (bound, place) => ({ secret: referTo(findBound(secrets, bound, place)) })],
  ['v1 Node', (bound, place) => ({ node: referTo(findBound(nodes, bound, place)) })],
]);

function bindToPod(bound: NamedReference, place: Place): Partial<Claims> {
  const pod: Pod = findBound(pods, bound, place);
  if ((pod.spec?.serviceAccountName || 'default') !== place.name) {
    const message = `cannot bind token for serviceaccount ${quote(place.name)} to pod running with different serviceaccount name.`;
    throw new StatusError('BadRequest', message);
  }
  const nodeName = pod.spec?.nodeName;
  const node = nodeName ? place.reader.get(nodes, nodeName) : undefined;
  // Where the pod runs is worth telling even when there is no such Node.
  const at = node ? referTo(node) : nodeName && { name: nodeName };
  return { pod: referTo(pod), ...(at && { node: at }) };
}

function findBound<T extends KubeObject>(
  resource: Resource<T>,
  { name, uid }: NamedReference,
  { namespace, reader }: Place,
): T {
  const object = reader.get(resource, name, resource.namespaced ? namespace : undefined);
  if (!object) throw notFound(resource.plural, name);
  const actual = object.metadata?.uid ?? '';
  if (uid && uid !== actual) {
    const message = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    const what = `Operation cannot be fulfilled on ${resource.kind} ${quote(name)}`;
    throw new StatusError('Conflict', `${what}: ${message}`, {
      details: { name, kind: resource.kind },
    });
  }
  return object;
}

const referTo = ({ metadata }: KubeObject) => ({
  name: metadata?.name ?? '',
  uid: metadata?.uid ?? '',
});

const notFound = (plural: string, name: string) =>
  new StatusError('NotFound', `${plural} ${quote(name)} not found`, {
    details: { name, kind: plural },
  });

const quote = (text: string) => JSON.stringify(text);
