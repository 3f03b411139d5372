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
import type { ObjectReader, RequestInfo } from '../request.ts';
import { algorithmOf, keyId, readPem, readPublicKey } from './pem.ts';
import type { Claims } from './service-account-token.ts';

export interface TokenIssuerOptions {
  readonly signingKeyFile: string;
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** `info` names the ServiceAccount, `body` is a TokenRequest; rejects with a StatusError. */
export type TokenIssuer = (
  info: RequestInfo,
  body: unknown,
  reader: ObjectReader,
) => Promise<TokenRequest>;

const defaultSeconds = 3600;
const secondsMin = 600;
const secondsMax = 2 ** 32;

export function createTokenIssuer({
  signingKeyFile,
  issuer,
  now,
}: TokenIssuerOptions): TokenIssuer {
  const pem = readPem(signingKeyFile);
  const key = createPrivateKey(pem);
  const publicKey = readPublicKey(pem);
  const header = { alg: algorithmOf(publicKey), kid: keyId(publicKey) };

  return async (info, body, reader) => {
    const request = checkRequest(body, info);
    const { audiences = [], expirationSeconds = defaultSeconds, boundObjectRef } = request.spec!;
    const claims = findClaims(info, boundObjectRef, reader);
    const issuedAt = Math.floor(now() / 1000);
    const endsAt = issuedAt + expirationSeconds;
    const wanted = audiences.length > 0 ? audiences : [issuer];
    const token = await new SignJWT({ 'kubernetes.io': claims, aud: wanted })
      .setProtectedHeader(header)
      .setIssuer(issuer)
      .setSubject(`system:serviceaccount:${info.namespace}:${info.name}`)
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(endsAt)
      .setJti(randomUUID())
      .sign(key);
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: {
        name: info.name,
        namespace: info.namespace,
        creationTimestamp: toTime(now()),
      },
      spec: { ...request.spec, audiences: wanted, expirationSeconds },
      status: { token, expirationTimestamp: toTime(endsAt * 1000) },
    };
  };
}

function checkRequest(body: unknown, info: RequestInfo): TokenRequest {
  const request = body as TokenRequest | null;
  const isObject = (value: unknown) => value !== null && typeof value === 'object';
  if (!request || !isObject(request) || !isObject(request.spec ?? {})) {
    throw new StatusError('BadRequest', 'the body is no TokenRequest');
  }
  const name = request.metadata?.name;
  if (name && name !== info.name) {
    const message = `metadata.name "${name}" does not match the name of the service account "${info.name}"`;
    throw new StatusError('BadRequest', message);
  }
  const spec = request.spec ?? {};
  const problems = [...checkSeconds(spec.expirationSeconds), ...checkAudiences(spec.audiences)];
  if (problems.length > 0) throw invalidObject(tokenRequestKind, '', problems);
  return { ...request, spec };
}

const tokenRequestKind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };

function checkSeconds(seconds: unknown) {
  if (seconds === undefined) return [];
  const refuse = (why: string) => [invalidValue('spec.expirationSeconds', seconds, why)];
  if (!Number.isInteger(seconds)) return refuse('must be a whole number');
  if (Number(seconds) < secondsMin)
    return refuse('may not specify a duration less than 10 minutes');
  if (Number(seconds) > secondsMax) {
    return refuse('may not specify a duration larger than 2^32 seconds');
  }
  return [];
}

function checkAudiences(audiences: unknown) {
  if (audiences === undefined) return [];
  const isList = Array.isArray(audiences) && audiences.every((each) => typeof each === 'string');
  return isList ? [] : [invalidValue('spec.audiences', audiences, 'must be a list of strings')];
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
  const kind = `${bound.apiVersion ?? ''} ${bound.kind ?? ''}`;
  const find = boundKinds.get(kind);
  if (!find) throw new StatusError('BadRequest', `cannot bind token for kind ${quote(kind)}`);
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
  return { pod: referTo(pod), ...(node && { node: referTo(node) }) };
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
    const what = `Operation cannot be fulfilled on ${resource.plural} ${quote(name)}`;
    throw new StatusError('Conflict', `${what}: ${message}`, {
      details: { name, kind: resource.plural },
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
