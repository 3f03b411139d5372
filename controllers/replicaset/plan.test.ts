import test from 'ava';
import type { ReplicaSet } from '../../api/types/apps-v1.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { planReplicas, planStatus } from './plan.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');

interface Given {
  readonly name: string;
  readonly node?: string;
  readonly phase?: string;
  readonly readyFor?: number; // Seconds.
  readonly age?: number; // Seconds.
  readonly cost?: string;
  readonly restarts?: number;
  readonly ending?: boolean;
}

function pod({ name, node = 'n', phase = 'Running', ...given }: Given): Pod {
  const { readyFor, age = 1000, cost, restarts = 0, ending } = given;
  const at = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString();
  return {
    metadata: {
      name,
      uid: name,
      labels: { app: 'web' },
      creationTimestamp: at(age),
      ...(cost && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
      ...(ending && { deletionTimestamp: at(0) }),
    },
    spec: { containers: [], ...(node && { nodeName: node }) },
    status: {
      phase,
      containerStatuses: [{ restartCount: restarts } as never],
      conditions:
        readyFor === undefined
          ? []
          : [{ type: 'Ready', status: 'True', lastTransitionTime: at(readyFor) }],
    },
  };
}

const set = (replicas: number, minReadySeconds = 0): ReplicaSet => ({
  metadata: { name: 'web', generation: 3 },
  spec: {
    replicas,
    minReadySeconds,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } } },
  },
});

const cases: { name: string; replicas: number; pods: Given[]; want: number | string[] }[] = [
  { name: 'makes what is missing', replicas: 3, pods: [{ name: 'a' }], want: 2 },
  { name: 'is content when there are enough', replicas: 1, pods: [{ name: 'a' }], want: 0 },
  { name: 'makes 500 at most at a time', replicas: 2000, pods: [], want: 500 },
  {
    name: 'replaces pods that are over or ending',
    replicas: 3,
    pods: [{ name: 'a', phase: 'Failed' }, { name: 'b', ending: true }, { name: 'c' }],
    want: 2,
  },
  {
    name: 'ends first what is on no node',
    replicas: 1,
    pods: [{ name: 'a' }, { name: 'b', node: '', phase: 'Pending' }],
    want: ['b'],
  },
  {
    name: 'ends what pends before what runs, and what is not ready before what is',
    replicas: 1,
    pods: [{ name: 'a', readyFor: 9 }, { name: 'b' }, { name: 'c', phase: 'Pending' }],
    want: ['c', 'b'],
  },
  {
    name: 'ends the cheapest before it looks at crowds',
    replicas: 2,
    pods: [
      { name: 'a', readyFor: 9, cost: '5' },
      { name: 'b', readyFor: 9, node: 'other', cost: '-5' },
      { name: 'c', readyFor: 9 },
    ],
    want: ['b'],
  },
  {
    name: 'ends one of the doubled up',
    replicas: 2,
    pods: [
      { name: 'a', readyFor: 9 },
      { name: 'b', readyFor: 900, node: 'm' },
      { name: 'c', readyFor: 900, node: 'm' },
    ],
    want: ['b'],
  },
  {
    name: 'ends what became ready last, when it is much later',
    replicas: 1,
    pods: [
      { name: 'a', readyFor: 900 },
      { name: 'b', readyFor: 9 },
    ],
    want: ['b'],
  },
  {
    name: 'ends what restarted most',
    replicas: 1,
    pods: [
      { name: 'a', readyFor: 9 },
      { name: 'b', readyFor: 9, restarts: 4 },
    ],
    want: ['b'],
  },
  {
    name: 'ends the youngest',
    replicas: 1,
    pods: [
      { name: 'a', readyFor: 9, age: 9000 },
      { name: 'b', readyFor: 9, age: 10 },
    ],
    want: ['b'],
  },
];

for (const { name, replicas, pods, want } of cases) {
  test(`planReplicas ${name}`, (t) => {
    const all = pods.map(pod);
    const change = planReplicas({ replicaSet: set(replicas), pods: all, related: all, nowMs });
    const names = change.delete.map(({ metadata }) => metadata?.name);
    t.deepEqual(names.length > 0 ? names : change.create, want);
  });
}

test('planReplicas does nothing for one that is being deleted', (t) => {
  const replicaSet = set(3);
  replicaSet.metadata!.deletionTimestamp = '2026-01-01T00:00:00Z';
  t.deepEqual(planReplicas({ replicaSet, pods: [], related: [], nowMs }), {
    create: 0,
    delete: [],
  });
});

test('planStatus counts, and says when the next pod is available', (t) => {
  const pods = [
    pod({ name: 'a', readyFor: 100 }),
    pod({ name: 'b', readyFor: 4 }),
    pod({ name: 'c' }),
    pod({ name: 'd', ending: true }),
  ];
  const { status, recheckMs } = planStatus(
    { replicaSet: set(3, 10), pods, related: [], nowMs },
    undefined,
  );
  t.deepEqual(status, {
    replicas: 3,
    fullyLabeledReplicas: 3,
    readyReplicas: 2,
    availableReplicas: 1,
    terminatingReplicas: 1,
    observedGeneration: 3,
  });
  t.is(recheckMs, 6000);
});

test('planStatus keeps a failure until it is over, and writes nothing twice', (t) => {
  const observed = { replicaSet: set(0), pods: [], related: [], nowMs };
  const failure = { reason: 'FailedCreate', message: 'quota' };
  const { status } = planStatus(observed, failure);
  t.is(status?.conditions?.[0]?.reason, 'FailedCreate');
  const replicaSet = { ...set(0), ...(status && { status }) };
  t.is(planStatus({ ...observed, replicaSet }, failure).status, undefined);
  t.is(planStatus({ ...observed, replicaSet }, undefined).status?.conditions, undefined);
});
