import test from 'ava';
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
} from '../../api/types/autoscaling-v2.generated.ts';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import { bound, noMemory, remember } from './behavior.ts';
import { type Proposal, planScale, statusOf } from './plan.ts';
import { replicasByPods, replicasByShare, replicasByValue } from './replicas.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');
const at = (secondsAgo: number) => new Date(nowMs - secondsAgo * 1000).toISOString();
const tolerance = { up: 0.1, down: 0.1 };

/** `90`: uses so much; `u90`: has just started; `?`: says nothing; `p`: pending; `x`: ending. */
function replicas(words: string, target: number, isCpu = true): number {
  const given = words.split(' ').map((word, index) => ({ word, name: `p${index}` }));
  const pods = given.map(({ word, name }): Pod => {
    const isStarting = word.startsWith('u');
    return {
      metadata: { name, ...(word === 'x' && { deletionTimestamp: at(0) }) },
      status: {
        phase: word === 'p' ? 'Pending' : 'Running',
        startTime: at(isStarting ? 10 : 1000),
        conditions: [
          {
            type: 'Ready',
            status: isStarting ? 'False' : 'True',
            lastTransitionTime: at(isStarting ? 10 : 900),
          },
        ],
      },
    };
  });
  const samples = new Map(
    given.flatMap(({ word, name }) => {
      const milli = Number(/\d+/.exec(word)?.[0]);
      return milli >= 0 ? [[name, { milli, atMs: nowMs - 15_000, windowMs: 30_000 }] as const] : [];
    }),
  );
  return replicasByPods({
    ...{ pods, samples, tolerance, nowMs, isCpu, currentReplicas: pods.length },
    targetOf: () => target,
    assumedOf: () => 100,
  });
}

const byPods: readonly (readonly [string, string, number, number])[] = [
  ['more when they use more', '90 90 90', 50, 6],
  ['fewer when they use less', '20 20 20', 60, 1],
  ['as many when it is about right', '54 54 54', 50, 3],
  ['one more at the edge', '56 56 56', 50, 4],
  ['counting what starts as idle', '90 90 u10 u10', 50, 4],
  ['counting what is pending as idle', '90 90 90 p', 50, 6],
  ['counting what says nothing as busy when fewer seem enough', '20 20 20 ?', 60, 3],
  ['counting what says nothing as idle when more seem needed', '90 90 90 ?', 50, 6],
  ['without what is ending', '90 90 x', 50, 4],
  ['never the other way round', '90 u0 u0 u0', 50, 4],
];

for (const [name, words, target, want] of byPods) {
  test(`replicasByPods: ${name}`, (t) => t.is(replicas(words, target), want));
}

test('replicasByPods: who measures nobody decides nothing', (t) => {
  t.throws(() => replicas('? ?', 50), { message: /did not receive metrics for targeted pods/ });
});

test('a value is for all, a share for each', (t) => {
  const whole = { targetMilli: 100, currentReplicas: 4, readyPods: 3, tolerance };
  t.is(replicasByValue({ ...whole, milli: 200 }), 6);
  t.is(replicasByValue({ ...whole, milli: 105 }), 4);
  t.is(replicasByValue({ ...whole, milli: 200, currentReplicas: 0 }), 2);
  t.is(replicasByShare({ ...whole, milli: 900 }), 9);
  t.is(replicasByShare({ ...whole, milli: 410 }), 4);
});

const ago = (seconds: number, replicas: number) => ({ atMs: nowMs - seconds * 1000, replicas });

interface Given {
  readonly behavior?: HorizontalPodAutoscalerBehavior;
  readonly wanted: number;
  readonly current: number;
  readonly min?: number;
  readonly max?: number;
  readonly recommendations?: readonly { atMs: number; replicas: number }[];
  readonly ups?: readonly { atMs: number; replicas: number }[];
}

function bounded({ behavior, wanted, current, min = 1, max = 100, ...memory }: Given): string {
  const spec = {
    ...{ scaleTargetRef: { kind: 'Deployment', name: 'web' } },
    ...{ minReplicas: min, maxReplicas: max, ...(behavior && { behavior }) },
  };
  const wish = { wanted, current, memory: { ...noMemory, ...memory }, nowMs };
  const found = bound(spec, wish);
  return [found.replicas, found.stabilized?.reason, found.limited?.reason]
    .filter(Boolean)
    .join(' ');
}

const pods = (value: number, periodSeconds = 60) => ({ type: 'Pods', value, periodSeconds });
const percent = (value: number, periodSeconds = 60) => ({ type: 'Percent', value, periodSeconds });

