/** What each controller may do: upstream's `system:controller:…` roles, as data. Pure. */
import { all, allow, core, events, type RoleTable, read } from './rules.ts';

const both = 'apps extensions';
const storage = 'storage.k8s.io';
const resource = 'resource.k8s.io';
const certificates = 'certificates.k8s.io';
const admission = 'admissionregistration.k8s.io';

const makePods = allow('create delete list patch watch', core, 'pods');

const workloads: RoleTable = {
  'cronjob-controller': [
    allow(`${read} update`, 'batch', 'cronjobs'),
    allow(`${read} create delete patch update`, 'batch', 'jobs'),
    allow('update', 'batch', 'cronjobs/status'),
    allow('update', 'batch', 'cronjobs/finalizers'),
    allow('delete list watch', core, 'pods'),
    events,
  ],
  'daemon-set-controller': [
    allow(read, both, 'daemonsets'),
    allow('update', both, 'daemonsets/status'),
    allow('update', both, 'daemonsets/finalizers'),
    allow('list watch', core, 'nodes'),
    makePods,
    allow('create', core, 'pods/binding'),
    allow(`${read} create delete patch update`, 'apps', 'controllerrevisions'),
    events,
  ],
  'deployment-controller': [
    allow(`${read} update`, both, 'deployments'),
    allow('update', both, 'deployments/status'),
    allow('update', both, 'deployments/finalizers'),
    allow(`${read} create delete patch update`, both, 'replicasets'),
    allow(`${read} update`, core, 'pods'),
    events,
  ],
  'disruption-controller': [
    allow(read, both, 'deployments'),
    allow(read, both, 'replicasets'),
    allow(read, core, 'replicationcontrollers'),
    allow(read, 'policy', 'poddisruptionbudgets'),
    allow(read, 'apps', 'statefulsets'),
    allow('update', 'policy', 'poddisruptionbudgets/status'),
    allow('patch update', core, 'pods/status'),
    allow('get', all, '*/scale'),
    events,
  ],
  'horizontal-pod-autoscaler': [
    allow(read, 'autoscaling', 'horizontalpodautoscalers'),
    allow('update', 'autoscaling', 'horizontalpodautoscalers/status'),
    allow('get update', all, '*/scale'),
    allow('list watch', core, 'pods'),
    allow('list watch', 'metrics.k8s.io', 'pods'),
    allow(read, 'custom.metrics.k8s.io', all),
    allow(read, 'external.metrics.k8s.io', all),
    events,
  ],
  'job-controller': [
    allow(`${read} patch update`, 'batch', 'jobs'),
    allow('update', 'batch', 'jobs/status'),
    allow('update', 'batch', 'jobs/finalizers'),
    makePods,
    events,
  ],
  'replicaset-controller': [
    allow(`${read} update`, both, 'replicasets'),
    allow('update', both, 'replicasets/status'),
    allow('update', both, 'replicasets/finalizers'),
    makePods,
    events,
  ],
  'replication-controller': [
    allow(`${read} update`, core, 'replicationcontrollers'),
    allow('update', core, 'replicationcontrollers/status'),
    allow('update', core, 'replicationcontrollers/finalizers'),
    makePods,
    events,
  ],
  'statefulset-controller': [
    allow('list watch', core, 'pods'),
    allow(read, 'apps', 'statefulsets'),
    allow('update', 'apps', 'statefulsets/status'),
    allow('update', 'apps', 'statefulsets/finalizers'),
    allow('create delete get patch update', core, 'pods'),
    allow(`${read} create delete patch update`, 'apps', 'controllerrevisions'),
    allow(`${read} create`, core, 'persistentvolumeclaims'),
    allow('delete update', core, 'persistentvolumeclaims'),
    allow('update', core, 'pods/finalizers'),
    events,
  ],
  'ttl-after-finished-controller': [allow(`${read} delete`, 'batch', 'jobs'), events],
};

const writeSlices = allow(`${read} create delete update`, 'discovery.k8s.io', 'endpointslices');
const cidrs = 'servicecidrs';

const network: RoleTable = {
  'endpoint-controller': [
    allow(read, core, 'pods services'),
    allow(`${read} create delete update`, core, 'endpoints'),
    allow('create', core, 'endpoints/restricted'),
    events,
  ],
  'endpointslice-controller': [
    allow(read, core, 'nodes pods services'),
    // So that what it makes may block the end of the Service that owns it.
    allow('update', core, 'services/finalizers'),
    writeSlices,
    events,
  ],
  'endpointslicemirroring-controller': [
    allow(read, core, 'endpoints services'),
    allow('update', core, 'services/finalizers'),
    allow('update', core, 'endpoints/finalizers'),
    writeSlices,
    events,
  ],
  'route-controller': [
    allow('list watch', core, 'nodes'),
    allow('patch', core, 'nodes/status'),
    events,
  ],
  'service-controller': [
    allow(read, core, 'services'),
    allow('patch update', core, 'services/status'),
    allow('list watch', core, 'nodes'),
    events,
  ],
  'service-cidrs-controller': [
    allow(`${read} patch update`, 'networking.k8s.io', cidrs),
    allow('patch update', 'networking.k8s.io', `${cidrs}/finalizers`),
    allow('patch update', 'networking.k8s.io', `${cidrs}/status`),
    allow(read, 'networking.k8s.io', 'ipaddresses'),
    events,
  ],
};

