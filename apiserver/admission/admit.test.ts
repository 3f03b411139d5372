import test from 'ava';
import type { Resource } from '../../api/resource.ts';
import { leases } from '../../api/resources/lease.ts';
import { namespaces } from '../../api/resources/namespace.ts';
import { nodes } from '../../api/resources/node.ts';
import { pods } from '../../api/resources/pod.ts';
import { services } from '../../api/resources/service.ts';
import { serviceAccounts } from '../../api/resources/service-account.ts';
import type {
  BoundObjectReference,
  TokenRequest,
} from '../../api/types/authentication-v1.generated.ts';
import type { Node, Pod } from '../../api/types/core-v1.generated.ts';
import { systemClock } from '../../base/clock.ts';
import { StatusError, UsageError } from '../../base/errors.ts';
import { chosenPlugins, createAdmission } from './admit.ts';
import { createFakeReader } from './fake-reader.ts';
import { admissionRequest, nodeUser, pass, type RequestParts } from './testing.ts';

function setUp() {
  const reader = createFakeReader();
  reader.put(namespaces, { metadata: { name: 'default' } });
  reader.put(namespaces, { metadata: { name: 'kube-node-lease' } });
  const going = { name: 'going', deletionTimestamp: '2030-01-01T00:00:00Z' };
  reader.put(namespaces, { metadata: going });
  reader.put(serviceAccounts, { metadata: { name: 'default', namespace: 'default' } });
  reader.put(nodes, { metadata: { name: 'one', uid: 'n-1' } });
  const projected = { sources: [{ serviceAccountToken: { path: 'token', audience: 'vault' } }] };
  const running = pod({ name: 'mine', uid: 'p-1' }, 'one');
  const volumes = [{ name: 'token', projected }];
  reader.put(pods, { ...running, spec: { ...running.spec, volumes } } as object);
  reader.put(pods, pod({ name: 'other', uid: 'p-2' }, 'two'));
  const admission = createAdmission({
    reader,
    // Of ResourceQuota, which has tests of its own: see quota/.
    registry: { list: () => [], cacheOf: () => ({ listen: () => {} }) } as never,
    clock: systemClock,
    makeObject: async () => true,
    allocator: { name: 'none' },
  });
  const ask = async <T extends object>(resource: Resource<T>, parts: RequestParts) => {
    try {
      (await pass(admission, admissionRequest(resource, parts))).rollback();
    } catch (error) {
      if (error instanceof StatusError) return `${error.code} ${error.message}`;
      throw error;
    }
    return 'admitted';
  };
  return { admission, ask };
}

function pod(metadata: NonNullable<Pod['metadata']>, nodeName?: string): Pod {
  const spec = { containers: [], ...(nodeName && { nodeName }) };
  return { metadata: { namespace: 'default', ...metadata }, spec };
}

test('NamespaceLifecycle: nothing is made in a namespace that is missing', async (t) => {
  const { ask } = setUp();
  const object = pod({ name: 'web', namespace: 'gone' });
  t.is(await ask(pods, { object }), '404 namespaces "gone" not found');
});

test('NamespaceLifecycle: nothing is made in a namespace that goes away', async (t) => {
  const { admission, ask } = setUp();
  const object = pod({ name: 'web', namespace: 'going' });
  const error = await t.throwsAsync(pass(admission, admissionRequest(pods, { object })), {
    instanceOf: StatusError,
  });
  t.is(
    error.message,
    'pods "web" is forbidden: unable to create new content in namespace going ' +
      'because it is being terminated',
  );
  t.is(error.code, 403);
  t.deepEqual(error.details?.causes, [
    {
      reason: 'NamespaceTerminating',
      message: 'namespace going is being terminated',
      field: 'metadata.namespace',
    },
  ]);
  t.is(await ask(pods, { object, old: object }), 'admitted');
  t.is(await ask(pods, { old: object }), 'admitted');
});

for (const name of ['default', 'kube-system', 'kube-public']) {
  test(`NamespaceLifecycle: the namespace ${name} stays`, async (t) => {
    const want = `403 namespaces "${name}" is forbidden: this namespace may not be deleted`;
    t.is(await setUp().ask(namespaces, { old: { metadata: { name } } }), want);
  });
}

test('NamespaceLifecycle: other namespaces may go', async (t) => {
  t.is(await setUp().ask(namespaces, { old: { metadata: { name: 'dev' } } }), 'admitted');
});

test('DefaultTolerationSeconds gives pods five minutes on a failing node', async (t) => {
  const { admission } = setUp();
  const object = pod({ name: 'web' });
  await pass(admission, admissionRequest(pods, { object }));
  t.deepEqual(
    object.spec?.tolerations?.map(({ key, operator, effect, tolerationSeconds }) =>
      [key, operator, effect, tolerationSeconds].join(' '),
    ),
    [
      'node.kubernetes.io/not-ready Exists NoExecute 300',
      'node.kubernetes.io/unreachable Exists NoExecute 300',
    ],
  );
});

