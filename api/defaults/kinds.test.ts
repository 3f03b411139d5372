import test from 'ava';
import {
  cronJobs,
  daemonSets,
  horizontalPodAutoscalers,
  horizontalPodAutoscalersV1,
  jobs,
  limitRanges,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  replicationControllers,
  statefulSets,
} from '../resources.ts';
import { draftOf } from '../validation/testing.ts';

const labels = { app: 'web' };
const pod = { containers: [{ name: 'a', image: 'x:1' }] };
const template = { metadata: { labels }, spec: pod };
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };

test('apiserver A27: a stateful set gets what upstream fills in', (t) => {
  const { spec } = draftOf(statefulSets, {
    spec: {
      selector: { matchLabels: labels },
      template,
      volumeClaimTemplates: [{ metadata: { name: 'c' }, spec: claim }],
    },
  });
  t.like(spec, {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 1 } },
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  });
  t.deepEqual(spec?.volumeClaimTemplates, [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'c' },
      spec: { ...claim, volumeMode: 'Filesystem' },
      status: { phase: 'Pending' },
    },
  ]);
  t.is(spec?.template.spec?.containers[0]?.imagePullPolicy, 'IfNotPresent');
});

test('apiserver A27: a daemon set replaces one pod at a time', (t) => {
  const { spec } = draftOf(daemonSets, { spec: { selector: { matchLabels: labels }, template } });
  t.deepEqual(spec?.updateStrategy, {
    type: 'RollingUpdate',
    rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
  });
  t.is(spec?.revisionHistoryLimit, 10);
});

test('apiserver A27: a replication controller has the labels of its pods', (t) => {
  const { metadata, spec } = draftOf(replicationControllers, { spec: { template } });
  t.deepEqual(metadata?.labels, labels);
  t.deepEqual(spec?.selector, labels);
  t.is(spec?.replicas, 1);
});

test('apiserver A27: a job runs one pod once, up to seven times', (t) => {
  const { metadata, spec } = draftOf(jobs, { spec: { template } });
  t.like(spec, {
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: 'TerminatingOrFailed',
  });
  t.deepEqual(metadata?.labels, labels);
  const queue = draftOf(jobs, { spec: { parallelism: 3, backoffLimitPerIndex: 1, template } });
  t.is(queue.spec?.completions, undefined);
  t.is(queue.spec?.backoffLimit, 2_147_483_647);
  const policy = draftOf(jobs, {
    spec: {
      template,
      podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'A' }] }] },
    },
  }).spec;
  t.is(policy?.podReplacementPolicy, 'Failed');
  t.is(policy?.podFailurePolicy?.rules[0]?.onPodConditions?.[0]?.status, 'True');
});