const nodes: RoleTable = {
  'node-controller': [
    allow(`${read} delete patch update`, core, 'nodes'),
    allow('patch update', core, 'nodes/status'),
    allow('patch update', core, 'pods/status'),
    allow(`${read} delete`, core, 'pods'),
    events,
  ],
  'pod-garbage-collector': [
    allow('delete list watch', core, 'pods'),
    allow(read, core, 'nodes'),
    allow('patch', core, 'pods/status'),
  ],
  'ttl-controller': [allow('list patch update watch', core, 'nodes'), events],
  'device-taint-eviction-controller': [
    allow(`${read} delete`, core, 'pods'),
    allow('patch update', core, 'pods/status'),
    allow(read, resource, 'resourceclaims'),
    allow(read, resource, 'resourceslices'),
    allow(read, resource, 'deviceclasses'),
    events,
  ],
  'resource-claim-controller': [
    allow(read, core, 'pods'),
    allow('update', core, 'pods/finalizers'),
    allow(`${read} create delete`, resource, 'resourceclaims'),
    allow('patch update', resource, 'resourceclaims resourceclaims/status'),
    allow('patch update', core, 'pods/status'),
    events,
    allow('patch update', resource, 'resourceclaims/binding'),
  ],
};

const claims = 'persistentvolumeclaims';
const volumes = 'persistentvolumes';

const storageRoles: RoleTable = {
  'attachdetach-controller': [
    allow('list watch', core, `${claims} ${volumes}`),
    allow(read, core, 'nodes'),
    allow('patch update', core, 'nodes/status'),
    allow('list watch', core, 'pods'),
    events,
    allow(`${read} create delete`, storage, 'volumeattachments'),
    allow(read, storage, 'csidrivers'),
    allow(read, storage, 'csinodes'),
  ],
  'ephemeral-volume-controller': [
    allow(read, core, 'pods'),
    allow('update', core, 'pods/finalizers'),
    allow(`${read} create`, core, claims),
    events,
  ],
  'expand-controller': [
    allow(`${read} patch update`, core, volumes),
    allow('patch update', core, `${claims}/status`),
    allow(read, core, claims),
    events,
  ],
  'persistent-volume-binder': [
    allow(`${read} create delete update`, core, volumes),
    allow('update', core, `${volumes}/status`),
    allow(`${read} update`, core, claims),
    allow('update', core, `${claims}/status`),
    allow(`${read} create delete`, core, 'pods'),
    allow(read, storage, 'storageclasses'),
    allow('list watch', core, 'nodes'),
    events,
    allow('watch', core, 'events'),
  ],
  'pv-protection-controller': [allow(`${read} update`, core, volumes), events],
  'pvc-protection-controller': [
    allow(`${read} update`, core, claims),
    allow('update', core, `${claims}/status`),
    allow(read, core, 'pods'),
    events,
  ],
  'selinux-warning-controller': [
    events,
    allow(read, core, volumes),
    allow(read, core, claims),
    allow(read, core, 'pods'),
    allow(read, storage, 'csidrivers'),
  ],
  'volumeattributesclass-protection-controller': [
    allow(read, core, claims),
    allow(read, core, volumes),
    allow(`${read} update`, storage, 'volumeattributesclasses'),
    events,
  ],
};

const signer = (names: string) =>
  names
    .split(' ')
    .map((name) => `kubernetes.io/${name}`)
    .join(' ');

const cluster: RoleTable = {
  'certificate-controller': [
    allow(`${read} delete`, certificates, 'certificatesigningrequests'),
    allow(
      'update',
      certificates,
      'certificatesigningrequests/approval certificatesigningrequests/status',
    ),
    allow('approve', certificates, 'signers', signer('kube-apiserver-client-kubelet')),
    allow(
      'sign',
      certificates,
      'signers',
      signer('kube-apiserver-client kube-apiserver-client-kubelet kubelet-serving legacy-unknown'),
    ),
    allow('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    events,
  ],
  'clusterrole-aggregation-controller': [
    allow(`escalate ${read} patch update`, 'rbac.authorization.k8s.io', 'clusterroles'),
  ],
  'generic-garbage-collector': [allow(`${read} delete patch update`, all, all), events],
  'legacy-service-account-token-cleaner': [
    allow('get', core, 'configmaps', 'kube-apiserver-legacy-service-account-token-tracking'),
    allow('delete patch', core, 'secrets'),
  ],
  'namespace-controller': [
    allow(`${read} delete`, core, 'namespaces'),
    allow('update', core, 'namespaces/finalize namespaces/status'),
    allow(`${read} delete deletecollection`, all, all),
  ],
  'resourcequota-controller': [
    allow('list watch', all, all),
    allow('update', core, 'resourcequotas/status'),
    events,
  ],
  'root-ca-cert-publisher': [allow('create update', core, 'configmaps'), events],
  'service-account-controller': [allow('create', core, 'serviceaccounts'), events],
  'validatingadmissionpolicy-status-controller': [
    allow(read, admission, 'validatingadmissionpolicies'),
    allow('get patch update', admission, 'validatingadmissionpolicies/status'),
    events,
  ],
};

/** By the name of the controller, which is also the name of its service account in kube-system. */
export const controllerRoles: RoleTable = {
  ...workloads,
  ...network,
  ...nodes,
  ...storageRoles,
  ...cluster,
};
