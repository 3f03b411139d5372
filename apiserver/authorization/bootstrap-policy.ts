/**
 * Who may do what before anybody wrote a Role: upstream's bootstrap policy, as data. Pure.
 *
 * Upstream's user-facing roles (admin, edit, view) are bound to nobody, so they come with the
 * RBAC objects that could bind them.
 */
import { controllerBindings } from './bootstrap-controllers.ts';
import type { Binding, PolicyRule, Subject } from './rbac.ts';
import { all, allow, core, read } from './rules.ts';

const user = (name: string): Subject => ({ kind: 'User', name });
const group = (name: string): Subject => ({ kind: 'Group', name });

function bind(role: string, subjects: readonly Subject[], rules: readonly PolicyRule[]): Binding {
  return { name: role, role, subjects, rules };
}

const paths = (text: string): PolicyRule => ({ verbs: ['get'], nonResourceURLs: text.split(' ') });

const events = allow('create patch update', `${core} events.k8s.io`, 'events');

const everybody = [group('system:authenticated'), group('system:unauthenticated')];
const authenticated = [group('system:authenticated')];

const discovery: readonly PolicyRule[] = [
  paths('/livez /readyz /healthz /version /version/'),
  paths('/openapi /openapi/* /api /api/* /apis /apis/*'),
];

const basicUser: readonly PolicyRule[] = [
  allow('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
  allow('create', 'authentication.k8s.io', 'selfsubjectreviews'),
];

/** Leader election: a lease anybody of the kind may create, but only its own it may take. */
const election = (lease: string): PolicyRule[] => [
  allow('create', 'coordination.k8s.io', 'leases'),
  allow('get list update watch', 'coordination.k8s.io', 'leases', lease),
];

const delegation: readonly PolicyRule[] = [
  allow('create', 'authentication.k8s.io', 'tokenreviews'),
  allow('create', 'authorization.k8s.io', 'subjectaccessreviews localsubjectaccessreviews'),
];

const scheduler: readonly PolicyRule[] = [
  events,
  ...election('kube-scheduler'),
  ...delegation,
  allow(read, core, 'namespaces nodes replicationcontrollers services'),
  allow('get list watch delete', core, 'pods'),
  allow('create', core, 'bindings pods/binding'),
  allow('patch update', core, 'pods/status'),
  allow(read, 'apps', 'replicasets statefulsets'),
  allow(read, 'policy', 'poddisruptionbudgets'),
  allow(`${read} patch update`, core, 'persistentvolumeclaims persistentvolumes'),
  allow(read, 'storage.k8s.io', 'csidrivers csinodes csistoragecapacities storageclasses'),
  allow(read, 'storage.k8s.io', 'volumeattachments'),
  allow(read, 'resource.k8s.io', 'deviceclasses devicetaintrules resourceslices'),
  allow(`${read} patch update`, 'resource.k8s.io', 'resourceclaims resourceclaims/status'),
];

/** What its shared caches and its election need; the controllers' own rights come beside it. */
const controllerManager: readonly PolicyRule[] = [
  events,
  ...election('kube-controller-manager'),
  ...delegation,
  allow('list watch', all, all),
  allow('get', core, 'namespaces secrets serviceaccounts configmaps'),
  allow('create', core, 'secrets serviceaccounts serviceaccounts/token'),
  allow('update', core, 'secrets serviceaccounts'),
  allow('delete', core, 'secrets'),
];

/** Narrowed to the node's own objects by the NodeRestriction admission plugin. */
const node: readonly PolicyRule[] = [
  ...delegation,
  events,
  allow(read, core, 'services'),
  allow('create get list watch update patch', core, 'nodes'),
  allow('update patch', core, 'nodes/status'),
  allow('get list watch create delete', core, 'pods'),
  allow('update patch', core, 'pods/status'),
  allow('create', core, 'pods/eviction'),
  allow(read, core, 'secrets configmaps'),
  allow('get', core, 'persistentvolumeclaims persistentvolumes endpoints'),
  allow(read, core, 'serviceaccounts'),
  allow('create', core, 'serviceaccounts/token'),
  allow('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests'),
  allow('get', 'storage.k8s.io', 'volumeattachments'),
  allow(read, 'storage.k8s.io', 'csidrivers'),
  allow('get create update patch delete', 'storage.k8s.io', 'csinodes'),
  allow(read, 'node.k8s.io', 'runtimeclasses'),
  allow('get', 'resource.k8s.io', 'resourceclaims'),
];

/** Heartbeats: a Role in kube-node-lease, so that no node can take a leader's lease. */
const nodeLeases: Binding = {
  ...bind(
    'system:node',
    [group('system:nodes')],
    [allow('get list watch create update patch delete', 'coordination.k8s.io', 'leases')],
  ),
  namespace: 'kube-node-lease',
};

const proxier: readonly PolicyRule[] = [
  events,
  allow('list watch', core, 'services endpoints'),
  allow(read, core, 'nodes namespaces'),
  allow('list watch', 'discovery.k8s.io', 'endpointslices'),
  allow('list watch', 'networking.k8s.io', 'servicecidrs networkpolicies'),
];

const dns: readonly PolicyRule[] = [
  allow('list watch', core, 'endpoints services pods namespaces'),
  allow('list watch', 'discovery.k8s.io', 'endpointslices'),
];

export const bootstrapBindings: readonly Binding[] = [
  bind(
    'cluster-admin',
    [group('system:masters')],
    [allow(all, all, all), { verbs: ['*'], nonResourceURLs: ['*'] }],
  ),
  bind('system:public-info-viewer', everybody, [
    paths('/healthz /livez /readyz /version /version/'),
  ]),
  bind('system:discovery', authenticated, discovery),
  bind('system:basic-user', authenticated, basicUser),
  bind('system:kube-scheduler', [user('system:kube-scheduler')], scheduler),
  bind(
    'system:kube-controller-manager',
    [user('system:kube-controller-manager')],
    controllerManager,
  ),
  bind('system:node', [group('system:nodes')], node),
  nodeLeases,
  bind('system:node-proxier', [user('system:kube-proxy')], proxier),
  bind('system:coredns', [user('system:coredns')], dns),
  bind(
    'system:service-account-issuer-discovery',
    [group('system:serviceaccounts')],
    [paths('/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks')],
  ),
  bind(
    'system:monitoring',
    [group('system:monitoring')],
    [paths('/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*')],
  ),
  ...controllerBindings,
];
