import test from 'ava';
import fc from 'fast-check';
import type { KubeObject } from '../../api/resource.ts';
import { persistentVolumes, pods } from '../../api/resources.ts';
import { requestInfoOf } from '../path.ts';
import { createWorld } from './testing.ts';

const user = { name: 'system:node:one', groups: ['system:nodes', 'system:authenticated'] };

const pod = (name: string, nodeName: string, spec: object = {}) =>
  ({
    metadata: { name, namespace: 'dev' },
    spec: { nodeName, containers: [], ...spec },
  }) as KubeObject;

const full = {
  serviceAccountName: 'builder',
  imagePullSecrets: [{ name: 'pull' }],
  initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 'init-env' } }] }],
  containers: [
    {
      name: 'a',
      envFrom: [{ configMapRef: { name: 'settings' } }],
      env: [
        { name: 'A', valueFrom: { secretKeyRef: { name: 'key', key: 'k' } } },
        { name: 'B', valueFrom: { configMapKeyRef: { name: 'map-key', key: 'k' } } },
      ],
    },
  ],
  ephemeralContainers: [{ name: 'e', envFrom: [{ secretRef: { name: 'debug' } }] }],
  volumes: [
    { name: 's', secret: { secretName: 'files' } },
    { name: 'c', configMap: { name: 'map-files' } },
    {
      name: 'p',
      projected: { sources: [{ secret: { name: 'part' } }, { configMap: { name: 'ca' } }] },
    },
    { name: 'd', csi: { driver: 'x', nodePublishSecretRef: { name: 'driver' } } },
    { name: 'v', persistentVolumeClaim: { claimName: 'disk' } },
    { name: 'scratch', ephemeral: {} },
  ],
  resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu-claim' }],
};

const volume = {
  metadata: { name: 'pv-1' },
  spec: {
    claimRef: { name: 'disk', namespace: 'dev' },
    csi: { driver: 'x', nodeStageSecretRef: { name: 'stage', namespace: 'storage' } },
  },
} as KubeObject;

function setUp() {
  const world = createWorld();
  world.put(pods, pod('web', 'one', full));
  world.put(
    pods,
    pod('other', 'two', {
      serviceAccountName: 'other',
      volumes: [{ name: 's', secret: { secretName: 'theirs' } }],
    }),
  );
  if (persistentVolumes) world.put(persistentVolumes, volume);
  /** `GET /api/v1/…`, as a request says it. */
  const may = (line: string) => {
    const [method = '', path = ''] = line.split(' ');
    return world.authorize(user, requestInfoOf(method, path));
  };
  return { world, may };
}

const dev = '/api/v1/namespaces/dev';
const secretNames = 'pull init-env key debug files part driver'.split(' ');

const yes = [
  ...secretNames.map((name) => `GET ${dev}/secrets/${name}`),
  ...['settings', 'map-key', 'map-files', 'ca'].map((name) => `GET ${dev}/configmaps/${name}`),
  `GET ${dev}/secrets?watch=true&fieldSelector=metadata.name%3Dfiles`,
  'GET /api/v1/namespaces/storage/secrets/stage',
  `GET ${dev}/persistentvolumeclaims/disk`,
  `GET ${dev}/persistentvolumeclaims/web-scratch`,
  `PATCH ${dev}/persistentvolumeclaims/disk/status`,
  'GET /api/v1/persistentvolumes/pv-1',
  'GET /apis/resource.k8s.io/v1/namespaces/dev/resourceclaims/gpu-claim',
  `POST ${dev}/serviceaccounts/builder/token`,
  `GET ${dev}/serviceaccounts/builder`,
  `GET ${dev}/pods/web`,
  'GET /api/v1/pods?fieldSelector=spec.nodeName%3Done',
  'GET /api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Done',
  'POST /api/v1/nodes',
  'GET /api/v1/nodes/one',
  'GET /api/v1/nodes?watch=1&fieldSelector=metadata.name%3Done',
  'PATCH /api/v1/nodes/one/status',
  `PATCH ${dev}/pods/web/status`,
  `POST ${dev}/pods/web/eviction`,
  'GET /api/v1/services',
  'PUT /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/one',
  'POST /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases',
  'PATCH /apis/storage.k8s.io/v1/csinodes/one',
  'GET /apis/node.k8s.io/v1/runtimeclasses',
  'POST /apis/certificates.k8s.io/v1/certificatesigningrequests',
  'POST /api/v1/namespaces/default/events',
];

