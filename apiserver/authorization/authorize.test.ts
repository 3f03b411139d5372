import test from 'ava';
import {
  clusterRoleBindings,
  clusterRoles,
  pods,
  roleBindings,
  roles,
} from '../../api/resources.ts';
import type { User } from '../request.ts';
import { forbiddenError, forbiddenMessage } from './authorize.ts';
import type { Attributes } from './rbac.ts';
import { createBootstrapped, createWorld } from './testing.ts';

const { authorize, put } = createBootstrapped();
put(pods, {
  metadata: { name: 'web', namespace: 'default' },
  spec: { nodeName: 'one', serviceAccountName: 'default', containers: [] },
} as object);

const users = {
  admin: person('kubernetes-admin', 'system:masters'),
  anonymous: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
  ann: person('ann'),
  scheduler: person('system:kube-scheduler'),
  controllers: person('system:kube-controller-manager'),
  node: person('system:node:one', 'system:nodes'),
  proxy: person('system:kube-proxy'),
  dns: person('system:coredns'),
  pod: person('system:serviceaccount:default:default', 'system:serviceaccounts'),
};

function person(name: string, ...groups: string[]): User {
  return { name, groups: [...groups, 'system:authenticated'] };
}

/** `get pods/log in default`, `get /healthz`, `list deployments.apps`, `get leases.x/name`. */
function ask(text: string): Attributes {
  const [verb = '', what = '', , namespace = ''] = text.split(' ');
  const none = { group: '', resource: '', subresource: '', namespace, name: '' };
  if (what.startsWith('/')) return { isResource: false, path: what, verb, ...none };
  const [target = '', name = ''] = what.split('#');
  const [path = '', ...group] = target.split('.');
  const [resource = '', subresource = ''] = path.split('/');
  const at = { group: group.join('.'), resource, subresource, namespace, name };
  return { isResource: true, path: '', verb, ...at };
}

const yes: [keyof typeof users, string][] = [
  ['admin', 'delete nodes#one'],
  ['admin', 'post /anything'],
  ['anonymous', 'get /healthz'],
  ['anonymous', 'get /livez'],
  ['anonymous', 'get /readyz'],
  ['anonymous', 'get /version'],
  ['ann', 'get /apis/apps/v1'],
  ['ann', 'get /openapi/v3'],
  ['ann', 'create selfsubjectaccessreviews.authorization.k8s.io'],
  ['scheduler', 'create pods/binding in default'],
  ['scheduler', 'watch pods'],
  ['scheduler', 'update leases.coordination.k8s.io#kube-scheduler in kube-system'],
  ['controllers', 'watch deployments.apps'],
  ['controllers', 'update deployments/status.apps in default'],
  ['controllers', 'create pods in default'],
  ['controllers', 'create endpointslices.discovery.k8s.io in default'],
  ['controllers', 'update namespaces/finalize#x'],
  ['controllers', 'deletecollection widgets.example.com in x'],
  ['node', 'create nodes'],
  ['node', 'patch nodes/status#one'],
  ['node', 'patch pods/status#web in default'],
  ['node', 'update leases.coordination.k8s.io#one in kube-node-lease'],
  ['node', 'create serviceaccounts/token#default in default'],
  ['proxy', 'watch endpointslices.discovery.k8s.io'],
  ['dns', 'list services'],
];

const no: [keyof typeof users, string][] = [
  ['anonymous', 'get /api'],
  ['anonymous', 'get /metrics'],
  ['anonymous', 'get /healthz/etcd'],
  ['anonymous', 'post /healthz'],
  ['anonymous', 'list pods in default'],
  ['ann', 'list pods in default'],
  ['ann', 'get /metrics'],
  ['pod', 'get secrets#a in default'],
  ['scheduler', 'get secrets#a in default'],
  ['scheduler', 'update leases.coordination.k8s.io#other in default'],
  ['controllers', 'create clusterrolebindings.rbac.authorization.k8s.io'],
  ['controllers', 'create pods/exec#web in default'],
  ['node', 'create deployments.apps in default'],
  ['node', 'update leases.coordination.k8s.io#kube-scheduler in kube-system'],
  ['node', 'create pods/exec#web in default'],
  ['proxy', 'list pods'],
  ['dns', 'list secrets'],
  ['dns', 'create services in default'],
];

for (const [who, what] of yes) {
  test(`${who} may ${what}`, (t) => t.true(authorize(users[who], ask(what)).allowed));
}
for (const [who, what] of no) {
  test(`${who} may not ${what}`, (t) => t.false(authorize(users[who], ask(what)).allowed));
}

test('a grant names the binding, the role and the subject it came from', (t) => {
  t.is(
    authorize(users.dns, ask('list pods')).reason,
    'RBAC: allowed by ClusterRoleBinding "system:coredns" of ClusterRole "system:coredns" ' +
      'to User "system:coredns"',
  );
});

