/**
 * What each controller may do: upstream's `system:controller:*` roles, as data. Pure.
 *
 * Each is bound to its own service account in kube-system, as upstream has it, and to the
 * controller manager's certificate, under which our controllers run.
 */
import type { Binding, PolicyRule } from './rbac.ts';
import { all, allow, core, read } from './rules.ts';

const both = 'apps extensions';
const events = allow('create patch update', `${core} events.k8s.io`, 'events');

/** Reads and updates its own kind, writes its status, may block its deletion. */
const owns = (groups: string, plural: string): PolicyRule[] => [
  allow(`${read} update patch`, groups, plural),
  allow('update patch', groups, `${plural}/status`),
  allow('update', groups, `${plural}/finalizers`),
];

const makesPods = allow(`${read} create delete patch update`, core, 'pods');
const podStatus = allow('patch update', core, 'pods/status');
const revisions = allow(`${read} create delete patch update`, 'apps', 'controllerrevisions');

const workloads: Record<string, readonly PolicyRule[]> = {
  'deployment-controller': [
    ...owns(both, 'deployments'),
    allow(`${read} create update patch delete`, both, 'replicasets'),
    allow(`${read} update`, core, 'pods'),
  ],
  'replicaset-controller': [...owns(both, 'replicasets'), makesPods],
  'replication-controller': [...owns(core, 'replicationcontrollers'), makesPods],
  'daemon-set-controller': [
    ...owns(both, 'daemonsets'),
    allow('list watch', core, 'nodes'),
    makesPods,
    allow('create', core, 'pods/binding'),
    revisions,
  ],
  'statefulset-controller': [
    ...owns('apps', 'statefulsets'),
    makesPods,
    revisions,
    allow(`${read} create update delete`, core, 'persistentvolumeclaims'),
  ],
  'job-controller': [...owns('batch', 'jobs'), makesPods],
  'cronjob-controller': [
    ...owns('batch', 'cronjobs'),
    allow(`${read} create update delete patch`, 'batch', 'jobs'),
    allow('list watch delete', core, 'pods'),
  ],
  'horizontal-pod-autoscaler': [
    ...owns('autoscaling', 'horizontalpodautoscalers'),
    allow('get update', all, '*/scale'),
    allow('list watch', core, 'pods'),
    allow('list watch', 'metrics.k8s.io', 'pods'),
    allow(read, 'custom.metrics.k8s.io external.metrics.k8s.io', all),
  ],
  'disruption-controller': [
    ...owns('policy', 'poddisruptionbudgets'),
    allow(read, both, 'deployments replicasets statefulsets'),
    allow(read, core, 'replicationcontrollers pods'),
    podStatus,
    allow('get', all, '*/scale'),
  ],
};

const network: Record<string, readonly PolicyRule[]> = {
  'endpoint-controller': [
    allow(read, core, 'services pods'),
    allow(`${read} create update patch delete`, core, 'endpoints'),
    allow('create', core, 'endpoints/restricted'),
  ],
  'endpointslice-controller': [
    allow(read, core, 'services pods nodes'),
    allow('update', core, 'services/finalizers'),
    allow(`${read} create update patch delete`, 'discovery.k8s.io', 'endpointslices'),
    allow('create', 'discovery.k8s.io', 'endpointslices/restricted'),
  ],
  'endpointslicemirroring-controller': [
    allow(read, core, 'services endpoints'),
    allow('update', core, 'services/finalizers endpoints/finalizers'),
    allow(`${read} create update delete`, 'discovery.k8s.io', 'endpointslices'),
    allow('create', 'discovery.k8s.io', 'endpointslices/restricted'),
  ],
  'service-controller': [
    allow(read, core, 'services nodes'),
    allow('patch update', core, 'services/status'),
  ],
  'route-controller': [allow('list watch', core, 'nodes'), allow('patch', core, 'nodes/status')],
  'service-cidrs-controller': [
    ...owns('networking.k8s.io', 'servicecidrs'),
    allow(read, 'networking.k8s.io', 'ipaddresses'),
  ],
};

