import test from 'ava';
import type {
  ControllerRevision,
  StatefulSet,
  StatefulSetSpec,
} from '../../api/types/apps-v1.generated.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.generated.ts';
import { planRevision } from '../revisions/plan.ts';
import { claimsOf, makePod } from './identity.ts';
import { planStatefulSet, type Step } from './plan.ts';
import { planStatus } from './status.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');

function setOf(spec: Partial<StatefulSetSpec> = {}): StatefulSet {
  return {
    metadata: { name: 'db', namespace: 'default', uid: 'db', generation: 1 },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: { metadata: { labels: { app: 'db' } }, spec: { containers: [] } },
      ...spec,
    },
  };
}

function revisionOf(image: string): ControllerRevision {
  const template = {
    metadata: { labels: { app: 'db' } },
    spec: { containers: [{ name: 'c', image }] },
  };
  const wanted = { owner: setOf(), template, collisionCount: 0, hashLabel: 'h' };
  const { revision } = planRevision(wanted, []);
  revision.metadata!.name = image;
  return revision;
}

const revisions = { v1: revisionOf('v1'), v2: revisionOf('v2') };

/** `0 v1 ready`, `1 v1 ending`, `2 v2 failed`, `1 v1 ready 5s`; without a state: not ready. */
function podOf(set: StatefulSet, words: string): Pod {
  const [ordinal = '', image = 'v1', state = 'pending', since = '1000s'] = words.split(' ');
  const { spec } = revisions[image as 'v1'].data as { spec: { template: object } };
  const pod = makePod(set, Number(ordinal), { template: spec.template, revision: image });
  const at = new Date(nowMs - Number.parseInt(since, 10) * 1000).toISOString();
  const phases: Record<string, string> = {
    failed: 'Failed',
    succeeded: 'Succeeded',
    pending: 'Pending',
  };
  pod.metadata = {
    ...pod.metadata,
    uid: words,
    ...(state === 'ending' && { deletionTimestamp: at }),
  };
  const isReady = state === 'ready' || state === 'ending';
  pod.status = {
    phase: phases[state] ?? 'Running',
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: at }],
  };
  return pod;
}

/** `create db-0 v1`, `delete db-2 scaled`, `own data-db-1: db-1`. */
function format(step: Step): string {
  if (step.kind === 'own') {
    const owners = step.owners.map(({ kind, name }) => `${kind} ${name}`);
    return `own ${step.claim.metadata?.name}: ${owners.join() || 'nobody'}`;
  }
  const { name, labels } = step.pod.metadata ?? {};
  if (step.kind === 'delete') return `delete ${name} ${step.why}`;
  if (step.kind === 'label') return `label ${name}`;
  const claims = step.claims.map(({ metadata }) => metadata?.name);
  const made = step.kind === 'create' ? ` ${labels?.['controller-revision-hash']}` : '';
  return [`${step.kind} ${name}${made}`, ...claims].join(' + ');
}

interface Case {
  readonly name: string;
  readonly spec?: Partial<StatefulSetSpec>;
  readonly pods: readonly string[];
  readonly claims?: readonly PersistentVolumeClaim[];
  readonly update?: 'v1' | 'v2';
  readonly want: readonly string[];
}

const partition = (from: number) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: from } },
});
const parallel = { podManagementPolicy: 'Parallel' };
const atMost = (maxUnavailable: number | string) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable } },
});
const claimTemplate = { metadata: { name: 'data' }, spec: {} };
const withClaims = { volumeClaimTemplates: [claimTemplate] };
const retention = (whenDeleted: string, whenScaled: string) => ({
  ...withClaims,
  persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
});
const claimOf = (ordinal: number, metadata: PersistentVolumeClaim['metadata'] = {}) => {
  const [claim] = claimsOf(setOf(withClaims), ordinal);
  return { ...claim, metadata: { ...claim?.metadata, ...metadata } };
};
const ownedBy = (kind: string, name: string, uid: string) => ({
  ownerReferences: [{ apiVersion: 'v1', kind, name, uid, controller: true }],
});
const ready = ['0 v1 ready', '1 v1 ready', '2 v1 ready'];

