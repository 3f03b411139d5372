import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { nodes } from '../../api/resources/node.ts';
import { pods } from '../../api/resources/pod.ts';
import { secrets } from '../../api/resources/secret.ts';
import { serviceAccounts } from '../../api/resources/service-account.ts';
import type {
  TokenRequest,
  TokenRequestSpec,
} from '../../api/types/authentication-v1.generated.ts';
import { StatusError } from '../../base/errors.ts';
import { createFakeReader } from '../admission/fake-reader.ts';
import type { HttpRequest, RequestInfo } from '../request.ts';
import { createAuthenticator, anonymous as nobody } from './authenticate.ts';
import { createSigner, createTokenIssuer } from './token-issuer.ts';
import { createTokenAuthenticators } from './tokens.ts';

const pem = (type: 'ec' | 'rsa') =>
  (type === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 })
  ).privateKey
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();

const signingKey = pem('ec');
const rsaKey = pem('rsa');
const foreignKey = pem('ec');
const issuer = 'https://kubernetes.default.svc.cluster.local';
const start = Date.UTC(2030, 0, 1);

const info: RequestInfo = {
  isResource: true,
  path: '/api/v1/namespaces/dev/serviceaccounts/builder/token',
  verb: 'create',
  group: '',
  version: 'v1',
  resource: 'serviceaccounts',
  subresource: 'token',
  namespace: 'dev',
  name: 'builder',
  query: new URLSearchParams(),
};

interface Keys {
  readonly key?: string;
  readonly keys?: readonly string[];
}

type Options = Partial<Parameters<typeof createTokenIssuer>[0]>;

function setUp({ key = signingKey, keys = [signingKey, rsaKey], ...more }: Keys & Options = {}) {
  const reader = createFakeReader();
  const account = { metadata: { name: 'builder', namespace: 'dev', uid: 'sa-1' } };
  reader.put(serviceAccounts, account);
  reader.put(nodes, { metadata: { name: 'one', uid: 'n-1' } });
  reader.put(secrets, { metadata: { name: 'old', namespace: 'dev', uid: 's-1' } });
  const pod = {
    metadata: { name: 'web', namespace: 'dev', uid: 'p-1' },
    spec: { containers: [], serviceAccountName: 'builder', nodeName: 'one' },
  };
  reader.put(pods, pod);
  const clock = { ms: start };
  const now = () => clock.ms;
  const apiAudiences = [issuer];
  const issuing = { sign: createSigner(key), issuer, apiAudiences, reader, now, ...more };
  const make = createTokenIssuer(issuing);
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  const issue = async (spec: TokenRequestSpec) =>
    (await make({ info, user: nobody, object: { spec } as object, warn })) as TokenRequest;
  const tokens = createTokenAuthenticators({ serviceAccountKeys: keys, issuer, reader, now });
  const authenticate = createAuthenticator({ tokens, apiAudiences, anonymous: 'true', now });
  return {
    reader,
    clock,
    pod,
    account,
    tokens,
    warnings,
    request: (spec: TokenRequestSpec = {}) => issue(spec),
    token: async (spec: TokenRequestSpec = {}) => (await issue(spec)).status?.token ?? '',
    login: async (token: string) => {
      const rawHeaders = ['Authorization', `Bearer ${token}`];
      try {
        return await authenticate({ rawHeaders, socket: {} } as unknown as HttpRequest);
      } catch (error) {
        if (error instanceof StatusError) return error.reason;
        throw error;
      }
    },
  };
}

const toPod = { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web' } };

test('apiserver A71: a TokenRequest is answered with a token and what was granted', async (t) => {
  const { request } = setUp();
  const { status, ...answer } = await request();
  t.deepEqual(answer, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: 'builder', namespace: 'dev', creationTimestamp: '2030-01-01T00:00:00Z' },
    spec: { audiences: [issuer], expirationSeconds: 3600 },
  });
  t.is(status?.expirationTimestamp, '2030-01-01T01:00:00Z');
});

test("A95: the claims are upstream's", async (t) => {
  const { token } = setUp();
  const made = await token({ ...toPod, expirationSeconds: 600, audiences: ['vault'] });
  const { jti, ...claims } = decodeJwt(made);
  const at = start / 1000;
  t.regex(String(jti), /^[0-9a-f-]{36}$/);
  t.deepEqual(claims, {
    aud: ['vault'],
    exp: at + 600,
    iat: at,
    iss: issuer,
    nbf: at,
    sub: 'system:serviceaccount:dev:builder',
    'kubernetes.io': {
      namespace: 'dev',
      serviceaccount: { name: 'builder', uid: 'sa-1' },
      pod: { name: 'web', uid: 'p-1' },
      node: { name: 'one', uid: 'n-1' },
    },
  });
  t.is(decodeProtectedHeader(made).alg, 'ES256');
});

