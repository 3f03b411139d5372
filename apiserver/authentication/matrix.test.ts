/** Twelve kinds of credentials that are no good, at forty paths: nobody is let in. */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import { SignJWT } from 'jose';
import { systemClock } from '../../base/clock.ts';
import { type Credentials, makeGround, startServer } from '../testing-cluster.ts';
import { createAuthority } from './testing.ts';

const core = 'pods services secrets configmaps serviceaccounts endpoints events'.split(' ');
const paths = [
  ...core.map((each) => `GET /api/v1/namespaces/default/${each}`),
  ...core.map((each) => `GET /api/v1/${each}?watch=true&timeoutSeconds=1`),
  ...core.map((each) => `GET /api/v1/namespaces/kube-system/${each}/x`),
  ...core.map((each) => `DELETE /api/v1/namespaces/default/${each}/x`),
  'GET /api/v1/nodes',
  'GET /api',
  'GET /apis',
  'GET /metrics',
  'GET /openapi/v2',
  'GET /openid/v1/jwks',
  'GET /api/v1/namespaces/default/pods/x/log',
  'GET /api/v1/namespaces/default/pods/x/exec?command=sh',
  'GET /apis/apps/v1/deployments',
  'GET /apis/rbac.authorization.k8s.io/v1/clusterroles',
  'POST /api/v1/namespaces/default/serviceaccounts/default/token',
  'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
];

test('security A1: twelve credentials that are no good open none of forty paths', async (t) => {
  const ground = await makeGround(t);
  let ahead = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + ahead };
  const { ask, as } = await startServer(t, ground, { clock });
  const inDefault = '/api/v1/namespaces/default';
  await as(`POST ${inDefault}/serviceaccounts`, { metadata: { name: 'gone' } });
  await as(`POST ${inDefault}/serviceaccounts`, { metadata: { name: 'here' } });
  const pod = { metadata: { name: 'gone' }, spec: { serviceAccountName: 'here', containers } };
  await as(`POST ${inDefault}/pods`, pod);
  const tokenOf = async (name: string, spec: object = {}) => {
    const made = await as(`POST ${inDefault}/serviceaccounts/${name}/token`, { spec });
    t.is(made.code, 201, JSON.stringify(made.body));
    return made.body.status.token as string;
  };
  const bound = { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'gone' } };
  const good = await tokenOf('here');
  const ofAccount = await tokenOf('gone');
  const ofPod = await tokenOf('here', bound);
  t.is((await ask({ token: ofPod }, 'GET /api')).code, 200, 'the control');
  await as(`DELETE ${inDefault}/serviceaccounts/gone`);
  await as(`DELETE ${inDefault}/pods/gone?gracePeriodSeconds=0`);
  ahead = 700_000;
  const short = await tokenOf('here', { expirationSeconds: 600 });
  ahead = 0;
  const expired = await expire(short, ground.signingKey);

  const stranger = await createAuthority('CN=cluster-ca');
  const { issue } = ground.authority;
  const server = { subject: 'O=system:masters, CN=root', use: 'server' } as const;
  const old = { subject: 'O=system:masters, CN=old', notAfter: Date.now() - 60_000 };
  const credentials: Record<string, Credentials> = {
    none: {},
    'a certificate for servers': { pair: await issue(server) },
    'an expired certificate': { pair: await issue(old) },
    'a certificate of another CA': {
      pair: await stranger.issue({ subject: 'O=system:masters, CN=root' }),
    },
    'an expired token': { token: expired },
    'a token for others': { token: await tokenOf('here', { audiences: ['vault'] }) },
    'a token of an account that is gone': { token: ofAccount },
    'a token of a pod that is gone': { token: ofPod },
    'a token of another issuer': { token: await resign(good, ground.signingKey, evil) },
    'a token of another key': { token: await resign(good, newKey(), {}) },
    'a token without a signature': { token: `${encode({ alg: 'none' })}.${good.split('.')[1]}.` },
    'a token signed with the public key': { token: await confuse(good, ground.signingKey) },
  };
  t.is(Object.keys(credentials).length, 12);
  t.is(paths.length, 40);
  for (const [name, by] of Object.entries(credentials)) {
    const codes = await Promise.all(paths.map(async (path) => (await ask(by, path, {})).code));
    t.deepEqual([...new Set(codes)], [401], name);
  }
});

const containers = [{ name: 'a', image: 'a' }];
const evil = { iss: 'https://evil' };
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8'));

const newKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();

const resign = (token: string, pem: string, changes: object) =>
  new SignJWT({ ...claimsOf(token), ...changes })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(createPrivateKey(pem));

const expire = (token: string, pem: string) =>
  resign(token, pem, { exp: Math.floor(Date.now() / 1000) - 1 });

/** The public key, which everybody may know, as if it were a secret shared with the server. */
function confuse(token: string, pem: string) {
  const shared = createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
  return new SignJWT(claimsOf(token))
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(shared));
}