const ordered: Case[] = [
  { name: 'begins with the first', pods: [], want: ['create db-0 v1'] },
  { name: 'waits for one that is not ready', pods: ['0 v1'], want: [] },
  { name: 'goes on with the next', pods: ['0 v1 ready'], want: ['create db-1 v1'] },
  { name: 'fills a gap', pods: ['0 v1 ready', '2 v1 ready'], want: ['create db-1 v1'] },
  { name: 'waits for one that is ending', pods: ['0 v1 ending', '1 v1 ready'], want: [] },
  { name: 'is content', pods: ready, want: [] },
  {
    name: 'waits for one that is not ready for long enough',
    spec: { minReadySeconds: 10 },
    pods: ['0 v1 ready 5s'],
    want: [],
  },
  {
    name: 'starts where it should',
    spec: { replicas: 2, ordinals: { start: 5 } },
    pods: ['5 v1 ready'],
    want: ['create db-6 v1'],
  },
  {
    name: 'ends what the first ordinal has left behind',
    spec: { replicas: 1, ordinals: { start: 1 } },
    pods: ['0 v1 ready', '1 v1 ready'],
    want: ['delete db-0 scaled'],
  },
  {
    name: 'scales down from the top',
    spec: { replicas: 1 },
    pods: ready,
    want: ['delete db-2 scaled'],
  },
  {
    name: 'scales down one at a time',
    spec: { replicas: 1 },
    pods: ['0 v1 ready', '1 v1 ready', '2 v1 ending'],
    want: [],
  },
  {
    name: 'does not scale down while one that stays is not well',
    spec: { replicas: 1 },
    pods: ['0 v1', '1 v1 ready'],
    want: [],
  },
  {
    name: 'ends the highest only when those below are well',
    spec: { replicas: 1 },
    pods: ['0 v1 ready', '1 v1', '2 v1'],
    want: [],
  },
  {
    name: 'ends the one that is not well',
    spec: { replicas: 1 },
    pods: ['0 v1 ready', '1 v1 ready', '2 v1'],
    want: ['delete db-2 scaled'],
  },
  {
    name: 'makes a failed pod anew',
    pods: ['0 v1 ready', '1 v1 failed', '2 v1 ready'],
    want: ['delete db-1 Failed'],
  },
  {
    name: 'makes one anew that has ended well',
    pods: ['0 v1 succeeded'],
    want: ['delete db-0 Succeeded'],
  },
];

const updating: Case[] = [
  { name: 'updates from the top', pods: ready, update: 'v2', want: ['delete db-2 updated'] },
  {
    name: 'makes the new one before it ends the next',
    pods: ['0 v1 ready', '1 v1 ready'],
    update: 'v2',
    want: ['create db-2 v2'],
  },
  {
    name: 'goes on when the new one is ready',
    pods: ['0 v1 ready', '1 v1 ready', '2 v2 ready'],
    update: 'v2',
    want: ['delete db-1 updated'],
  },
  {
    name: 'waits until the new one is available',
    spec: { minReadySeconds: 10 },
    pods: ['0 v1 ready', '1 v1 ready', '2 v2 ready 5s'],
    update: 'v2',
    want: [],
  },
  { name: 'stops at the partition', spec: partition(3), pods: ready, update: 'v2', want: [] },
  {
    name: 'counts the partition from the first ordinal',
    spec: { ...partition(2), ordinals: { start: 1 } },
    pods: ['1 v1 ready', '2 v1 ready', '3 v1 ready'],
    update: 'v2',
    want: ['delete db-3 updated'],
  },
  {
    name: 'brings one below the partition back as it was',
    spec: partition(2),
    pods: ['1 v1 ready', '2 v2 ready'],
    update: 'v2',
    want: ['create db-0 v1'],
  },
  {
    name: 'brings one above the partition back as it should be',
    spec: partition(2),
    pods: ['0 v1 ready', '1 v1 ready'],
    update: 'v2',
    want: ['create db-2 v2'],
  },
  {
    name: 'leaves it to people with OnDelete',
    spec: { updateStrategy: { type: 'OnDelete' } },
    pods: ready,
    update: 'v2',
    want: [],
  },
  {
    name: 'brings back what people deleted with OnDelete',
    spec: { updateStrategy: { type: 'OnDelete' } },
    pods: ['1 v1 ready', '2 v1 ready'],
    update: 'v2',
    want: ['create db-0 v2'],
  },
  {
    name: 'ends as many at a time as may be missing',
    spec: atMost(2),
    pods: ready,
    update: 'v2',
    want: ['delete db-2 updated', 'delete db-1 updated'],
  },
  {
    name: 'rounds a share of them down, but not to nothing',
    spec: atMost('40%'),
    pods: ready,
    update: 'v2',
    want: ['delete db-2 updated'],
  },
];

const atOnce: Case[] = [
  {
    name: 'makes all at once',
    spec: parallel,
    pods: [],
    want: ['create db-0 v1', 'create db-1 v1', 'create db-2 v1'],
  },
  {
    name: 'ends all at once',
    spec: { ...parallel, replicas: 1 },
    pods: ['0 v1', '1 v1 ready', '2 v1'],
    want: ['delete db-2 scaled', 'delete db-1 scaled'],
  },
  {
    name: 'still updates one at a time',
    spec: parallel,
    pods: ready,
    update: 'v2',
    want: ['delete db-2 updated'],
  },
  {
    name: 'counts who is missing already',
    spec: parallel,
    pods: ['0 v1 ready', '1 v1 ready', '2 v2'],
    update: 'v2',
    want: [],
  },
  {
    name: 'ends an old one that does not work in any case',
    spec: parallel,
    pods: ['0 v1', '1 v1 ready', '2 v2 ready'],
    update: 'v2',
    want: ['delete db-0 updated'],
  },
];

