/** Cells of workloads, volumes and limits as `kubectl get -o wide` shows them. */
import test from 'ava';
import type { KubeObject, Resource } from '../resource.ts';
import {
  componentStatuses,
  controllerRevisions,
  cronJobs,
  daemonSets,
  eventsV1,
  horizontalPodAutoscalers,
  horizontalPodAutoscalersV1,
  jobs,
  limitRanges,
  persistentVolumeClaims,
  persistentVolumes,
  podDisruptionBudgets,
  podTemplates,
  replicationControllers,
  resourceQuotas,
  statefulSets,
} from '../resources.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const created = '2026-01-01T00:00:00Z';
const metadata = { name: 'web', creationTimestamp: created };
const labels = { app: 'web' };
const selector = { matchLabels: labels };
const template = {
  metadata: { labels },
  spec: {
    nodeSelector: { disk: 'ssd' },
    containers: [
      { name: 'a', image: 'x:1' },
      { name: 'b', image: 'y' },
    ],
  },
};

const row = <T extends KubeObject>({ columns }: Resource<T>, object: object): string =>
  columns.map(({ cell }) => cell({ metadata, ...object } as unknown as T, now)).join(' | ');
const head = <T extends KubeObject>({ columns }: Resource<T>): string =>
  columns.map(({ name, priority }) => (priority === 0 ? name : `(${name})`)).join(' | ');

interface Case {
  readonly resource: Resource<never>;
  readonly head?: string;
  readonly object: object;
  readonly want: string;
}

const of = (resource: unknown) => resource as Resource<never>;
const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } };

const cases: Case[] = [
  {
    resource: of(statefulSets),
    head: 'Name | Ready | Age | (Containers) | (Images)',
    object: { spec: { replicas: 3, template }, status: { readyReplicas: 2 } },
    want: 'web | 2/3 | 60m | a,b | x:1,y',
  },
  {
    resource: of(daemonSets),
    head: 'Name | Desired | Current | Ready | Up-to-date | Available | Node Selector | Age | (Containers) | (Images) | (Selector)',
    object: {
      spec: { selector, template },
      status: {
        desiredNumberScheduled: 5,
        currentNumberScheduled: 4,
        numberReady: 3,
        updatedNumberScheduled: 2,
        numberAvailable: 1,
      },
    },
    want: 'web | 5 | 4 | 3 | 2 | 1 | disk=ssd | 60m | a,b | x:1,y | app=web',
  },
  {
    resource: of(replicationControllers),
    head: 'Name | Desired | Current | Ready | Age | (Containers) | (Images) | (Selector)',
    object: { spec: { replicas: 2, selector: labels, template }, status: { replicas: 1 } },
    want: 'web | 2 | 1 | 0 | 60m | a,b | x:1,y | app=web',
  },
  {
    resource: of(podTemplates),
    head: 'Name | Containers | Images | Pod Labels',
    object: { template },
    want: 'web | a,b | x:1,y | app=web',
  },
  {
    resource: of(controllerRevisions),
    head: 'Name | Controller | Revision | Age',
    object: {
      metadata: {
        ...metadata,
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'u', controller: true },
        ],
      },
      revision: 3,
    },
    want: 'web | statefulset.apps/db | 3 | 60m',
  },
  {
    resource: of(jobs),
    head: 'Name | Status | Completions | Duration | Age | (Containers) | (Images) | (Selector)',
    object: {
      spec: { completions: 2, selector, template },
      status: {
        succeeded: 2,
        startTime: created,
        completionTime: '2026-01-01T00:00:30Z',
        conditions: [{ type: 'Complete', status: 'True' }],
      },
    },
    want: 'web | Complete | 2/2 | 30s | 60m | a,b | x:1,y | app=web',
  },
  {
    resource: of(jobs),
    object: { spec: { parallelism: 3, template }, status: { startTime: created } },
    want: 'web | Running | 0/1 of 3 | 60m | 60m | a,b | x:1,y | <none>',
  },
  {
    resource: of(cronJobs),
    head: 'Name | Schedule | Timezone | Suspend | Active | Last Schedule | Age | (Containers) | (Images) | (Selector)',
    object: {
      spec: { schedule: '* * * * *', suspend: false, jobTemplate: { spec: { template } } },
      status: { active: [{}], lastScheduleTime: '2026-01-01T00:59:00Z' },
    },
    want: 'web | * * * * * | <none> | False | 1 | 60s | 60m | a,b | x:1,y | <none>',
  },
  {
    resource: of(podDisruptionBudgets),
    head: 'Name | Min Available | Max Unavailable | Allowed Disruptions | Age',
    object: { spec: { minAvailable: '50%' }, status: { disruptionsAllowed: 1 } },
    want: 'web | 50% | N/A | 1 | 60m',
  },
  {
    resource: of(persistentVolumes),
    head: 'Name | Capacity | Access Modes | Reclaim Policy | Status | Claim | StorageClass | VolumeAttributesClass | Reason | Age | (VolumeMode)',
    object: {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadOnlyMany', 'ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { namespace: 'default', name: 'c' },
        storageClassName: 'fast',
        volumeMode: 'Filesystem',
      },
      status: { phase: 'Bound' },
    },
    want: 'web | 1Gi | RWO,ROX | Retain | Bound | default/c | fast | <unset> |  | 60m | Filesystem',
  },
  {
    resource: of(persistentVolumeClaims),
    head: 'Name | Status | Volume | Capacity | Access Modes | StorageClass | VolumeAttributesClass | Age | (VolumeMode)',
    object: {
      spec: { volumeName: 'v', storageClassName: 'fast' },
      status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOncePod'] },
    },
    want: 'web | Bound | v | 1Gi | RWOP | fast | <unset> | 60m | <unset>',
  },
  {
    resource: of(persistentVolumeClaims),
    object: {
      metadata: { ...metadata, deletionTimestamp: created },
      spec: {},
      status: { phase: 'Pending' },
    },
    want: 'web | Terminating |  |  |  |  | <unset> | 60m | <unset>',
  },
  {
    resource: of(limitRanges),
    head: 'Name | Created At',
    object: { spec: { limits: [] } },
    want: `web | ${created}`,
  },
  {
    resource: of(resourceQuotas),
    head: 'Name | Request | Limit | Age',
    object: {
      status: { hard: { pods: '10', 'limits.cpu': '2', cpu: '1' }, used: { pods: '3' } },
    },
    want: 'web | cpu: 0/1, pods: 3/10 | limits.cpu: 0/2 | 60m',
  },
  {
    resource: of(horizontalPodAutoscalers),
    head: 'Name | Reference | Targets | MinPods | MaxPods | Replicas | Age',
    object: {
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'db' },
        minReplicas: 1,
        maxReplicas: 5,
        metrics: [
          { type: 'Resource', resource: cpu },
          {
            type: 'External',
            external: {
              metric: { name: 'q' },
              target: { type: 'AverageValue', averageValue: '10' },
            },
          },
          { type: 'Pods', pods: { metric: { name: 'h' }, target: { averageValue: '1' } } },
        ],
      },
      status: {
        currentReplicas: 2,
        desiredReplicas: 2,
        currentMetrics: [
          { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 30 } } },
        ],
      },
    },
    want: 'web | Deployment/db | cpu: 30%/80%, <unknown>/10 (avg) + 1 more... | 1 | 5 | 2 | 60m',
  },
  {
    resource: of(horizontalPodAutoscalersV1),
    head: 'Name | Reference | Targets | MinPods | MaxPods | Replicas | Age',
    object: {
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'db' },
        maxReplicas: 5,
        targetCPUUtilizationPercentage: 60,
      },
      status: { currentReplicas: 1, desiredReplicas: 1, currentCPUUtilizationPercentage: 10 },
    },
    want: 'web | Deployment/db | cpu: 10%/60% | <unset> | 5 | 1 | 60m',
  },
  {
    resource: of(eventsV1),
    head: 'Last Seen | Type | Reason | Object | (Subobject) | (Source) | Message | (First Seen) | (Count) | (Name)',
    object: {
      regarding: { kind: 'Pod', name: 'db' },
      type: 'Normal',
      reason: 'Pulled',
      note: 'done',
      eventTime: '2026-01-01T00:58:00.000000Z',
      reportingController: 'agent',
      reportingInstance: 'n1',
    },
    want: '2m | Normal | Pulled | pod/db |  | agent, n1 | done | 2m | 1 | web',
  },
];
for (const { resource, head: wanted, object, want } of cases) {
  test(`the columns of ${resource.plural} ${resource.version}: ${want}`, (t) => {
    if (wanted) t.is(head(resource), wanted);
    t.is(row(resource, object), want);
  });
}

test('apiserver A121: components are well while their leases are renewed', (t) => {
  const lease = (name: string, renewTime: string) => ({
    metadata: { name },
    spec: { holderIdentity: 'node-1', renewTime, leaseDurationSeconds: 15 },
  });
  const leases = [
    lease('kube-scheduler', '2026-01-01T00:59:50.000000Z'),
    lease('kube-controller-manager', '2026-01-01T00:59:00.000000Z'),
  ];
  const reader = { list: () => leases as never[] };
  t.is(head(componentStatuses), 'Name | Status | Message | Error');
  t.deepEqual(
    componentStatuses.compute!(reader, now).map((each) => row(componentStatuses, each)),
    [
      'controller-manager | Unhealthy | node-1 has not renewed its lease since 2026-01-01T00:59:00.000000Z | ',
      'etcd-0 | Healthy | ok | ',
      'scheduler | Healthy | ok | ',
    ],
  );
  const none = { list: () => [] };
  t.is(
    row(componentStatuses, componentStatuses.compute!(none, now)[2]!),
    'scheduler | Unhealthy | nobody leads | ',
  );
});