const rbacGroup = 'rbac.authorization.k8s.io';
const reader = { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] };
const inX = (name: string) => ({ metadata: { name, namespace: 'x' } });
const binding = {
  ...inX('readers'),
  roleRef: { apiGroup: rbacGroup, kind: 'Role', name: 'reader' },
  subjects: [{ kind: 'User', apiGroup: rbacGroup, name: 'ann' }],
};

test('A102: a change of a role or of a binding counts from the next question on', (t) => {
  const world = createWorld();
  const may = (what: string) => world.authorize(users.ann, ask(what)).allowed;
  world.put(roleBindings, binding);
  t.false(may('get pods#a in x'));
  world.put(roles, { ...inX('reader'), ...reader } as object);
  t.true(may('get pods#a in x'));
  t.false(may('get pods#a in y'));
  world.put(roleBindings, { ...binding, subjects: [] } as object);
  t.false(may('get pods#a in x'));
  world.put(roleBindings, binding);
  world.remove(roles, inX('reader'));
  t.false(may('get pods#a in x'));
  world.put(roles, { ...inX('reader'), ...reader } as object);
  t.true(may('get pods#a in x'));
  world.remove(roleBindings, binding);
  t.false(may('get pods#a in x'));
});

test('A102: a binding whose role is not there says so', (t) => {
  const world = createWorld();
  world.put(roleBindings, binding);
  const { allowed, reason } = world.authorize(users.ann, ask('get pods#a in x'));
  t.false(allowed);
  t.is(reason, 'RBAC: role.rbac.authorization.k8s.io "reader" not found');
});

test('A102: a RoleBinding gives a ClusterRole within its own namespace', (t) => {
  const world = createBootstrapped();
  const roleRef = { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'view' };
  world.put(roleBindings, { ...binding, roleRef } as object);
  const may = (what: string) => world.authorize(users.ann, ask(what)).allowed;
  t.true(may('list pods in x'));
  t.false(may('list pods in y'));
  t.false(may('list pods'));
  t.false(may('list secrets in x'));
});

test('A102: admin holds what edit holds, and edit what view holds', (t) => {
  const world = createBootstrapped();
  const rulesOf = (name: string) =>
    new Set(
      world.rulesOfRole({ kind: 'ClusterRole', name }, '')!.map((rule) => JSON.stringify(rule)),
    );
  const [admin, edit, view] = ['admin', 'edit', 'view'].map(rulesOf);
  t.true(view!.size > 5);
  t.true([...view!].every((rule) => edit!.has(rule)));
  t.true([...edit!].every((rule) => admin!.has(rule)));
});

test('A102: system:masters may do everything, whatever the objects say', (t) => {
  t.true(createWorld().authorize(users.admin, ask('delete nodes#one')).allowed);
});

test('security A4: a binding in one namespace gives nothing of the cluster', (t) => {
  const world = createWorld();
  const all = { rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] };
  world.put(clusterRoles, { metadata: { name: 'reader' }, ...all } as object);
  const roleRef = { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'reader' };
  world.put(roleBindings, { ...binding, roleRef } as object);
  const may = (what: string) => world.authorize(users.ann, ask(what)).allowed;
  t.true(may('delete pods#a in x'));
  for (const what of ['get nodes#one', 'list pods', 'get namespaces#y', 'get /metrics']) {
    t.false(may(what), what);
  }
  world.put(clusterRoleBindings, { ...binding, metadata: { name: 'readers' }, roleRef } as object);
  t.true(may('get nodes#one'));
  t.false(may('get /metrics'));
});

const messages: [string, string][] = [
  [
    'list pods in default',
    'pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "default"',
  ],
  [
    'get deployments/scale.apps#web in x',
    'deployments.apps "web" is forbidden: User "ann" cannot get resource "deployments/scale" ' +
      'in API group "apps" in the namespace "x"',
  ],
  [
    'get nodes#one',
    'nodes "one" is forbidden: User "ann" cannot get resource "nodes" in API group "" at the cluster scope',
  ],
  ['get /metrics', 'forbidden: User "ann" cannot get path "/metrics"'],
];

for (const [what, want] of messages) {
  test(`the denial of ${what} reads as upstream's`, (t) => {
    t.is(forbiddenMessage(users.ann, ask(what)), want);
  });
}

test('the 403 names what was asked for in its details', (t) => {
  const info = { ...ask('get deployments.apps#web in x'), version: 'v1' };
  const error = forbiddenError(users.ann, { ...info, query: new URLSearchParams() });
  t.is(error.code, 403);
  t.deepEqual(error.details, { name: 'web', group: 'apps', kind: 'deployments' });
});