test('apiserver A27: a cron job allows what it does not forbid, and keeps three and one', (t) => {
  const { spec } = draftOf(cronJobs, {
    spec: { schedule: '@daily', jobTemplate: { spec: { template } } },
  });
  t.like(spec, {
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  // The Job that is made of it gets its own defaults then.
  t.is(spec?.jobTemplate.spec?.backoffLimit, undefined);
  t.is(spec?.jobTemplate.spec?.template.spec?.dnsPolicy, 'ClusterFirst');
});

test('apiserver A27: volumes and claims wait, as file systems', (t) => {
  const volume = draftOf(persistentVolumes, { spec: { hostPath: { path: '/x' } } });
  t.deepEqual(volume.spec, {
    hostPath: { path: '/x', type: '' },
    persistentVolumeReclaimPolicy: 'Retain',
    volumeMode: 'Filesystem',
  });
  t.deepEqual(volume.status, { phase: 'Pending' });
  t.deepEqual(draftOf(persistentVolumeClaims, { spec: claim }).spec, {
    ...claim,
    volumeMode: 'Filesystem',
  });
});

test('apiserver A27: limits of containers follow from each other', (t) => {
  const { spec } = draftOf(limitRanges, {
    spec: {
      limits: [
        { type: 'Container', max: { cpu: '2', memory: '2Gi' }, default: { cpu: '1' } },
        { type: 'Container', min: { cpu: '1' } },
        { type: 'Pod', max: { cpu: '4' } },
      ],
    },
  });
  t.deepEqual(spec?.limits, [
    {
      type: 'Container',
      max: { cpu: '2', memory: '2Gi' },
      default: { cpu: '1', memory: '2Gi' },
      defaultRequest: { cpu: '1', memory: '2Gi' },
    },
    { type: 'Container', min: { cpu: '1' }, defaultRequest: { cpu: '1' } },
    { type: 'Pod', max: { cpu: '4' } },
  ]);
});

test('apiserver A27: an autoscaler aims at four fifths of the CPU', (t) => {
  const reference = { kind: 'Deployment', name: 'web' };
  const { spec } = draftOf(horizontalPodAutoscalers, {
    spec: { scaleTargetRef: reference, maxReplicas: 3, behavior: { scaleDown: { policies: [] } } },
  });
  t.deepEqual(spec.metrics, [
    {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
    },
  ]);
  t.is(spec.minReplicas, 1);
  t.deepEqual(spec.behavior?.scaleUp, {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  });
  t.deepEqual(spec.behavior?.scaleDown, { selectPolicy: 'Max', policies: [] });
  const old = draftOf(horizontalPodAutoscalersV1, {
    spec: { scaleTargetRef: reference, maxReplicas: 3 },
  });
  t.deepEqual(old.spec, { scaleTargetRef: reference, maxReplicas: 3, minReplicas: 1 });
});

test('a pod’s own request is what its containers request, else its limit', (t) => {
  const container = { ...pod.containers[0], resources: { requests: { cpu: '100m' } } };
  const { spec } = draftOf(pods, {
    spec: {
      containers: [container, { ...container, name: 'b' }],
      resources: { limits: { cpu: '1', memory: '1Gi' } },
    },
  });
  t.deepEqual(spec?.resources?.requests, { cpu: '200m', memory: '1Gi' });
});

test('labels that a pod asks to be matched by are written into its selectors', (t) => {
  const draft = draftOf(pods, {
    metadata: { labels: { app: 'web', hash: '1' } },
    spec: {
      ...pod,
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { app: 'web' } },
          matchLabelKeys: ['hash', 'absent'],
        },
      ],
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'zone', labelSelector: {}, mismatchLabelKeys: ['hash'] },
          ],
        },
      },
    },
  });
  const context = { user: { name: 'u', groups: [] }, now: 0, subresource: '' };
  pods.prepareCreate?.(draft, context);
  t.deepEqual(draft.spec?.topologySpreadConstraints?.[0]?.labelSelector, {
    matchLabels: { app: 'web' },
    matchExpressions: [{ key: 'hash', operator: 'In', values: ['1'] }],
  });
  const [term] =
    draft.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  t.deepEqual(term?.labelSelector, {
    matchExpressions: [{ key: 'hash', operator: 'NotIn', values: ['1'] }],
  });
  t.deepEqual(pods.validate?.(draft, undefined), []);
});

test('a job’s pods carry its uid, unless the user chose the selector', (t) => {
  const context = { user: { name: 'u', groups: [] }, now: 0, subresource: '' };
  const draft = draftOf(jobs, { metadata: { name: 'web', uid: 'u' }, spec: { template } });
  jobs.prepareCreate?.(draft, context);
  t.deepEqual(draft.spec?.selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } });
  t.deepEqual(draft.spec?.template.metadata?.labels, {
    'batch.kubernetes.io/controller-uid': 'u',
    'batch.kubernetes.io/job-name': 'web',
    'controller-uid': 'u',
    'job-name': 'web',
    app: 'web',
  });
  const own = draftOf(jobs, {
    spec: { manualSelector: true, selector: { matchLabels: labels }, template },
  });
  jobs.prepareCreate?.(own, context);
  t.deepEqual(own.spec?.template.metadata?.labels, labels);
});

test('a daemon set counts the changes of its template', (t) => {
  const context = { user: { name: 'u', groups: [] }, now: 0, subresource: '' };
  const make = (image: string) =>
    draftOf(daemonSets, {
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'a', image }] } },
      },
    });
  const key = 'deprecated.daemonset.template.generation';
  const old = make('x');
  daemonSets.prepareCreate?.(old, context);
  t.is(old.metadata?.annotations?.[key], '1');
  const [same, other] = [make('x'), make('y')];
  daemonSets.prepareUpdate?.(same, old, context);
  daemonSets.prepareUpdate?.(other, old, context);
  t.is(same.metadata?.annotations?.[key], '1');
  t.is(other.metadata?.annotations?.[key], '2');
});
