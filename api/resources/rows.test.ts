/** Heads and rows as `kubectl get -o wide` shows them; what only -o wide shows is in brackets. */
import test from 'ava';
import type { KubeObject, Resource } from '../resource.ts';
import { allResources } from '../resources.ts';
import { draftOf, type Loose } from '../validation/testing.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const created = '2026-01-01T00:00:00Z';

/** By `resource.group`: the head, an object, its row. */
const shown: Record<string, readonly [head: string, object: Loose, row: string][]> = {
  'roles.rbac.authorization.k8s.io': [['Name|Created At', {}, `web|${created}`]],
  'clusterroles.rbac.authorization.k8s.io': [['Name|Created At', {}, `web|${created}`]],
  'rolebindings.rbac.authorization.k8s.io': [
    [
      'Name|Role|Age|[Users]|[Groups]|[ServiceAccounts]',
      {
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'User', name: 'u' },
          { kind: 'User', name: 'v' },
          { kind: 'Group', name: 'g' },
          { kind: 'ServiceAccount', name: 'a', namespace: 'n' },
        ],
      },
      'web|Role/r|60m|u, v|g|n/a',
    ],
  ],
  'clusterrolebindings.rbac.authorization.k8s.io': [
    [
      'Name|Role|Age|[Users]|[Groups]|[ServiceAccounts]',
      { roleRef: { kind: 'ClusterRole', name: 'r' } },
      'web|ClusterRole/r|60m|||',
    ],
  ],
  'ingresses.networking.k8s.io': [
    [
      'Name|Class|Hosts|Address|Ports|Age',
      {
        spec: { rules: ['a', 'b', 'c', 'd'].map((host) => ({ host })), tls: [{}] },
        status: { loadBalancer: { ingress: [{ ip: '10.0.0.2' }, { hostname: 'lb' }] } },
      },
      'web|<none>|a,b,c + 1 more...|10.0.0.2,lb|80, 443|60m',
    ],
    [
      'Name|Class|Hosts|Address|Ports|Age',
      { spec: { ingressClassName: 'nginx', rules: [{}] } },
      'web|nginx|*||80|60m',
    ],
  ],
  'ingressclasses.networking.k8s.io': [
    [
      'Name|Controller|Parameters|Age',
      { spec: { controller: 'a.io/b', parameters: { apiGroup: 'a.io', kind: 'P', name: 'p' } } },
      'web|a.io/b|P.a.io/p|60m',
    ],
  ],
  'networkpolicies.networking.k8s.io': [
    ['Name|Pod-Selector|Age', { spec: { podSelector: {} } }, 'web|<none>|60m'],
    [
      'Name|Pod-Selector|Age',
      { spec: { podSelector: { matchLabels: { app: 'a' } } } },
      'web|app=a|60m',
    ],
  ],
  'servicecidrs.networking.k8s.io': [
    [
      'Name|CIDRs|Age',
      { spec: { cidrs: ['10.0.0.0/16', 'fd00::/112'] } },
      'web|10.0.0.0/16,fd00::/112|60m',
    ],
  ],
  'ipaddresses.networking.k8s.io': [
    [
      'Name|ParentRef|Age',
      { spec: { parentRef: { resource: 'services', namespace: 'n', name: 's' } } },
      'web|services/n/s|60m',
    ],
  ],
  'storageclasses.storage.k8s.io': [
    [
      'Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age',
      {
        metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
        provisioner: 'a.io/b',
      },
      'web (default)|a.io/b|Delete|Immediate|false|60m',
    ],
  ],
  'volumeattachments.storage.k8s.io': [
    [
      'Name|Attacher|PV|Node|Attached|Age',
      { spec: { attacher: 'a.io', nodeName: 'n', source: { persistentVolumeName: 'v' } } },
      'web|a.io|v|n|false|60m',
    ],
  ],
  'volumeattributesclasses.storage.k8s.io': [
    ['Name|DriverName|Age', { driverName: 'a.io' }, 'web|a.io|60m'],
  ],
  'csidrivers.storage.k8s.io': [
    [
      'Name|AttachRequired|PodInfoOnMount|StorageCapacity|TokenRequests|RequiresRepublish|Modes|Age',
      { spec: {} },
      'web|true|false|false|<unset>|false|Persistent|60m',
    ],
  ],
  'csinodes.storage.k8s.io': [
    ['Name|Drivers|Age', { spec: { drivers: [{ name: 'a', nodeID: 'n' }] } }, 'web|1|60m'],
  ],
  'csistoragecapacities.storage.k8s.io': [
    ['Name|StorageClassName|Capacity', { storageClassName: 'a', capacity: '1024Mi' }, 'web|a|1Gi'],
  ],
  'priorityclasses.scheduling.k8s.io': [
    [
      'Name|Value|Global-Default|Age|PreemptionPolicy',
      { value: 5 },
      'web|5|false|60m|PreemptLowerPriority',
    ],
  ],
  'runtimeclasses.node.k8s.io': [['Name|Handler|Age', { handler: 'runc' }, 'web|runc|60m']],
  'certificatesigningrequests.certificates.k8s.io': [
    [
      'Name|Age|SignerName|Requestor|RequestedDuration|Condition',
      {
        spec: { signerName: 'a.io/b', username: 'jane', request: '', expirationSeconds: 3600 },
        status: { conditions: [{ type: 'Approved', status: 'True' }], certificate: 'YQ==' },
      },
      'web|60m|a.io/b|jane|60m|Approved,Issued',
    ],
    [
      'Name|Age|SignerName|Requestor|RequestedDuration|Condition',
      { spec: { signerName: 'a.io/b', request: '' } },
      'web|60m|a.io/b||<none>|Pending',
    ],
  ],
  'validatingwebhookconfigurations.admissionregistration.k8s.io': [
    ['Name|Webhooks|Age', { webhooks: [{}] }, 'web|1|60m'],
  ],
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': [
    ['Name|Webhooks|Age', {}, 'web|0|60m'],
  ],
  'validatingadmissionpolicies.admissionregistration.k8s.io': [
    [
      'Name|Validations|ParamKind|Age',
      { spec: { paramKind: { apiVersion: 'a/v1', kind: 'P' }, validations: [{}] } },
      'web|1|a/v1/P|60m',
    ],
  ],
  'mutatingadmissionpolicies.admissionregistration.k8s.io': [
    ['Name|Mutations|ParamKind|Age', { spec: {} }, 'web|0|<unset>|60m'],
  ],
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': [
    [
      'Name|PolicyName|ParamRef|Age',
      { spec: { policyName: 'p', paramRef: { name: 'a', namespace: 'n' } } },
      'web|p|n/a|60m',
    ],
  ],
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': [
    ['Name|PolicyName|ParamRef|Age', { spec: { policyName: 'p' } }, 'web|p|<unset>|60m'],
  ],
  'customresourcedefinitions.apiextensions.k8s.io': [['Name|Created At', {}, `web|${created}`]],
  'apiservices.apiregistration.k8s.io': [
    ['Name|Service|Available|Age', { spec: {} }, 'web|Local|Unknown|60m'],
    [
      'Name|Service|Available|Age',
      {
        spec: { service: { name: 'a', namespace: 'n' } },
        status: { conditions: [{ type: 'Available', status: 'False', reason: 'Gone' }] },
      },
      'web|n/a|False (Gone)|60m',
    ],
  ],
  'flowschemas.flowcontrol.apiserver.k8s.io': [
    [
      'Name|PriorityLevel|MatchingPrecedence|DistinguisherMethod|Age|MissingPL',
      { spec: { priorityLevelConfiguration: { name: 'p' } } },
      'web|p|1000|<none>|60m|?',
    ],
  ],
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': [
    [
      'Name|Type|NominalConcurrencyShares|Queues|HandSize|QueueLengthLimit|Age',
      { spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } } },
      'web|Limited|30|64|8|50|60m',
    ],
  ],
  'deviceclasses.resource.k8s.io': [['Name|Age', {}, 'web|60m']],
  'resourceclaims.resource.k8s.io': [
    ['Name|State|Age', { spec: {} }, 'web|pending|60m'],
    [
      'Name|State|Age',
      { spec: {}, status: { allocation: {}, reservedFor: [{ uid: '1' }] } },
      'web|allocated,reserved|60m',
    ],
  ],
  'resourceclaimtemplates.resource.k8s.io': [['Name|Age', { spec: { spec: {} } }, 'web|60m']],
  'resourceslices.resource.k8s.io': [
    [
      'Name|Node|Driver|Pool|Age',
      { spec: { driver: 'a.io', nodeName: 'n', pool: { name: 'p' } } },
      'web|n|a.io|p|60m',
    ],
  ],
  'secrets.': [['Name|Type|Data|Age', { data: { a: 'YQ==' } }, 'web|Opaque|1|60m']],
  'configmaps.': [['Name|Data|Age', { data: { a: 'b' }, binaryData: { c: '' } }, 'web|2|60m']],
  'serviceaccounts.': [['Name|Secrets|Age', {}, 'web|0|60m']],
  'namespaces.': [['Name|Status|Age', { status: { phase: 'Active' } }, 'web|Active|60m']],
  'endpoints.': [
    [
      'Name|Endpoints|Age',
      { subsets: [{ addresses: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }], ports: [{ port: 80 }] }] },
      'web|10.0.0.1:80,[fd00::1]:80|60m',
    ],
  ],
  'leases.coordination.k8s.io': [
    ['Name|Holder|Age', { spec: { holderIdentity: 'n1' } }, 'web|n1|60m'],
  ],
};

const byName = new Map(
  allResources.map((resource) => [`${resource.plural}.${resource.group}`, resource]),
);

const headOf = ({ columns }: Resource): string =>
  columns.map(({ name, priority }) => (priority === 0 ? name : `[${name}]`)).join('|');

const rowOf = (resource: Resource, object: KubeObject): string =>
  resource.columns.map(({ cell }) => cell(object, now)).join('|');

for (const [name, cases] of Object.entries(shown)) {
  test(`${name.replace(/\.$/, '')} are shown as kubectl users know them`, (t) => {
    const resource = byName.get(name)!;
    for (const [head, object, row] of cases) {
      t.is(headOf(resource), head);
      const draft = draftOf(resource, object);
      draft.metadata!.creationTimestamp = created;
      t.is(rowOf(resource, draft), row);
    }
  });
}
