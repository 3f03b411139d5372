import test from 'ava';
import {
  controllerRevisions,
  cronJobs,
  daemonSets,
  jobs,
  podDisruptionBudgets,
  podTemplates,
  replicationControllers,
  statefulSets,
} from '../resources.ts';
import { checkCases, type Loose } from './testing.ts';

const labels = { app: 'web' };
const selector = { matchLabels: labels };
const pod = { containers: [{ name: 'a', image: 'x' }] };
const template = { metadata: { labels }, spec: pod };
const of = (spec: Loose) => ({ spec: { selector, template, ...spec } });

test(
  'stateful sets',
  checkCases(statefulSets, {
    'nothing wrong, with a claim for each pod': {
      object: of({
        template: {
          ...template,
          spec: {
            containers: [{ ...pod.containers[0], volumeMounts: [{ name: 'c', mountPath: '/c' }] }],
          },
        },
        volumeClaimTemplates: [
          {
            metadata: { name: 'c' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      }),
      want: [],
    },
    strategies: {
      object: of({ updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } }),
      want: [
        `spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy 'RollingUpdate'`,
      ],
    },
    'none at a time': {
      object: of({
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '0%' } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Keep' },
      }),
      want: [
        'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "0%": cannot be 0',
        'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Keep": supported values: "Delete", "Retain"',
      ],
    },
    'a selector of nothing': {
      object: of({ selector: {} }),
      want: ['spec.selector: Invalid value: {}: empty selector is invalid for statefulset'],
    },
    'another service': {
      old: of({ serviceName: 'a' }),
      object: of({ serviceName: 'b', replicas: 3, minReadySeconds: 1 }),
      want: [
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ],
    },
  }),
);

test(
  'daemon sets',
  checkCases(daemonSets, {
    'both missing and surplus': {
      object: of({
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxUnavailable: 1, maxSurge: '101%' },
        },
      }),
      want: [
        'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: "101%": must not be greater than 100%',
        'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: "101%": may not be set when maxUnavailable is non-zero',
      ],
    },
    neither: {
      object: of({ updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } }),
      want: [
        'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
      ],
    },
    'a selector that changes, pods that end': {
      old: of({}),
      object: {
        spec: {
          selector: { matchLabels: { app: 'db' } },
          template: {
            metadata: { labels: { app: 'db' } },
            spec: { ...pod, restartPolicy: 'Never' },
          },
        },
      },
      want: [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        'spec.selector: Invalid value: {"matchLabels":{"app":"db"}}: field is immutable',
      ],
    },
  }),
);

test(
  'replication controllers',
  checkCases(replicationControllers, {
    'its labels are its selector': { object: { spec: { template } }, want: [] },
    'no template': {
      object: { spec: { selector: labels } },
      want: ['spec.template: Required value'],
    },
    'a selector of others': {
      object: { spec: { selector: { app: 'db' }, template } },
      want: [
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      ],
    },
  }),
);

test(
  'apiserver A121: pod templates and controller revisions',
  checkCases(podTemplates, {
    'a template without containers': {
      object: { template: { spec: {} } },
      want: ['template.spec.containers: Required value'],
    },
    'one with a debugger': {
      object: { template: { spec: { ...pod, ephemeralContainers: [{ name: 'd', image: 'x' }] } } },
      want: [
        'template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template',
      ],
    },
  }),
);

test(
  'what a controller revision holds does not change',
  checkCases(controllerRevisions, {
    'no data': { object: { revision: 1 }, want: ['data: Required value: data is mandatory'] },
    'another number': {
      old: { data: { a: 1 }, revision: 1 },
      object: { data: { a: 1 }, revision: 2 },
      want: [],
    },
    'other data': {
      old: { data: { a: 1 }, revision: 1 },
      object: { data: { a: 2 }, revision: 1 },
      want: ['data: Invalid value: {"a":2}: field is immutable'],
    },
  }),
);

