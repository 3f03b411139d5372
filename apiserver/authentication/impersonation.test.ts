import test from 'ava';
import type { KubeObject } from '../../api/resource.ts';
import { clusterRoleBindings, clusterRoles } from '../../api/resources.ts';
import { StatusError } from '../../base/errors.ts';
import { createWorld } from '../authorization/testing.ts';
import type { RequestInfo, User } from '../request.ts';
import { impersonate } from './impersonation.ts';

const info: RequestInfo = {
  isResource: true,
  path: '',
  verb: 'list',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'dev',
  name: '',
  query: new URLSearchParams(),
};
const ann: User = { name: 'ann', groups: ['system:authenticated'] };

interface Right {
  readonly verb: string;
  readonly on: string; // `users`, `userextras/scopes.authentication.k8s.io`.
  readonly names?: readonly string[];
}

/** Who the request becomes, by rights of `ann`; headers as `Impersonate-User: bob`. */
function become(headers: readonly string[], rights: readonly Right[], by = ann): string {
  const world = createWorld();
  const rules = rights.map(({ verb, on, names }) => ({
    verbs: [verb],
    apiGroups: ['', 'authentication.k8s.io'],
    resources: [on],
    ...(names && { resourceNames: names }),
  }));
  world.put(clusterRoles, { metadata: { name: 'r' }, rules } as KubeObject);
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' };
  const subjects = [{ kind: 'User', name: by.name }];
  world.put(clusterRoleBindings, { metadata: { name: 'b' }, roleRef, subjects } as KubeObject);
  const rawHeaders = headers.flatMap((line) => line.split(': '));
  try {
    const { authorize } = world;
    const user = impersonate({ rawHeaders }, { requestor: by, info, authorize });
    const extra = Object.entries(user.extra ?? {}).map(([key, values]) => `${key}=${values}`);
    return [user.name, ...(user.uid ? [`uid:${user.uid}`] : []), ...user.groups, ...extra].join(
      ' ',
    );
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`;
    throw error;
  }
}

const users: Right = { verb: 'impersonate', on: 'users' };
const groups: Right = { verb: 'impersonate', on: 'groups' };

const cases: [string, string[], Right[], string][] = [
  ['nobody', [], [], 'ann system:authenticated'],
  ['a user', ['Impersonate-User: bob'], [users], 'bob system:authenticated'],
  [
    'one of some users',
    ['Impersonate-User: bob'],
    [{ ...users, names: ['bob'] }],
    'bob system:authenticated',
  ],
  [
    'groups, each in a header of its own',
    ['Impersonate-User: bob', 'impersonate-group: a', 'Impersonate-Group: b'],
    [users, groups],
    'bob a b system:authenticated',
  ],
  [
    'a uid and extra',
    [
      'Impersonate-User: bob',
      'Impersonate-Uid: 7',
      'Impersonate-Extra-Acme.com%2Fscope: x',
      'Impersonate-Extra-Acme.com%2Fscope: y',
    ],
    [
      users,
      { verb: 'impersonate', on: 'uids' },
      { verb: 'impersonate', on: 'userextras/acme.com/scope' },
    ],
    'bob uid:7 system:authenticated acme.com/scope=x,y',
  ],
  [
    'a service account, with its groups',
    ['Impersonate-User: system:serviceaccount:dev:builder'],
    [{ verb: 'impersonate', on: 'serviceaccounts' }],
    'system:serviceaccount:dev:builder system:serviceaccounts system:serviceaccounts:dev system:authenticated',
  ],
  [
    'the anonymous',
    ['Impersonate-User: system:anonymous'],
    [users],
    'system:anonymous system:unauthenticated',
  ],
  [
    'groups without a user',
    ['Impersonate-Group: system:masters'],
    [groups],
    '400 requested groups, uid or extra without impersonating a user',
  ],
];

for (const [name, headers, rights, want] of cases) {
  test(`apiserver A101: impersonating ${name}`, (t) => t.is(become(headers, rights), want));
}

const denied: [string, string[], Right[]][] = [
  ['a user without the right', ['Impersonate-User: bob'], []],
  ['another user than one may be', ['Impersonate-User: eve'], [{ ...users, names: ['bob'] }]],
  [
    'a second group that one may not have',
    ['Impersonate-User: bob', 'Impersonate-Group: dev', 'Impersonate-Group: system:masters'],
    [users, { ...groups, names: ['dev'] }],
  ],
  [
    'two groups in one header as one of them',
    ['Impersonate-User: bob', 'Impersonate-Group: dev, system:masters'],
    [users, { ...groups, names: ['dev', 'system:masters'] }],
  ],
  ['a service account as a user', ['Impersonate-User: system:serviceaccount:dev:builder'], [users]],
  ['a uid without its right', ['Impersonate-User: bob', 'Impersonate-Uid: 7'], [users]],
  ['extra without its right', ['Impersonate-User: bob', 'Impersonate-Extra-A: x'], [users]],
];

for (const [name, headers, rights] of denied) {
  test(`security A2: impersonating ${name} is refused`, (t) => {
    t.regex(become(headers, rights), /^403 .*cannot impersonate/);
  });
}

const onList = (mode: string): Right => ({ verb: `impersonate-on:${mode}:list`, on: 'pods' });

const constrained: [string, string[], Right[], string | RegExp][] = [
  [
    'a user, for this alone',
    ['Impersonate-User: bob', 'Impersonate-Group: dev'],
    [
      onList('user-info'),
      { verb: 'impersonate:user-info', on: 'users' },
      { verb: 'impersonate:user-info', on: 'groups' },
    ],
    'bob dev system:authenticated',
  ],
  [
    'a user, for something else',
    ['Impersonate-User: bob'],
    [
      { verb: 'impersonate-on:user-info:get', on: 'pods' },
      { verb: 'impersonate:user-info', on: 'users' },
    ],
    /^403 .*cannot impersonate-on:user-info:list resource "pods"/,
  ],
  [
    'an administrator',
    ['Impersonate-User: bob', 'Impersonate-Group: system:masters'],
    [onList('user-info'), { verb: 'impersonate:user-info', on: '*' }],
    /^403 .*system:masters group is not allowed/,
  ],
  [
    'a node',
    ['Impersonate-User: system:node:one'],
    [onList('arbitrary-node'), { verb: 'impersonate:arbitrary-node', on: 'nodes', names: ['one'] }],
    'system:node:one system:nodes system:authenticated',
  ],
  [
    'a service account',
    ['Impersonate-User: system:serviceaccount:dev:builder'],
    [onList('serviceaccount'), { verb: 'impersonate:serviceaccount', on: 'serviceaccounts' }],
    'system:serviceaccount:dev:builder system:serviceaccounts system:serviceaccounts:dev system:authenticated',
  ],
];

for (const [name, headers, rights, want] of constrained) {
  test(`apiserver A101: constrained impersonation of ${name}`, (t) => {
    const got = become(headers, rights);
    if (typeof want === 'string') t.is(got, want);
    else t.regex(got, want);
  });
}

test('apiserver A101: a pod may be its own node and no other', (t) => {
  const rights = [
    onList('associated-node'),
    { verb: 'impersonate:associated-node', on: 'nodes', names: ['*'] },
  ];
  const agent = {
    name: 'system:serviceaccount:kube-system:agent',
    groups: [],
    extra: { 'authentication.kubernetes.io/node-name': ['one'] },
  };
  t.is(
    become(['Impersonate-User: system:node:one'], rights, agent),
    'system:node:one system:nodes system:authenticated',
  );
  t.regex(become(['Impersonate-User: system:node:two'], rights, agent), /^403/);
});