test('DefaultTolerationSeconds leaves alone what the pod says itself', async (t) => {
  const { admission } = setUp();
  const object = pod({ name: 'web' });
  const all = { operator: 'Exists' };
  object.spec!.tolerations = [all];
  await pass(admission, admissionRequest(pods, { object }));
  t.deepEqual(object.spec?.tolerations, [all]);
});

test('DenyServiceExternalIPs refuses new external IPs, and keeps old ones', async (t) => {
  const { ask } = setUp();
  const make = (...externalIPs: string[]) => ({
    metadata: { name: 'a', namespace: 'default' },
    spec: { externalIPs, ports: [{ port: 80 }] },
  });
  const refused =
    '403 services "a" is forbidden: Use of external IPs is denied by admission control';
  t.is(await ask(services, { object: make('1.2.3.4') }), refused);
  t.is(await ask(services, { object: make('1.2.3.4'), old: make('1.2.3.4') }), 'admitted');
  t.is(await ask(services, { object: make('1.2.3.4', '5.6.7.8'), old: make('1.2.3.4') }), refused);
});

const ownNode = (spec: Node['spec'] = {}, labels: Record<string, string> = {}): Node => ({
  metadata: { name: 'one', uid: 'n-1', labels },
  spec,
});
const otherNode: Node = { metadata: { name: 'two' } };
const mirror = (changes: Partial<Pod['spec']> = {}, uid = 'n-1'): Pod => ({
  metadata: {
    name: 'static-one',
    namespace: 'default',
    annotations: { 'kubernetes.io/config.mirror': 'hash' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'one', uid, controller: true }],
  },
  spec: { containers: [], nodeName: 'one', ...changes },
});
const owned = (): Node => ({
  metadata: {
    ...ownNode().metadata,
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'ghost', uid: 'x' }],
  },
  spec: {},
});
const token = (bound?: BoundObjectReference, ...audiences: string[]): TokenRequest => ({
  spec: { audiences, ...(bound && { boundObjectRef: { apiVersion: 'v1', ...bound } }) },
});
const mine = pod({ name: 'mine', uid: 'p-1' }, 'one');
const other = pod({ name: 'other', uid: 'p-2' }, 'two');
const labelled = pod({ name: 'mine', uid: 'p-1', labels: { app: 'web' } }, 'one');
const lease = (name: string, namespace: string) => ({ metadata: { name, namespace } });
const account = { name: 'default', namespace: 'default', subresource: 'token' };

const allowed: [string, Resource, RequestParts][] = [
  [
    'registers itself',
    nodes,
    { object: ownNode({ taints: [{ key: 'a', effect: 'NoSchedule' }] }) },
  ],
  [
    'labels itself with its hostname',
    nodes,
    {
      object: ownNode({}, { 'kubernetes.io/hostname': 'one', disk: 'ssd' }),
      old: ownNode(),
    },
  ],
  ['writes its status', nodes, { object: ownNode(), old: ownNode(), subresource: 'status' }],
  ['writes the status of its pod', pods, { object: mine, old: mine, subresource: 'status' }],
  ['ends its pod', pods, { old: mine }],
  ['creates a mirror pod', pods, { object: mirror() }],
  ['renews its lease', leases, { object: lease('one', 'kube-node-lease') }],
  [
    'asks for a token of its pod',
    serviceAccounts,
    {
      ...account,
      object: token({ kind: 'Pod', name: 'mine', uid: 'p-1' }, 'vault'),
    },
  ],
];