test(
  'disruption budgets',
  checkCases(podDisruptionBudgets, {
    'both bounds': {
      object: { spec: { minAvailable: 1, maxUnavailable: 'x' } },
      want: [
        'spec: Invalid value: {"minAvailable":1,"maxUnavailable":"x"}: minAvailable and maxUnavailable cannot be both set',
        "spec.maxUnavailable: Invalid value: \"x\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ],
    },
    'a policy': {
      object: { spec: { minAvailable: '50%', unhealthyPodEvictionPolicy: 'Never' } },
      want: [
        'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
      ],
    },
    'a status': {
      old: { spec: {}, status: {} },
      object: { spec: {}, status: { disruptionsAllowed: -1 } },
      want: ['status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0'],
    },
  }),
);

const uid = { uid: 'u' };
const own = {
  'controller-uid': 'u',
  'job-name': 'web',
  'batch.kubernetes.io/controller-uid': 'u',
  'batch.kubernetes.io/job-name': 'web',
};
const job = (spec: Loose, more: Loose = {}) => ({
  metadata: uid,
  spec: {
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
    template: { metadata: { labels: own }, spec: { ...pod, restartPolicy: 'Never' } },
    ...spec,
  },
  ...more,
});

test(
  'jobs',
  checkCases(jobs, {
    'nothing wrong': { object: job({}), want: [] },
    'pods without end': {
      object: job({ template: { metadata: { labels: own }, spec: pod } }),
      want: [
        'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
      ],
    },
    "labels of another job's pods": {
      object: job({
        template: {
          metadata: { labels: { ...own, 'job-name': 'db' } },
          spec: { ...pod, restartPolicy: 'Never' },
        },
      }),
      want: [
        `spec.template.metadata.labels[job-name]: Invalid value: {"controller-uid":"u","job-name":"db","batch.kubernetes.io/controller-uid":"u","batch.kubernetes.io/job-name":"web"}: must be 'web'`,
      ],
    },
    'indexes without a number': {
      object: job({ completionMode: 'Indexed', parallelism: 200_000 }),
      want: [
        'spec.completions: Required value: when completion mode is Indexed',
        'spec.parallelism: Invalid value: 200000: must be less than or equal to 100000 when completion mode is Indexed',
      ],
    },
    'failures of indexes that are none': {
      object: job({ backoffLimitPerIndex: 1, maxFailedIndexes: 1 }),
      want: [
        'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
        'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
      ],
    },
    'a failure policy': {
      object: job({
        podFailurePolicy: {
          rules: [
            { action: 'FailIndex', onExitCodes: { operator: 'In', values: [2, 0, 2] } },
            { action: 'Ignore' },
            { action: 'Ignore', onPodConditions: [{ type: 'a b', status: 'Maybe' }] },
          ],
        },
      }),
      want: [
        'spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
        'spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator',
        'spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 2',
        'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,0,2]: must be ordered',
        'spec.podFailurePolicy.rules[1]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
        `spec.podFailurePolicy.rules[2].onPodConditions[0].type: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
        'spec.podFailurePolicy.rules[2].onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
      ],
    },
    'a success policy': {
      object: job({
        completionMode: 'Indexed',
        completions: 3,
        successPolicy: {
          rules: [{ succeededIndexes: '0-3' }, { succeededIndexes: '0,2', succeededCount: 3 }, {}],
        },
      }),
      want: [
        'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0-3": error parsing succeededIndexes: too large index: "3"',
        'spec.successPolicy.rules[1].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
        'spec.successPolicy.rules[2]: Required value: at least one of succeededCount or succeededIndexes must be specified',
      ],
    },
    'more to do, later': {
      old: job({ completions: 1 }),
      object: job({ completions: 2, suspend: true, parallelism: 2 }),
      want: ['spec.completions: Invalid value: 2: field is immutable'],
    },
    'as many at once': {
      old: job({ completionMode: 'Indexed', completions: 1, parallelism: 1 }),
      object: job({ completionMode: 'Indexed', completions: 2, parallelism: 2 }),
      want: [],
    },
  }),
);

const changed = (spec: Loose) => ({
  template: { metadata: { labels: own }, spec: { ...pod, restartPolicy: 'Never', ...spec } },
});

test('where the pods of a resting job may run can still be said', (t) => {
  const nodeSelector = { zone: 'a' };
  const resting = job({ suspend: true });
  checkCases(jobs, {
    resting: {
      old: resting,
      object: job({ suspend: true, ...changed({ nodeSelector }) }),
      want: [],
    },
    'another thing': {
      old: resting,
      object: job({ suspend: true, ...changed({ hostNetwork: true }) }),
      want: [
        'spec.template: Invalid value: {"metadata":{"labels":{"controller-uid":"u","job-name":"web","batch.kubernetes.io/controller-uid":"u","batch.kubernetes.io/job-name":"web"}},"spec":{"containers":[{"name":"a","image":"x","imagePullPolicy":"Always","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","resources":{}}],"restartPolicy":"Never","hostNetwork":true,"dnsPolicy":"ClusterFirst","securityContext":{},"terminationGracePeriodSeconds":30,"schedulerName":"default-scheduler"}}: field is immutable',
      ],
    },
  })(t);
});

const condition = (type: string) => ({ type, status: 'True' });

test(
  'the status of a job ends once',
  checkCases(jobs, {
    'complete without a reason': {
      old: job({}, { status: {} }),
      object: job({}, { status: { conditions: [condition('Complete')], active: 1 } }),
      want: [
        'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
        'status.completionTime: Required value: completionTime is required for Complete jobs',
        'status.active: Invalid value: 1: active>0 is invalid for finished job',
        'status.startTime: Required value: startTime is required for finished job',
      ],
    },
    'not failed after all': {
      old: job({}, { status: { failed: 2, conditions: [condition('Failed')] } }),
      object: job({}, { status: { failed: 1 } }),
      want: [
        'status.conditions: Invalid value: cannot disable the terminal Failed=True condition',
        'status.failed: Invalid value: 1: cannot decrease the failed counter',
      ],
    },
    'indexes of both kinds': {
      old: job(
        { completionMode: 'Indexed', completions: 5, backoffLimitPerIndex: 1 },
        { status: {} },
      ),
      object: job(
        { completionMode: 'Indexed', completions: 5, backoffLimitPerIndex: 1 },
        { status: { completedIndexes: '0-2', failedIndexes: '2,4' } },
      ),
      want: [
        'status.failedIndexes: Invalid value: "2,4": failedIndexes and completedIndexes overlap at index: 2',
      ],
    },
  }),
);

const cron = (spec: Loose) => ({
  spec: {
    schedule: '* * * * *',
    jobTemplate: { spec: { template: { spec: { ...pod, restartPolicy: 'Never' } } } },
    ...spec,
  },
});

test(
  'cron jobs',
  checkCases(cronJobs, {
    'nothing wrong': { object: cron({ timeZone: 'Europe/Berlin' }), want: [] },
    schedules: {
      object: cron({ schedule: 'TZ=UTC 60 * * * *' }),
      want: [
        'spec.schedule: Invalid value: "TZ=UTC 60 * * * *": end of range (60) above maximum (59): 60',
        'spec.schedule: Invalid value: "TZ=UTC 60 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    },
    'nobody’s time': {
      object: cron({ timeZone: 'Mars/Olympus' }),
      want: ['spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus'],
    },
    'an offset': {
      object: cron({ timeZone: '+01' }),
      want: ['spec.timeZone: Invalid value: "+01": unknown time zone +01'],
    },
    'a selector': {
      object: cron({
        jobTemplate: {
          spec: {
            manualSelector: true,
            selector,
            template: { spec: { ...pod, restartPolicy: 'Never' } },
          },
        },
      }),
      want: [
        'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"app":"web"}}: `selector` will be auto-generated',
        'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
      ],
    },
    'a name too long for its jobs': {
      object: { metadata: { name: 'a'.repeat(53) }, ...cron({ failedJobsHistoryLimit: -1 }) },
      want: [
        `metadata.name: Invalid value: "${'a'.repeat(53)}": must be no more than 52 bytes`,
        'spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
      ],
    },
  }),
);
