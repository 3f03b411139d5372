import test from 'ava';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../resources.ts';
import { checkCases, draftOf } from './testing.ts';

const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };

test(
  'roles: rules are on resources of a namespace',
  checkCases(roles, {
    nothing: { object: {}, want: [] },
    'a name with a colon': { object: { metadata: { name: 'system:x' }, rules: [rule] }, want: [] },
    'a name that is no part of a path': {
      object: { metadata: { name: 'a/b%c' } },
      want: [
        `metadata.name: Invalid value: "a/b%c": may not contain '/'`,
        `metadata.name: Invalid value: "a/b%c": may not contain '%'`,
      ],
    },
    'an empty rule': {
      object: { rules: [{}] },
      want: [
        'rules[0].verbs: Required value: verbs must contain at least one value',
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    },
    'a URL': {
      object: { rules: [{ ...rule, nonResourceURLs: ['/x'] }] },
      want: [
        'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
        'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
      ],
    },
  }),
);

test(
  'clusterroles: rules may be on URLs, and come from other roles',
  checkCases(clusterRoles, {
    'a URL': { object: { rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] }, want: [] },
    'no selector': {
      object: { aggregationRule: {} },
      want: [
        'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
      ],
    },
  }),
);

const roleRef = { kind: 'Role', name: 'a' };

test(
  'rolebindings: the role stays, the subjects are known',
  checkCases(roleBindings, {
    'a role': { object: { roleRef }, want: [] },
    'no role': { object: {}, want: ['roleRef: Required value'] },
    'another role': {
      object: { roleRef: { kind: 'Role', name: 'b' } },
      old: { roleRef },
      want: [
        'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"b"}: cannot change roleRef',
      ],
    },
    'another kind': {
      object: { roleRef: { kind: 'Pod', name: 'b' } },
      want: ['roleRef.kind: Unsupported value: "Pod": supported values: "Role", "ClusterRole"'],
    },
    'an account of the same namespace': {
      object: { roleRef, subjects: [{ kind: 'ServiceAccount', name: 'a' }] },
      want: [],
    },
    'strange subjects': {
      object: {
        roleRef,
        subjects: [
          { kind: 'Pod', name: 'a' },
          { kind: 'User', name: 'a', apiGroup: 'x' },
          { kind: 'ServiceAccount', name: 'A', apiGroup: 'x' },
        ],
      },
      want: [
        'subjects[0].kind: Unsupported value: "Pod": supported values: "ServiceAccount", "User", "Group"',
        'subjects[1].apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"',
        `subjects[2].name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
        'subjects[2].apiGroup: Unsupported value: "x": supported values: ""',
      ],
    },
  }),
);

test(
  'clusterrolebindings: accounts say their namespace',
  checkCases(clusterRoleBindings, {
    'a Role': {
      object: { roleRef },
      want: ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
    },
    'an account of no namespace': {
      object: {
        roleRef: { kind: 'ClusterRole', name: 'a' },
        subjects: [{ kind: 'ServiceAccount', name: 'a' }],
      },
      want: ['subjects[0].namespace: Required value'],
    },
  }),
);

test('a binding says the group of its role and of users', (t) => {
  const subjects = [
    { kind: 'User', name: 'u' },
    { kind: 'ServiceAccount', name: 'a' },
  ];
  const binding = draftOf(roleBindings, { roleRef, subjects });
  t.is(binding.roleRef.apiGroup, 'rbac.authorization.k8s.io');
  t.deepEqual(binding.subjects, [
    { kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' },
    { kind: 'ServiceAccount', name: 'a' },
  ]);
});
