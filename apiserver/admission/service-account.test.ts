import test from 'ava';
import { pods } from '../../api/resources/pod.ts';
import { serviceAccounts } from '../../api/resources/service-account.ts';
import type { PodSpec, ServiceAccount } from '../../api/types/core-v1.generated.ts';
import { createFakeReader } from './fake-reader.ts';
import { createServiceAccount } from './service-account.ts';
import { admissionRequest, podWith, verdict } from './testing.ts';

function setUp(...accounts: Partial<ServiceAccount>[]) {
  const reader = createFakeReader();
  const put = (account: Partial<ServiceAccount>) => {
    const metadata = { name: 'default', ...account.metadata, namespace: 'default' };
    reader.put(serviceAccounts, { ...account, metadata });
  };
  for (const account of accounts) put(account);
  const naps: (() => void)[] = [];
  const clock = {
    now: () => 0,
    sleep: async () => naps.shift()?.(),
  };
  const plugin = createServiceAccount({ reader, clock });
  return {
    naps,
    put,
    ask: (object: ReturnType<typeof podWith>) =>
      verdict([plugin], admissionRequest(pods, { object })),
  };
}

test('a pod gets the account `default`, and in each container a token of it', async (t) => {
  const { ask } = setUp({});
  const object = podWith({ containers: [{ name: 'a' }], initContainers: [{ name: 'b' }] });
  t.is(await ask(object), 'admitted');
  const { serviceAccountName, serviceAccount, volumes, containers, initContainers } = object.spec!;
  t.deepEqual([serviceAccountName, serviceAccount], ['default', 'default']);
  const [volume] = volumes!;
  t.regex(volume!.name, /^kube-api-access-[a-z0-9]{5}$/);
  t.deepEqual(volume!.projected, {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [
            { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } },
          ],
        },
      },
    ],
  });
  const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
  const mount = { name: volume!.name, readOnly: true, mountPath };
  for (const each of [...containers, ...initContainers!]) t.deepEqual(each.volumeMounts, [mount]);
});

test('asked a second time, a pod keeps its one token', async (t) => {
  const { ask } = setUp({});
  const object = podWith();
  await ask(object);
  const before = structuredClone(object);
  t.is(await ask(object), 'admitted');
  t.deepEqual(object, before);
});

const mounting: [string, boolean | undefined, boolean | undefined, boolean][] = [
  ['nobody says anything', undefined, undefined, true],
  ['the account says no', undefined, false, false],
  ['the pod says no', false, true, false],
  ['the pod says yes, the account no', true, false, true],
];
for (const [name, ofPod, ofAccount, isMounted] of mounting) {
  test(`a token is ${isMounted ? '' : 'not '}mounted when ${name}`, async (t) => {
    const automount = (value: boolean | undefined) =>
      value === undefined ? {} : { automountServiceAccountToken: value };
    const object = podWith(automount(ofPod));
    await setUp(automount(ofAccount)).ask(object);
    t.is(object.spec!.volumes?.length ?? 0, isMounted ? 1 : 0);
  });
}

test('a container that mounts something there itself is left alone', async (t) => {
  const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
  const object = podWith({
    containers: [{ name: 'a', volumeMounts: [{ name: 'own', mountPath }] }],
  });
  await setUp({}).ask(object);
  t.is(object.spec!.volumes, undefined);
});

test('pull secrets are those of the account, unless the pod has some', async (t) => {
  const { ask } = setUp({ imagePullSecrets: [{ name: 'hub' }] });
  const [bare, own] = [podWith(), podWith({ imagePullSecrets: [{ name: 'mine' }] })];
  await ask(bare);
  await ask(own);
  t.deepEqual(bare.spec!.imagePullSecrets, [{ name: 'hub' }]);
  t.deepEqual(own.spec!.imagePullSecrets, [{ name: 'mine' }]);
});

test('the account must be there', async (t) => {
  t.is(
    await setUp().ask(podWith({ serviceAccountName: 'builder' })),
    '403 pods "web" is forbidden: error looking up service account default/builder: ' +
      'serviceaccount "builder" not found',
  );
});

test('a new namespace gets a moment for its account', async (t) => {
  const { ask, naps, put } = setUp();
  naps.push(
    () => {},
    () => put({}),
  );
  t.is(await ask(podWith()), 'admitted');
  t.regex(await setUp().ask(podWith()), /^403 .*serviceaccount "default" not found$/);
});

const enforced = { annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } };
const secrets: [string, Partial<PodSpec>, string][] = [
  [
    'volume',
    { volumes: [{ name: 'v', secret: { secretName: 's' } }] },
    'volume with secret.secretName="s"',
  ],
  [
    'variable',
    {
      containers: [
        { name: 'c', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
      ],
    },
    'container c with envVar E referencing secret.secretName="s"',
  ],
  [
    'environment',
    { containers: [], initContainers: [{ name: 'c', envFrom: [{ secretRef: { name: 's' } }] }] },
    'init container c with envFrom referencing secret.secretName="s"',
  ],
];
for (const [name, spec, start] of secrets) {
  test(`an account that is strict about its secrets refuses others in a ${name}`, async (t) => {
    const why = `${start} is not allowed because service account default does not reference that secret`;
    const { ask } = setUp({ metadata: enforced });
    t.is(await ask(podWith(spec)), `403 pods "web" is forbidden: ${why}`);
    t.is(
      await setUp({ metadata: enforced, secrets: [{ name: 's' }] }).ask(podWith(spec)),
      'admitted',
    );
    t.is(await setUp({}).ask(podWith(spec)), 'admitted');
  });
}

test('a mirror pod gets no account, and may bring nothing of the API', async (t) => {
  const { ask } = setUp({});
  const mirror = (spec: Partial<PodSpec>) =>
    podWith(spec, { annotations: { 'kubernetes.io/config.mirror': 'hash' } });
  const plain = mirror({});
  t.is(await ask(plain), 'admitted');
  t.is(plain.spec!.serviceAccountName, undefined);
  const refusals = [
    mirror({ serviceAccountName: 'default' }),
    mirror({ volumes: [{ name: 'v', secret: { secretName: 's' } }] }),
    mirror({
      volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }],
    }),
  ];
  const said = await Promise.all(refusals.map(ask));
  t.deepEqual(
    said.map((text) => text.replace('403 pods "web" is forbidden: a mirror pod may not ', '')),
    [
      'reference service accounts',
      'reference secrets',
      'use ServiceAccountToken volume projections',
    ],
  );
});