const nodes: Record<string, readonly PolicyRule[]> = {
  'node-controller': [
    allow(`${read} update delete patch`, core, 'nodes'),
    allow('patch update', core, 'nodes/status'),
    allow(`${read} delete`, core, 'pods'),
    podStatus,
    allow(read, 'coordination.k8s.io', 'leases'),
  ],
  'ttl-controller': [allow('update patch list watch', core, 'nodes')],
  'pod-garbage-collector': [
    allow('list watch delete', core, 'pods'),
    allow('get list', core, 'nodes'),
    podStatus,
  ],
  'attachdetach-controller': [
    allow('list watch', core, 'persistentvolumes persistentvolumeclaims pods'),
    allow(read, core, 'nodes'),
    allow('patch update', core, 'nodes/status'),
    allow(`${read} create delete`, 'storage.k8s.io', 'volumeattachments'),
    allow(read, 'storage.k8s.io', 'csidrivers csinodes'),
  ],
  'persistent-volume-binder': [
    ...owns(core, 'persistentvolumes'),
    allow('create delete', core, 'persistentvolumes'),
    ...owns(core, 'persistentvolumeclaims'),
    makesPods,
    allow(read, 'storage.k8s.io', 'storageclasses'),
    allow('list watch', core, 'nodes'),
  ],
  'pv-protection-controller': [allow(`${read} update patch`, core, 'persistentvolumes')],
  'pvc-protection-controller': [...owns(core, 'persistentvolumeclaims'), allow(read, core, 'pods')],
  'ephemeral-volume-controller': [
    allow(read, core, 'pods'),
    allow('update', core, 'pods/finalizers'),
    allow(`${read} create`, core, 'persistentvolumeclaims'),
  ],
  'expand-controller': [
    ...owns(core, 'persistentvolumes'),
    ...owns(core, 'persistentvolumeclaims'),
  ],
};

const cluster: Record<string, readonly PolicyRule[]> = {
  'namespace-controller': [
    allow(`${read} delete`, core, 'namespaces'),
    allow('update', core, 'namespaces/finalize namespaces/status'),
    allow(`${read} delete deletecollection`, all, all),
  ],
  'generic-garbage-collector': [allow(`${read} patch update delete`, all, all)],
  'service-account-controller': [allow('create', core, 'serviceaccounts')],
  'root-ca-cert-publisher': [allow('create update', core, 'configmaps')],
  'resourcequota-controller': [
    allow('list watch', all, all),
    allow('update', core, 'resourcequotas/status'),
  ],
  'ttl-after-finished-controller': [allow(`${read} delete`, 'batch', 'jobs')],
  'clusterrole-aggregation-controller': [
    allow(`escalate ${read} update patch`, 'rbac.authorization.k8s.io', 'clusterroles'),
  ],
  'certificate-controller': [
    allow(`${read} delete`, 'certificates.k8s.io', 'certificatesigningrequests'),
    allow(
      'update',
      'certificates.k8s.io',
      'certificatesigningrequests/approval certificatesigningrequests/status',
    ),
    allow(
      'approve sign',
      'certificates.k8s.io',
      'signers',
      'kubernetes.io/kube-apiserver-client kubernetes.io/kube-apiserver-client-kubelet ' +
        'kubernetes.io/kubelet-serving kubernetes.io/legacy-unknown',
    ),
    allow('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  ],
};

export const controllerBindings: readonly Binding[] = Object.entries({
  ...workloads,
  ...network,
  ...nodes,
  ...cluster,
}).map(([name, rules]) => ({
  name: `system:controller:${name}`,
  role: `system:controller:${name}`,
  subjects: [
    { kind: 'ServiceAccount', name, namespace: 'kube-system' },
    { kind: 'User', name: 'system:kube-controller-manager' },
  ],
  rules: [...rules, events],
}));