/** What a thief of the node's certificate would like to do. */
const no = [
  `GET ${dev}/secrets/theirs`,
  `GET ${dev}/secrets/none`,
  `GET ${dev}/secrets`,
  'GET /api/v1/secrets',
  'GET /api/v1/secrets?watch=1',
  'GET /api/v1/namespaces/prod/secrets/files',
  `PUT ${dev}/secrets/files`,
  `DELETE ${dev}/secrets/files`,
  `GET ${dev}/configmaps`,
  `GET ${dev}/configmaps/none`,
  `GET ${dev}/persistentvolumeclaims`,
  'GET /api/v1/persistentvolumes',
  'GET /api/v1/persistentvolumes/pv-2',
  `POST ${dev}/serviceaccounts/other/token`,
  `POST ${dev}/serviceaccounts`,
  `GET ${dev}/serviceaccounts`,
  'GET /api/v1/pods',
  'GET /api/v1/pods?fieldSelector=spec.nodeName%3Dtwo',
  'GET /api/v1/pods?fieldSelector=spec.nodeName%21%3Done',
  `GET ${dev}/pods/other`,
  `PATCH ${dev}/pods/web`,
  `POST ${dev}/pods/web/exec`,
  `POST ${dev}/pods/web/binding`,
  `DELETE ${dev}/pods`,
  'GET /api/v1/nodes',
  'GET /api/v1/nodes/two',
  'DELETE /api/v1/nodes/one',
  'GET /api/v1/nodes/one/proxy',
  'PUT /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/two',
  'PUT /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler',
  'PATCH /apis/storage.k8s.io/v1/csinodes/two',
  'POST /apis/apps/v1/namespaces/dev/deployments',
  'POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  'PUT /apis/certificates.k8s.io/v1/certificatesigningrequests/a/approval',
  'GET /metrics',
];

for (const line of yes) {
  test(`apiserver A103: a node may ${line}`, (t) => {
    const { allowed, reason } = setUp().may(line);
    t.true(allowed, reason);
  });
}

for (const line of no) {
  test(`security A3: a node may not ${line}`, (t) => t.false(setUp().may(line).allowed));
}

test('apiserver A103: what a pod names is open to its node for as long as the pod is there', (t) => {
  const { world, may } = setUp();
  const ask = () => may(`GET ${dev}/secrets/files`).allowed;
  t.true(ask());
  world.put(
    pods,
    pod('second', 'one', { volumes: [{ name: 's', secret: { secretName: 'files' } }] }),
  );
  world.remove(pods, pod('web', 'one'));
  t.true(ask());
  world.remove(pods, pod('second', 'one'));
  t.false(ask());
});

test('security A3: a mirror pod opens nothing', (t) => {
  const { world, may } = setUp();
  const mirror = pod('static', 'one', {
    volumes: [{ name: 's', secret: { secretName: 'wanted' } }],
  });
  mirror.metadata!.annotations = { 'kubernetes.io/config.mirror': 'x' };
  world.put(pods, mirror);
  t.false(may(`GET ${dev}/secrets/wanted`).allowed);
});

test('apiserver A103: a refusal says that nothing relates the two', (t) => {
  t.is(
    setUp().may(`GET ${dev}/secrets/theirs`).reason,
    "no relationship found between node 'one' and this object",
  );
});

test('security A3: a node that does not say which it is may do nothing', (t) => {
  const nameless = { name: 'ann', groups: ['system:nodes'] };
  const { world } = setUp();
  const info = requestInfoOf('GET', '/api/v1/nodes/one');
  t.false(world.authorize(nameless, info).allowed);
});

test('apiserver A103: the graph, however it came about, is that of the pods there are', (t) => {
  const names = ['a', 'b', 'c'] as const;
  const change = fc.record({
    name: fc.constantFrom(...names),
    node: fc.constantFrom('', 'one', 'two'),
    secrets: fc.subarray(['x', 'y', 'z']),
    isGone: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const world = createWorld();
      // The first question makes the graph: whatever changes is seen by it.
      world.authorize(user, requestInfoOf('GET', `${dev}/secrets/x`));
      const there = new Map<string, (typeof changes)[number]>();
      for (const each of changes) {
        const volumes = each.secrets.map((secretName) => ({
          name: secretName,
          secret: { secretName },
        }));
        const object = pod(each.name, each.node, { volumes });
        if (each.isGone) world.remove(pods, object);
        else world.put(pods, object);
        if (each.isGone) there.delete(each.name);
        else there.set(each.name, each);
      }
      return ['x', 'y', 'z'].every((secret) => {
        const want = [...there.values()].some(
          ({ node, secrets }) => node === 'one' && secrets.includes(secret),
        );
        const info = requestInfoOf('GET', `${dev}/secrets/${secret}`);
        return world.authorize(user, info).allowed === want;
      });
    }),
  );
  t.pass();
});
