import test from 'ava';
import type { KubeObject, Resource } from '../../api/resource.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../../api/resources.ts';
import { StatusError } from '../../base/errors.ts';
import { admissionRequest } from '../admission/testing.ts';
import type { User } from '../request.ts';
import { createEscalationCheck } from './escalation.ts';
import { createBootstrapped } from './testing.ts';

const group = 'rbac.authorization.k8s.io';
const ann: User = { name: 'ann', groups: ['dev', 'system:authenticated'] };
const rule = (verbs: string, resources: string) => ({
  verbs: verbs.split(' '),
  apiGroups: [''],
  resources: resources.split(' '),
});

/** Ann may write roles and bindings in `dev`, and reads pods there; `more` are her other rules. */
function setUp(...more: object[]) {
  const world = createBootstrapped();
  const own = { metadata: { name: 'ann', namespace: 'dev' } };
  const rules = [
    rule('get list', 'pods'),
    { ...rule('*', 'roles rolebindings'), apiGroups: [group] },
  ];
  const subjects = [{ kind: 'User', name: 'ann' }];
  const roleRef = { apiGroup: group, kind: 'Role', name: 'ann' };
  const withAll = rules.filter(({ apiGroups }) => apiGroups[0] === '');
  world.put(roles, { ...own, rules: [...withAll, ...more] } as KubeObject);
  world.put(roleBindings, { ...own, roleRef, subjects } as KubeObject);
  const check = createEscalationCheck(world);
  const ask = (resource: Resource<never>, object: object, old?: object, user = ann): string => {
    const parts = { object, ...(old && { old }), user } as Parameters<typeof admissionRequest>[1];
    try {
      void check.validate?.(admissionRequest(resource as unknown as Resource, parts));
      return 'allowed';
    } catch (error) {
      if (error instanceof StatusError) return `${error.code} ${error.message}`;
      throw error;
    }
  };
  return { world, ask };
}

const role = (...rules: object[]) => ({ metadata: { name: 'r', namespace: 'dev' }, rules });
const binding = (kind: string, name: string) => ({
  metadata: { name: 'b', namespace: 'dev' },
  roleRef: { apiGroup: group, kind, name },
  subjects: [{ kind: 'User', name: 'bob' }],
});
const refusal =
  'roles.rbac.authorization.k8s.io "r" is forbidden: user "ann" ' +
  '(groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n';

test('security A2: whoever writes a role gives no more than is theirs', (t) => {
  const { ask } = setUp();
  t.is(ask(roles as never, role(rule('get', 'pods'))), 'allowed');
  t.is(
    ask(roles as never, role(rule('get delete', 'pods secrets'))),
    `403 ${refusal}{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}\n` +
      '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}',
  );
  t.regex(ask(roles as never, role({ verbs: ['get'], nonResourceURLs: ['/metrics'] })), /^403/);
});

test('security A2: what is right in one namespace cannot be given in another, or everywhere', (t) => {
  const { ask } = setUp();
  const elsewhere = { metadata: { name: 'r', namespace: 'prod' }, rules: [rule('get', 'pods')] };
  t.regex(ask(roles as never, elsewhere), /^403 .*not currently held/);
  const everywhere = { metadata: { name: 'r' }, rules: [rule('get', 'pods')] };
  t.regex(ask(clusterRoles as never, everywhere), /^403 .*not currently held/);
});

test('apiserver A102: `escalate` lets a role be written whatever is in it', (t) => {
  const { ask } = setUp({ ...rule('escalate', 'roles'), apiGroups: [group] });
  t.is(ask(roles as never, role(rule('*', 'secrets'))), 'allowed');
  t.regex(
    ask(clusterRoles as never, { metadata: { name: 'r' }, rules: [rule('get', 'x')] }),
    /^403/,
  );
});

test('apiserver A102: an update is judged by all that the role holds', (t) => {
  const { ask } = setUp();
  const [before, after] = [role(rule('get', 'secrets')), role(rule('get list', 'pods'))];
  t.is(ask(roles as never, after, before), 'allowed');
  t.regex(
    ask(
      roles as never,
      { ...before, metadata: { ...before.metadata, labels: { a: 'b' } } },
      before,
    ),
    /^403/,
  );
});

test('apiserver A102: the garbage collector may take off what holds an object', (t) => {
  const { ask } = setUp();
  const held = role(rule('get', 'secrets'));
  const before = { ...held, metadata: { ...held.metadata, finalizers: ['a/b'] } };
  t.is(ask(roles as never, held, before), 'allowed');
});

test('security A2: whoever writes a binding holds what its role gives', (t) => {
  const { ask, world } = setUp();
  world.put(roles, role(rule('get', 'pods')) as KubeObject);
  t.is(ask(roleBindings as never, binding('Role', 'r')), 'allowed');
  t.regex(
    ask(roleBindings as never, binding('ClusterRole', 'edit')),
    /^403 rolebindings.*not currently held/,
  );
  t.is(
    ask(roleBindings as never, binding('Role', 'none')),
    '404 roles.rbac.authorization.k8s.io "none" not found',
  );
  const { namespace: _, ...metadata } = binding('Role', 'r').metadata;
  t.regex(
    ask(clusterRoleBindings as never, { ...binding('ClusterRole', 'view'), metadata }),
    /^403/,
  );
});

test('apiserver A102: `bind` lets one role be bound, and no other', (t) => {
  const may = { ...rule('bind', 'clusterroles'), apiGroups: [group], resourceNames: ['edit'] };
  const { ask } = setUp(may);
  t.is(ask(roleBindings as never, binding('ClusterRole', 'edit')), 'allowed');
  t.regex(ask(roleBindings as never, binding('ClusterRole', 'admin')), /^403/);
});

test('security A2: only who may do everything may gather the rules of others', (t) => {
  const gathering = {
    metadata: { name: 'r' },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
  };
  const { ask, world } = setUp();
  t.is(
    ask(clusterRoles as never, gathering),
    '403 clusterroles.rbac.authorization.k8s.io "r" is forbidden: ' +
      'must have cluster-admin privileges to use the aggregationRule',
  );
  const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' };
  const subjects = [{ kind: 'User', name: 'ann' }];
  world.put(clusterRoleBindings, { metadata: { name: 'x' }, roleRef, subjects } as KubeObject);
  t.is(ask(clusterRoles as never, gathering), 'allowed');
});

test('apiserver A102: system:masters give what they like', (t) => {
  const { ask } = setUp();
  const root = { name: 'root', groups: ['system:masters'] };
  t.is(ask(roles as never, role(rule('*', '*')), undefined, root), 'allowed');
});
