/** What each part of a cluster may do: upstream's `system:…` roles, as data. Pure. */
import { all, allow, core, events, type RoleTable, read, visit } from './rules.ts';

const certificates = 'certificates.k8s.io';
const requests = 'certificatesigningrequests';
const storage = 'storage.k8s.io';
const resource = 'resource.k8s.io';
const coordination = 'coordination.k8s.io';

/** To ask who somebody is, and whether they may do something. */
const delegation = [
  allow('create', 'authentication.k8s.io', 'tokenreviews'),
  allow('create', 'authorization.k8s.io', 'subjectaccessreviews'),
];

/** Narrowed to the node's own objects by the Node authorizer and by NodeRestriction. */
export const nodeRules = [
  allow('create', 'authentication.k8s.io', 'tokenreviews'),
  allow('create', 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'),
  allow(read, core, 'services'),
  allow(`create ${read}`, core, 'nodes'),
  allow('patch update', core, 'nodes/status'),
  allow('patch update', core, 'nodes'),
  events,
  allow(read, core, 'pods'),
  allow('create delete', core, 'pods'),
  allow('patch update', core, 'pods/status'),
  allow('create', core, 'pods/eviction'),
  allow(read, core, 'configmaps secrets'),
  allow('get', core, 'persistentvolumeclaims persistentvolumes'),
  allow('get', core, 'endpoints'),
  allow(`create ${read}`, certificates, requests),
  allow('create delete get patch update', coordination, 'leases'),
  allow('get', storage, 'volumeattachments'),
  allow('create', core, 'serviceaccounts/token'),
  allow('get patch update', core, 'persistentvolumeclaims/status'),
  allow(read, storage, 'csidrivers'),
  allow('create delete get patch update', storage, 'csinodes'),
  allow(read, 'node.k8s.io', 'runtimeclasses'),
  allow('get', resource, 'resourceclaims'),
  allow('deletecollection', resource, 'resourceslices'),
  allow('get', core, 'serviceaccounts'),
];

const schedulerRules = [
  events,
  allow('create', coordination, 'leases'),
  allow('get list update watch', coordination, 'leases', 'kube-scheduler'),
  allow(`${read} create update patch delete deletecollection`, coordination, 'leasecandidates'),
  allow(read, core, 'nodes'),
  allow(`delete ${read}`, core, 'pods'),
  allow('create', core, 'bindings pods/binding'),
  allow('patch update', core, 'pods/status'),
  allow(read, core, 'replicationcontrollers services'),
  allow(read, 'apps extensions', 'replicasets'),
  allow(read, 'apps', 'statefulsets'),
  allow(read, 'policy', 'poddisruptionbudgets'),
  allow(read, core, 'persistentvolumeclaims persistentvolumes'),
  ...delegation,
  allow(read, storage, 'csinodes'),
  allow(read, storage, 'volumeattachments'),
  allow(read, core, 'namespaces'),
  allow(read, storage, 'csidrivers'),
  allow(read, storage, 'csistoragecapacities'),
  allow(read, resource, 'deviceclasses'),
  allow(`${read} patch update`, resource, 'resourceclaims'),
  allow(`${read} patch update`, resource, 'resourceclaims/status'),
  allow('update', core, 'pods/finalizers'),
  allow(read, resource, 'resourceslices'),
  allow('create delete', resource, 'resourceclaims'),
  allow('patch update', resource, 'resourceclaims/binding'),
];

const controllerManagerRules = [
  events,
  allow('create', coordination, 'leases'),
  allow('get update', coordination, 'leases', 'kube-controller-manager'),
  allow('create', core, 'secrets serviceaccounts'),
  allow('delete', core, 'secrets'),
  allow('get', core, 'configmaps namespaces secrets serviceaccounts'),
  allow('update', core, 'secrets serviceaccounts'),
  ...delegation,
  allow('list watch', all, all),
  allow('create', core, 'serviceaccounts/token'),
];

const approverOf = (signer: string) => [
  allow('approve', certificates, 'signers', `kubernetes.io/${signer}`),
];

export const componentRoles: RoleTable = {
  'system:monitoring': [
    visit(
      'get',
      '/flagz /healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/* /statusz',
    ),
    allow('get', core, 'nodes/metrics'),
  ],
  'system:heapster': [
    allow(read, core, 'events namespaces nodes pods'),
    allow(read, 'extensions', 'deployments'),
  ],
  'system:node': nodeRules,
  'system:node-problem-detector': [
    allow('get', core, 'nodes'),
    allow('patch', core, 'nodes/status'),
    events,
  ],
  'system:node-bootstrapper': [allow(`create ${read}`, certificates, requests)],
  'system:auth-delegator': delegation,
  'system:kube-aggregator': [allow(read, core, 'endpoints services')],
  'system:kube-controller-manager': controllerManagerRules,
  'system:kube-dns': [allow('list watch', core, 'endpoints services')],
  'system:persistent-volume-provisioner': [
    allow(`create delete ${read}`, core, 'persistentvolumes'),
    allow(`${read} update`, core, 'persistentvolumeclaims'),
    allow(read, storage, 'storageclasses'),
    allow('watch', core, 'events'),
    events,
  ],
  [`system:${certificates}:${requests}:nodeclient`]: [
    allow('create', certificates, `${requests}/nodeclient`),
  ],
  [`system:${certificates}:${requests}:selfnodeclient`]: [
    allow('create', certificates, `${requests}/selfnodeclient`),
  ],
  'system:volume-scheduler': [
    allow(`${read} patch update`, core, 'persistentvolumes'),
    allow(read, storage, 'storageclasses'),
    allow(`${read} patch update`, core, 'persistentvolumeclaims'),
  ],
  [`system:${certificates}:legacy-unknown-approver`]: approverOf('legacy-unknown'),
  [`system:${certificates}:kubelet-serving-approver`]: approverOf('kubelet-serving'),
  [`system:${certificates}:kube-apiserver-client-approver`]: approverOf('kube-apiserver-client'),
  [`system:${certificates}:kube-apiserver-client-kubelet-approver`]: approverOf(
    'kube-apiserver-client-kubelet',
  ),
  'system:service-account-issuer-discovery': [
    visit(
      'get',
      '/.well-known/openid-configuration /.well-known/openid-configuration/ ' +
        '/openid/v1/jwks /openid/v1/jwks/',
    ),
  ],
  'system:kubelet-api-admin': [
    allow(read, core, 'nodes'),
    allow('proxy', core, 'nodes'),
    allow(all, core, 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
    allow(all, core, 'nodes/configz nodes/healthz nodes/pods'),
  ],
  'system:node-proxier': [
    allow('list watch', core, 'endpoints services'),
    allow(read, core, 'nodes'),
    events,
    allow('list watch', 'networking.k8s.io', 'servicecidrs'),
    allow('list watch', 'discovery.k8s.io', 'endpointslices'),
  ],
  'system:kube-scheduler': schedulerRules,
};