const bounds: readonly (readonly [string, Given, string])[] = [
  ['as wanted', { wanted: 5, current: 4 }, '5'],
  ['doubled at most', { wanted: 50, current: 10 }, '20 ScaleUpLimit'],
  ['four at least', { wanted: 50, current: 1 }, '4 ScaleUpLimit'],
  ['not beyond the most', { wanted: 9, current: 5, max: 8 }, '8 TooManyReplicas'],
  ['not below the least', { wanted: 1, current: 5, min: 2 }, '2 TooFewReplicas'],
  [
    'not down while more was right lately',
    { wanted: 2, current: 5, recommendations: [ago(200, 4), ago(400, 9)] },
    '4 ScaleDownStabilized',
  ],
  [
    'not up before it was right for long',
    {
      behavior: { scaleUp: { stabilizationWindowSeconds: 60, policies: [pods(9)] } },
      ...{ wanted: 9, current: 3, recommendations: [ago(30, 5)] },
    },
    '5 ScaleUpStabilized',
  ],
  [
    'by so many in a period',
    {
      behavior: { scaleUp: { policies: [pods(4)] } },
      ...{ wanted: 20, current: 8, ups: [ago(30, 3), ago(90, 5)] },
    },
    '9 ScaleUpLimit',
  ],
  [
    'the larger of two policies',
    { behavior: { scaleUp: { policies: [pods(4), percent(100)] } }, wanted: 30, current: 10 },
    '20 ScaleUpLimit',
  ],
  [
    'the smaller of two policies',
    {
      behavior: { scaleUp: { selectPolicy: 'Min', policies: [pods(4), percent(100)] } },
      ...{ wanted: 30, current: 10 },
    },
    '14 ScaleUpLimit',
  ],
  [
    'down by a share',
    {
      behavior: { scaleDown: { stabilizationWindowSeconds: 0, policies: [percent(10)] } },
      ...{ wanted: 2, current: 20 },
    },
    '18 ScaleDownLimit',
  ],
  [
    'never down',
    {
      behavior: { scaleDown: { stabilizationWindowSeconds: 0, selectPolicy: 'Disabled' } },
      ...{ wanted: 2, current: 20 },
    },
    '20 ScaleDownLimit',
  ],
];

for (const [name, given, want] of bounds) {
  test(`bound: ${name}`, (t) => t.is(bounded(given), want));
}

const autoscaler: HorizontalPodAutoscaler = {
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 2, maxReplicas: 10 },
};

const wants = (replicas: number): Proposal => ({
  replicas,
  name: `metric ${replicas}`,
  status: { type: 'Resource' },
});
const broken: Proposal = { reason: 'FailedGetPodsMetric', error: 'not served' };

function planned(currentReplicas: number, ...proposals: Proposal[]): string {
  const plan = planScale({ autoscaler, currentReplicas, proposals, memory: noMemory, nowMs });
  const active = plan.conditions.find(({ type }) => type === 'ScalingActive');
  return [plan.replicas, active?.reason].filter((each) => each !== undefined).join(' ');
}

test('planScale: the metric that wants most decides', (t) => {
  t.is(planned(3, wants(4), wants(6), wants(2)), '6 ValidMetricFound');
  t.is(planned(3, wants(4), broken), '4 ValidMetricFound', 'more is right whatever the other says');
  t.is(planned(3, wants(2), broken), '3 FailedGetPodsMetric', 'fewer might be wrong');
  t.is(planned(3, broken), '3 FailedGetPodsMetric');
  t.is(planned(0), '0 ScalingDisabled');
  t.is(planned(1), '2');
  t.is(planned(12), '10');
});

test('statusOf keeps the time of what has not changed', (t) => {
  const said = [{ type: 'AbleToScale', status: 'True', reason: 'R', message: 'm' }];
  const done = { said, current: 3, desired: 3, metrics: [], hasScaled: false };
  const first = statusOf(autoscaler, { ...done, nowMs });
  const later = statusOf({ ...autoscaler, status: first }, { ...done, nowMs: nowMs + 60_000 });
  t.deepEqual(later, first);
  t.is(
    statusOf(autoscaler, { ...done, hasScaled: true, nowMs }).lastScaleTime,
    at(0).replace('.000', ''),
  );
});

test('remember forgets what is old', (t) => {
  const first = remember(noMemory, { recommended: 3, change: 2, nowMs });
  t.deepEqual(
    [first.recommendations.length, first.ups[0]?.replicas, first.downs.length],
    [1, 2, 0],
  );
  const later = remember(first, { change: -1, nowMs: nowMs + 3_700_000 });
  t.deepEqual([later.recommendations.length, later.ups.length, later.downs.length], [0, 0, 1]);
});
