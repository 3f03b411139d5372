/** The roles that upstream offers for people: admin, edit and view, and what they gather. Pure. */
import { allow, core, type RoleTable, read, visit, write } from './rules.ts';

const extensions = 'extensions';
const batch = 'batch';
const discovery = 'discovery.k8s.io';
const networking = 'networking.k8s.io';
const authorization = 'authorization.k8s.io';

const viewRules = [
  allow(
    read,
    core,
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods ' +
      'replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  ),
  allow(
    read,
    core,
    'bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status ' +
      'resourcequotas resourcequotas/status',
  ),
  // Inside one namespace this shows that namespace alone.
  allow(read, core, 'namespaces'),
  allow(read, `${core} events.k8s.io`, 'events'),
  allow(read, discovery, 'endpointslices'),
  allow(
    read,
    'apps',
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale ' +
      'deployments/status replicasets replicasets/scale replicasets/status statefulsets ' +
      'statefulsets/scale statefulsets/status',
  ),
  allow(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  allow(read, batch, 'cronjobs cronjobs/status jobs jobs/status'),
  allow(
    read,
    extensions,
    'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ' +
      'ingresses/status networkpolicies replicasets replicasets/scale replicasets/status ' +
      'replicationcontrollers/scale',
  ),
  allow(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
  allow(read, networking, 'ingresses ingresses/status networkpolicies'),
  allow(read, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'),
];

const editRules = [
  // Whoever reads these can do more than read.
  allow(read, core, 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
  allow('impersonate', core, 'serviceaccounts'),
  allow(write, core, 'pods pods/attach pods/exec pods/portforward pods/proxy'),
  allow('create', core, 'pods/eviction'),
  allow(
    write,
    core,
    'configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale ' +
      'secrets serviceaccounts services services/proxy',
  ),
  allow('create', core, 'serviceaccounts/token'),
  allow(write, `${core} events.k8s.io`, 'events'),
  allow(
    write,
    'apps',
    'daemonsets deployments deployments/rollback deployments/scale replicasets ' +
      'replicasets/scale statefulsets statefulsets/scale',
  ),
  allow(write, 'autoscaling', 'horizontalpodautoscalers'),
  allow(write, batch, 'cronjobs jobs'),
  allow(
    write,
    extensions,
    'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies ' +
      'replicasets replicasets/scale replicationcontrollers/scale',
  ),
  allow(write, 'policy', 'poddisruptionbudgets'),
  allow(write, networking, 'ingresses networkpolicies'),
  allow(`${read} ${write}`, 'coordination.k8s.io', 'leases'),
  allow(write, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'),
];

const health = '/healthz /livez /readyz /version /version/';

export const userRoles: RoleTable = {
  'cluster-admin': [allow('*', '*', '*'), visit('*', '*')],
  'system:discovery': [visit('get', `/api /api/* /apis /apis/* /openapi /openapi/* ${health}`)],
  'system:public-info-viewer': [visit('get', health)],
  'system:basic-user': [
    allow('create', authorization, 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    allow('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ],
  'system:aggregate-to-admin': [
    allow('create', authorization, 'localsubjectaccessreviews'),
    allow(`${read} ${write}`, 'rbac.authorization.k8s.io', 'rolebindings roles'),
  ],
  'system:aggregate-to-edit': editRules,
  'system:aggregate-to-view': viewRules,
};

/** Of those that gather the rules of others: their names, and the label of what they gather. */
export const aggregatedRoles: Readonly<Record<string, string>> = {
  admin: 'rbac.authorization.k8s.io/aggregate-to-admin',
  edit: 'rbac.authorization.k8s.io/aggregate-to-edit',
  view: 'rbac.authorization.k8s.io/aggregate-to-view',
};

/** Which label each of the gathered roles has. */
export const gatheredRoles: Readonly<Record<string, string>> = {
  edit: 'rbac.authorization.k8s.io/aggregate-to-admin',
  view: 'rbac.authorization.k8s.io/aggregate-to-edit',
  'system:aggregate-to-admin': 'rbac.authorization.k8s.io/aggregate-to-admin',
  'system:aggregate-to-edit': 'rbac.authorization.k8s.io/aggregate-to-edit',
  'system:aggregate-to-view': 'rbac.authorization.k8s.io/aggregate-to-view',
};
