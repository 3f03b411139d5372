/**
 * Who may do what before anybody wrote a Role: upstream's bootstrap policy as the objects that
 * the server writes when it starts. Pure.
 */
import type { ObjectMeta } from '../../api/types/meta-v1.generated.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  PolicyRule as RuleObject,
  Subject,
} from '../../api/types/rbac-v1.generated.ts';
import { componentRoles } from './bootstrap-components.ts';
import { controllerRoles } from './bootstrap-controllers.ts';
import { ownRoles } from './bootstrap-own.ts';
import { aggregatedRoles, gatheredRoles, userRoles } from './bootstrap-users.ts';
import type { PolicyRule } from './rbac.ts';
import { allow, core, events, read } from './rules.ts';

const rbacGroup = 'rbac.authorization.k8s.io';
const system = 'kube-system';

/** On whatever the server itself keeps; `false` leaves the object to its owner. */
export const autoUpdate = 'rbac.authorization.kubernetes.io/autoupdate';

function metadata(name: string, more: Partial<ObjectMeta> = {}): ObjectMeta {
  return {
    name,
    ...more,
    annotations: { [autoUpdate]: 'true' },
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...more.labels },
  };
}

const copyRules = (rules: readonly PolicyRule[]) => structuredClone(rules) as RuleObject[];

function labelsOf(name: string): Partial<ObjectMeta> {
  const label = gatheredRoles[name];
  return label === undefined ? {} : { labels: { [label]: 'true' } };
}

const controller = (name: string) => `system:controller:${name}`;

function makeClusterRoles(): ClusterRole[] {
  const byController = Object.entries(controllerRoles).map(
    ([name, rules]) => [controller(name), rules] as const,
  );
  const plain = { ...userRoles, ...componentRoles, ...ownRoles };
  return [
    ...Object.entries(aggregatedRoles).map(([name, label]) => ({
      metadata: metadata(name, labelsOf(name)),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
      rules: [],
    })),
    ...[...Object.entries(plain), ...byController].map(([name, rules]) => ({
      metadata: metadata(name, labelsOf(name)),
      rules: copyRules(rules),
    })),
  ];
}

const user = (name: string): Subject => ({ kind: 'User', apiGroup: rbacGroup, name });
const group = (name: string): Subject => ({ kind: 'Group', apiGroup: rbacGroup, name });
const account = (name: string): Subject => ({ kind: 'ServiceAccount', name, namespace: system });

const roleRef = (kind: 'ClusterRole' | 'Role', name: string) => ({
  apiGroup: rbacGroup,
  kind,
  name,
});

const everybody = [group('system:authenticated'), group('system:unauthenticated')];
const authenticated = [group('system:authenticated')];

const subjectsOf: Readonly<Record<string, readonly Subject[]>> = {
  'cluster-admin': [group('system:masters')],
  'system:monitoring': [group('system:monitoring')],
  'system:discovery': authenticated,
  'system:basic-user': authenticated,
  'system:public-info-viewer': everybody,
  'system:node-proxier': [user('system:kube-proxy')],
  'system:kube-controller-manager': [user('system:kube-controller-manager')],
  'system:kube-dns': [account('kube-dns')],
  'system:kube-scheduler': [user('system:kube-scheduler')],
  'system:volume-scheduler': [user('system:kube-scheduler')],
  // Nodes get theirs from the Node authorizer.
  'system:node': [],
  'system:service-account-issuer-discovery': [group('system:serviceaccounts')],
  'wherry:controllers': [user('system:kube-controller-manager')],
  'wherry:network-policy': [user('system:network-policy')],
  'system:coredns': [user('system:coredns'), account('coredns')],
};

function makeClusterRoleBindings(): ClusterRoleBinding[] {
  const bind = (name: string, subjects: readonly Subject[]): ClusterRoleBinding => ({
    metadata: metadata(name),
    roleRef: roleRef('ClusterRole', name),
    ...(subjects.length > 0 && { subjects: [...subjects] }),
  });
  return [
    ...Object.entries(subjectsOf).map(([name, subjects]) => bind(name, subjects)),
    ...Object.keys(controllerRoles).map((name) => bind(controller(name), [account(name)])),
  ];
}

const leader = (component: string) => `system::leader-locking-${component}`;
const electionRules = [
  allow(`${read} create update`, 'coordination.k8s.io', 'leases'),
  allow(`${read} create update`, 'coordination.k8s.io', 'leasecandidates'),
];
const reader = 'extension-apiserver-authentication-reader';

function makeRoles(): Role[] {
  const role = (namespace: string, name: string, rules: readonly PolicyRule[]): Role => ({
    metadata: metadata(name, { namespace }),
    rules: copyRules(rules),
  });
  return [
    role(system, reader, [allow(read, core, 'configmaps', 'extension-apiserver-authentication')]),
    role(system, controller('bootstrap-signer'), [allow(read, core, 'secrets')]),
    role(system, controller('cloud-provider'), [allow(`create ${read}`, core, 'configmaps')]),
    role(system, controller('token-cleaner'), [allow(`delete ${read}`, core, 'secrets'), events]),
    role(system, leader('kube-controller-manager'), electionRules),
    role(system, leader('kube-scheduler'), electionRules),
    role('kube-public', controller('bootstrap-signer'), [
      allow(read, core, 'configmaps'),
      allow('update', core, 'configmaps', 'cluster-info'),
      events,
    ]),
  ];
}

function makeRoleBindings(): RoleBinding[] {
  const [manager, scheduler] = ['kube-controller-manager', 'kube-scheduler'];
  const bind = (
    namespace: string,
    name: string,
    { role = name, subjects }: { role?: string; subjects: Subject[] },
  ): RoleBinding => ({
    metadata: metadata(name, { namespace }),
    roleRef: roleRef('Role', role),
    subjects,
  });
  const own = (namespace: string, name: string) =>
    bind(namespace, controller(name), { subjects: [account(name)] });
  return [
    bind(system, `system::${reader}`, {
      role: reader,
      subjects: [user(`system:${manager}`), user(`system:${scheduler}`)],
    }),
    bind(system, leader(manager), {
      subjects: [
        user(`system:${manager}`),
        account(manager),
        account('leader-election-controller'),
      ],
    }),
    bind(system, leader(scheduler), {
      subjects: [user(`system:${scheduler}`), account(scheduler)],
    }),
    own(system, 'bootstrap-signer'),
    own(system, 'cloud-provider'),
    own(system, 'token-cleaner'),
    own('kube-public', 'bootstrap-signer'),
  ];
}

export interface Policy {
  readonly clusterRoles: readonly ClusterRole[];
  readonly clusterRoleBindings: readonly ClusterRoleBinding[];
  readonly roles: readonly Role[];
  readonly roleBindings: readonly RoleBinding[];
}

export const makePolicy = (): Policy => ({
  clusterRoles: makeClusterRoles(),
  clusterRoleBindings: makeClusterRoleBindings(),
  roles: makeRoles(),
  roleBindings: makeRoleBindings(),
});