const denied: [string, Resource, RequestParts][] = [
  ['writes another node', nodes, { object: otherNode, old: otherNode }],
  [
    'writes the status of another node',
    nodes,
    {
      object: otherNode,
      old: otherNode,
      subresource: 'status',
    },
  ],
  ['deletes another node', nodes, { old: otherNode }],
  [
    'takes its taints off',
    nodes,
    {
      object: ownNode(),
      old: ownNode({ taints: [{ key: 'a', effect: 'NoSchedule' }] }),
    },
  ],
  ['gives itself an owner (CVE-2025-5187)', nodes, { object: owned(), old: ownNode() }],
  [
    'labels itself for isolated workloads',
    nodes,
    {
      object: ownNode({}, { 'node-restriction.kubernetes.io/team': 'a' }),
      old: ownNode(),
    },
  ],
  ['gives itself a role', nodes, { object: ownNode({}, { 'node-role.kubernetes.io/x': '' }) }],
  [
    'takes a role off',
    nodes,
    {
      object: ownNode(),
      old: ownNode({}, { 'node-role.kubernetes.io/x': '' }),
    },
  ],
  ['creates an ordinary pod', pods, { object: mine }],
  ['creates a mirror pod elsewhere', pods, { object: mirror({ nodeName: 'two' }) }],
  ['creates a mirror pod of an older Node', pods, { object: mirror({}, 'n-0') }],
  [
    'creates a mirror pod with an account',
    pods,
    {
      object: mirror({ serviceAccountName: 'builder' }),
    },
  ],
  [
    'creates a mirror pod with a secret',
    pods,
    {
      object: mirror({ volumes: [{ name: 's', secret: { secretName: 'x' } }] }),
    },
  ],
  [
    'creates a mirror pod with a secret in its environment',
    pods,
    {
      object: mirror({
        containers: [{ name: 'a', envFrom: [{ secretRef: { name: 'x' } }] }],
      }),
    },
  ],
  [
    'writes the status of a pod elsewhere',
    pods,
    {
      object: other,
      old: other,
      subresource: 'status',
    },
  ],
  ['ends a pod elsewhere', pods, { old: other }],
  [
    'evicts a pod elsewhere',
    pods,
    {
      object: { metadata: { name: 'other', namespace: 'default' } },
      subresource: 'eviction',
    },
  ],
  ['labels its pod', pods, { object: labelled, old: mine, subresource: 'status' }],
  ['changes its pod', pods, { object: mine, old: mine }],
  ['takes another lease', leases, { object: lease('two', 'kube-node-lease') }],
  ['takes a lease elsewhere', leases, { object: lease('one', 'default') }],
  ['asks for an unbound token', serviceAccounts, { ...account, object: token() }],
  [
    'asks for a token of a pod elsewhere',
    serviceAccounts,
    {
      ...account,
      object: token({ kind: 'Pod', name: 'other', uid: 'p-2' }),
    },
  ],
  [
    'asks for a token of its pod for somebody whom the pod has no token for',
    serviceAccounts,
    {
      ...account,
      object: token({ kind: 'Pod', name: 'mine', uid: 'p-1' }, 'https://kubernetes'),
    },
  ],
  [
    'asks for a token of its pod for everybody at once',
    serviceAccounts,
    {
      ...account,
      object: token({ kind: 'Pod', name: 'mine', uid: 'p-1' }, 'vault', 'other'),
    },
  ],
  [
    'asks for a token of a pod that was',
    serviceAccounts,
    {
      ...account,
      object: token({ kind: 'Pod', name: 'mine', uid: 'p-0' }),
    },
  ],
];

const one = (name: string) => `security A3: NodeRestriction: a node that ${name}`;
for (const [name, resource, parts] of allowed) {
  test(`${one(name)} is let`, async (t) => {
    t.is(await setUp().ask(resource, { ...structuredClone(parts), user: nodeUser }), 'admitted');
  });
}
for (const [name, resource, parts] of denied) {
  test(`${one(name)} is refused`, async (t) => {
    t.regex(await setUp().ask(resource, { ...structuredClone(parts), user: nodeUser }), /^403 /);
  });
}

test('a node without a name in its certificate may write no Node', async (t) => {
  const user = { name: 'root', groups: ['system:nodes'] };
  t.regex(await setUp().ask(nodes, { object: ownNode(), user }), /^403 /);
});

test('the plugins that run are those of upstream, in its order, and two more', async (t) => {
  t.deepEqual(chosenPlugins({ enabled: ['DefaultTolerationSeconds'] }), chosenPlugins({}));
  t.deepEqual(
    chosenPlugins({ disabled: ['NodeRestriction'] }),
    chosenPlugins({}).filter((name) => name !== 'NodeRestriction'),
  );
  t.true(chosenPlugins({ disabled: ['MutatingAdmissionWebhook'] }).length > 0);
});

const wrongFlags: [string, Parameters<typeof chosenPlugins>[0], string][] = [
  [
    'that do not exist',
    { enabled: ['Nonsense'], disabled: ['Rubbish'] },
    'enable-admission-plugins plugin "Nonsense" is unknown\n' +
      'disable-admission-plugins plugin "Rubbish" is unknown',
  ],
  [
    'that are not here',
    { enabled: ['ImagePolicyWebhook'] },
    'enable-admission-plugins: ImagePolicyWebhook exists in Kubernetes, but not in this server',
  ],
  [
    'that are both wanted and not',
    { enabled: ['NodeRestriction'], disabled: ['NodeRestriction'] },
    'NodeRestriction in enable-admission-plugins and disable-admission-plugins overlapped',
  ],
];
for (const [name, options, message] of wrongFlags) {
  test(`plugins ${name} are refused`, async (t) => {
    t.throws(() => chosenPlugins(options), { instanceOf: UsageError, message });
  });
}