for (const [name, key] of [
  ['ES256', signingKey],
  ['RS256', rsaKey],
] as const) {
  test(`security A1: an ${name} token is its ServiceAccount`, async (t) => {
    const { token, login } = setUp({ key });
    const user = await login(await token(toPod));
    t.like(user, {
      name: 'system:serviceaccount:dev:builder',
      uid: 'sa-1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:dev', 'system:authenticated'],
    });
    t.like(typeof user === 'object' ? user.extra : {}, {
      'authentication.kubernetes.io/pod-name': ['web'],
      'authentication.kubernetes.io/node-name': ['one'],
    });
  });
}

test('apiserver A95: a token ends with its time', async (t) => {
  const { token, login, clock } = setUp();
  const made = await token({ expirationSeconds: 600 });
  t.is(typeof (await login(made)), 'object');
  clock.ms += 599_000;
  t.is(typeof (await login(made)), 'object');
  clock.ms += 1_000;
  t.is(await login(made), 'Unauthorized');
});

const ends: [string, (world: ReturnType<typeof setUp>) => void][] = [
  ['its account', ({ reader }) => reader.remove(serviceAccounts, 'builder', 'dev')],
  [
    'its account made anew',
    ({ reader, account }) =>
      reader.put(serviceAccounts, { metadata: { ...account.metadata, uid: 'sa-2' } }),
  ],
  ['its pod', ({ reader }) => reader.remove(pods, 'web', 'dev')],
  [
    'its pod made anew',
    ({ reader, pod }) => reader.put(pods, { metadata: { ...pod.metadata, uid: 'p-2' } }),
  ],
  [
    'its pod a minute after its time',
    ({ reader, pod, clock }) => {
      const deletionTimestamp = new Date(start).toISOString();
      reader.put(pods, { ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
      clock.ms += 61_000;
    },
  ],
];

for (const [name, end] of ends) {
  test(`apiserver A95: a token ends with ${name}, remembered or not`, async (t) => {
    const world = setUp();
    const made = await world.token(toPod);
    t.is(typeof (await world.login(made)), 'object');
    end(world);
    t.is(await world.login(made), 'Unauthorized');
  });
}

test('apiserver A95: tokens are bound to secrets and nodes too', async (t) => {
  const { token, login, reader } = setUp();
  const ref = (kind: string, name: string) => ({
    boundObjectRef: { kind, apiVersion: 'v1', name },
  });
  const [secret, node] = [await token(ref('Secret', 'old')), await token(ref('Node', 'one'))];
  t.is(typeof (await login(secret)), 'object');
  t.is(typeof (await login(node)), 'object');
  reader.remove(secrets, 'old', 'dev');
  reader.remove(nodes, 'one');
  t.is(await login(secret), 'Unauthorized');
  t.is(await login(node), 'Unauthorized');
});

const forge = (changes: Record<string, unknown>, alg = 'ES256', key?: Uint8Array) => {
  const at = start / 1000;
  const claims = {
    iss: issuer,
    aud: [issuer],
    sub: 'system:serviceaccount:dev:builder',
    iat: at,
    nbf: at,
    exp: at + 3600,
    'kubernetes.io': { namespace: 'dev', serviceaccount: { name: 'builder', uid: 'sa-1' } },
    ...changes,
  };
  return { claims, alg, key };
};

async function sign({ claims, alg, key }: ReturnType<typeof forge>, pemKey = signingKey) {
  const { createPrivateKey } = await import('node:crypto');
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(key ?? createPrivateKey(pemKey));
}

test('security A1: a forged token that is right in everything is let in (the control of the next ones)', async (t) => {
  t.is(typeof (await setUp().login(await sign(forge({})))), 'object');
});

const publicPem = createPublicKey(signingKey).export({ type: 'spki', format: 'pem' }).toString();
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

const forgeries: [string, () => Promise<string>][] = [
  ['of another issuer', () => sign(forge({ iss: 'https://evil' }))],
  ['for another audience', () => sign(forge({ aud: ['vault'] }))],
  ['signed by another key', () => sign(forge({}), foreignKey)],
  ['that does not end', () => sign(forge({ exp: undefined }))],
  ['that is not valid yet', () => sign(forge({ nbf: start / 1000 + 61 }))],
  ['whose subject is another', () => sign(forge({ sub: 'system:serviceaccount:kube-system:x' }))],
  ['without the claims of an account', () => sign(forge({ 'kubernetes.io': undefined }))],
  [
    'signed with the public key as a secret',
    () => sign(forge({}, 'HS256', Buffer.from(publicPem))),
  ],
  ['without a signature', async () => `${encode({ alg: 'none' })}.${encode(forge({}).claims)}.`],
  ['cut short', async () => (await sign(forge({}))).slice(0, -4)],
  ['that is rubbish', async () => 'null.null.null'],
];

for (const [name, make] of forgeries) {
  test(`security A1: a token ${name} is refused`, async (t) => {
    t.is(await setUp().login(await make()), 'Unauthorized');
  });
}

const refusals: [string, TokenRequestSpec, string][] = [
  [
    'of less than ten minutes',
    { expirationSeconds: 599 },
    '422 TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: ' +
      'Invalid value: 599: may not specify a duration less than 10 minutes',
  ],
  [
    'bound to a pod that is not there',
    { boundObjectRef: { ...toPod.boundObjectRef, name: 'x' } },
    '404 pods "x" not found',
  ],
  [
    'bound to a pod of another uid',
    { boundObjectRef: { ...toPod.boundObjectRef, uid: 'p-0' } },
    '409 Operation cannot be fulfilled on Pod "web": the UID in the bound object reference (p-0) ' +
      'does not match the UID in record. The object might have been deleted and then recreated',
  ],
  [
    'bound to something else',
    { boundObjectRef: { kind: 'Job', apiVersion: 'batch/v1', name: 'a' } },
    '400 cannot bind token to object of type batch/v1, Kind=Job',
  ],
];

for (const [name, spec, want] of refusals) {
  test(`apiserver A71: a token ${name} is refused`, async (t) => {
    const error = await t.throwsAsync(() => setUp().request(spec), { instanceOf: StatusError });
    t.is(`${error.code} ${error.message}`, want);
  });
}

test('apiserver A71: a token bound to a pod of another account is refused', async (t) => {
  const { request, reader, pod } = setUp();
  reader.put(pods, { ...pod, spec: { ...pod.spec, serviceAccountName: 'other' } } as typeof pod);
  const error = await t.throwsAsync(() => request(toPod), { instanceOf: StatusError });
  t.regex(error.message, /different serviceaccount name/);
});

test('apiserver A71: a token of an account that is not there is refused', async (t) => {
  const { request, reader } = setUp();
  reader.remove(serviceAccounts, 'builder', 'dev');
  const error = await t.throwsAsync(() => request(), { instanceOf: StatusError });
  t.is(error.message, 'serviceaccounts "builder" not found');
});

test('security A5: a token lasts for an hour unless it asks for more or less', async (t) => {
  const { exp = 0, iat = 0 } = decodeJwt(await setUp().token(toPod));
  t.is(exp - iat, 3600);
});

test('apiserver A95: no token lasts longer than the server lets it', async (t) => {
  const world = setUp({ secondsMax: 1200 });
  const { exp = 0, iat = 0 } = decodeJwt(await world.token({ expirationSeconds: 7200 }));
  t.is(exp - iat, 1200);
  t.deepEqual(world.warnings, ['requested expiration of 7200 seconds shortened to 1200 seconds']);
});

test('apiserver A95: where that is asked for, what pods are given outlives its time, marked', async (t) => {
  const given = { ...toPod, expirationSeconds: 3607 };
  const claimsOf = async (world: ReturnType<typeof setUp>, spec: TokenRequestSpec) => {
    const { exp = 0, iat = 0, ...rest } = decodeJwt(await world.token(spec));
    const { warnafter } = rest['kubernetes.io'] as { warnafter?: number };
    return [exp - iat, warnafter && warnafter - iat];
  };
  const yearSeconds = 365 * 24 * 3600;
  t.deepEqual(await claimsOf(setUp({ extends: true }), given), [yearSeconds, 3607]);
  t.deepEqual(await claimsOf(setUp({ extends: true }), { ...given, audiences: ['vault'] }), [
    3607,
    undefined,
  ]);
  t.deepEqual(await claimsOf(setUp(), given), [3607, undefined]);
});

test('apiserver A95: a pod whose Node is not there still says where it runs', async (t) => {
  const world = setUp();
  world.reader.remove(nodes, 'one');
  const claims = decodeJwt(await world.token(toPod))['kubernetes.io'];
  t.like(claims, { node: { name: 'one' } });
  t.is(typeof (await world.login(await world.token(toPod))), 'object');
});