const claiming: Case[] = [
  { name: 'makes claims first', spec: withClaims, pods: [], want: ['create db-0 v1 + data-db-0'] },
  {
    name: 'takes a claim that is there',
    spec: withClaims,
    pods: [],
    claims: [claimOf(0)],
    want: ['create db-0 v1'],
  },
  {
    name: 'makes a claim again that a waiting pod needs',
    spec: withClaims,
    pods: ['0 v1'],
    want: ['claim db-0 + data-db-0'],
  },
  {
    name: 'lets claims go with the set',
    spec: { ...retention('Delete', 'Retain'), replicas: 1 },
    pods: ['0 v1 ready'],
    claims: [claimOf(0)],
    want: ['own data-db-0: StatefulSet db'],
  },
  {
    name: 'keeps them when it is told to',
    spec: { ...retention('Retain', 'Retain'), replicas: 1 },
    pods: ['0 v1 ready'],
    claims: [claimOf(0, ownedBy('StatefulSet', 'db', 'db'))],
    want: ['own data-db-0: nobody'],
  },
  {
    name: 'lets a claim go with the pod that is scaled away',
    spec: { ...retention('Retain', 'Delete'), replicas: 1 },
    pods: ['0 v1 ready', '1 v1 ready'],
    claims: [claimOf(0), claimOf(1)],
    want: ['own data-db-1: Pod db-1', 'delete db-1 scaled'],
  },
  {
    name: 'takes a claim back with its pod',
    spec: { ...retention('Delete', 'Delete'), replicas: 2 },
    pods: ['0 v1', '1 v1 ready'],
    claims: [claimOf(0, ownedBy('Pod', 'db-0', '0 v1'))],
    want: ['own data-db-0: StatefulSet db'],
  },
  {
    name: 'waits for a claim that goes with an earlier pod',
    spec: retention('Retain', 'Delete'),
    pods: [],
    claims: [claimOf(0, ownedBy('Pod', 'db-0', 'gone'))],
    want: [],
  },
  {
    name: 'waits for a claim that is ending',
    spec: withClaims,
    pods: [],
    claims: [claimOf(0, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
    want: [],
  },
  {
    name: 'leaves a claim that others manage to them',
    spec: { ...retention('Delete', 'Delete'), replicas: 1 },
    pods: ['0 v1 ready'],
    claims: [claimOf(0, ownedBy('Database', 'x', 'x'))],
    want: [],
  },
];

function observe({ spec = {}, pods, claims = [], update = 'v1' }: Omit<Case, 'name' | 'want'>) {
  const set = setOf(spec);
  return {
    set,
    pods: pods.map((words) => podOf(set, words)),
    claim: (name: string) => claims.find(({ metadata }) => metadata?.name === name),
    current: revisions.v1,
    update: revisions[update],
    nowMs,
  };
}

for (const each of [...ordered, ...updating, ...atOnce, ...claiming]) {
  test(`planStatefulSet ${each.name}`, (t) => {
    t.deepEqual(planStatefulSet(observe(each)).map(format), each.want);
  });
}

test('planStatefulSet does nothing for one that is being deleted', (t) => {
  const observed = observe({ pods: [] });
  observed.set.metadata!.deletionTimestamp = '2026-01-01T00:00:00Z';
  t.deepEqual(planStatefulSet(observed), []);
});

test('planStatefulSet looks at so many places at a time, however many are asked for', (t) => {
  const steps = planStatefulSet(observe({ spec: { ...parallel, replicas: 1e9 }, pods: [] }));
  t.true(steps.length <= 500, `${steps.length}`);
});

test('a pod has the name, the labels, the host name and the claims of its ordinal', (t) => {
  const set = setOf({ ...withClaims, ordinals: { start: 4 } });
  const volumes = [
    { name: 'data', emptyDir: {} },
    { name: 'tmp', emptyDir: {} },
  ];
  const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [], volumes } };
  const { metadata, spec } = makePod(set, 4, { template, revision: 'db-x' });
  t.is(metadata?.name, 'db-4');
  t.deepEqual(metadata?.labels, {
    app: 'db',
    'statefulset.kubernetes.io/pod-name': 'db-4',
    'apps.kubernetes.io/pod-index': '4',
    'controller-revision-hash': 'db-x',
  });
  t.deepEqual([spec?.hostname, spec?.subdomain], ['db-4', 'db']);
  t.deepEqual(spec?.volumes, [
    { name: 'data', persistentVolumeClaim: { claimName: 'data-db-4' } },
    { name: 'tmp', emptyDir: {} },
  ]);
});

test('planStatus counts by state, and a whole update becomes the current state', (t) => {
  const half = observe({ pods: ['0 v1 ready', '1 v1 ready', '2 v2'], update: 'v2' });
  t.like(planStatus(half, 0), {
    ...{ replicas: 3, readyReplicas: 2, availableReplicas: 2 },
    ...{ currentReplicas: 2, updatedReplicas: 1, currentRevision: 'v1', updateRevision: 'v2' },
  });
  const whole = observe({ pods: ['0 v2 ready', '1 v2 ready', '2 v2 ready'], update: 'v2' });
  const status = planStatus(whole, 0);
  t.like(status, { currentReplicas: 3, updatedReplicas: 3, currentRevision: 'v2' });
  whole.set.status = { ...status!, collisionCount: 0 };
  t.is(planStatus({ ...whole, current: revisions.v2 }, 0), undefined, 'nothing is said twice');
});
