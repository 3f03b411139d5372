import test from 'ava';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { PodDisruptionBudgetSpec } from '../../api/types/policy-v1.generated.ts';
import { planBudget } from './plan.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');
const at = (secondsAgo: number) => new Date(nowMs - secondsAgo * 1000).toISOString();

const pod = (name: string, isReady = true): Pod => ({
  metadata: { name },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
  },
});

interface Given {
  readonly spec: PodDisruptionBudgetSpec;
  readonly ready: number;
  readonly unready?: number;
  readonly wanted?: number;
  readonly disruptedPods?: Record<string, string>;
}

function plan({ spec, ready, unready = 0, wanted, disruptedPods }: Given) {
  const pods = [
    ...Array.from({ length: ready }, (_, index) => pod(`r${index}`)),
    ...Array.from({ length: unready }, (_, index) => pod(`u${index}`, false)),
  ];
  const budget = {
    metadata: { generation: 2 },
    spec,
    ...(disruptedPods && { status: { disruptedPods } }),
  };
  return planBudget({ budget, pods, wantedReplicas: wanted, nowMs });
}

const cases: readonly (readonly [string, Given, readonly number[]])[] = [
  // Healthy, desired, expected, allowed.
  ['a plain minimum', { spec: { minAvailable: 2 }, ready: 3 }, [3, 2, 3, 1]],
  [
    'a minimum that is not reached',
    { spec: { minAvailable: 2 }, ready: 1, unready: 2 },
    [1, 2, 3, 0],
  ],
  ['no pods at all', { spec: { minAvailable: 0 }, ready: 0 }, [0, 0, 0, 0]],
  ['a share, rounded up', { spec: { minAvailable: '50%' }, ready: 3, wanted: 3 }, [3, 2, 3, 1]],
  ['a maximum', { spec: { maxUnavailable: 1 }, ready: 3, wanted: 3 }, [3, 2, 3, 1]],
  ['a maximum, already used', { spec: { maxUnavailable: 1 }, ready: 2, wanted: 3 }, [2, 2, 3, 0]],
  ['a maximum as a share', { spec: { maxUnavailable: '34%' }, ready: 3, wanted: 3 }, [3, 1, 3, 2]],
  [
    'an eviction under way',
    { spec: { minAvailable: 2 }, ready: 3, disruptedPods: { r0: at(10) } },
    [2, 2, 3, 0],
  ],
  [
    'an eviction that never came to an end',
    { spec: { minAvailable: 2 }, ready: 3, disruptedPods: { r0: at(121) } },
    [3, 2, 3, 1],
  ],
];

for (const [name, given, want] of cases) {
  test(`a budget with ${name}`, (t) => {
    const { status } = plan(given);
    const counts = [
      status?.currentHealthy,
      status?.desiredHealthy,
      status?.expectedPods,
      status?.disruptionsAllowed,
    ];
    t.deepEqual(counts, [...want]);
    t.is(status?.conditions?.[0]?.status, want[3]! > 0 ? 'True' : 'False');
    t.is(status?.observedGeneration, 2);
  });
}

test('nothing may go while nobody knows how many there should be', (t) => {
  const { status } = plan({ spec: { maxUnavailable: 1 }, ready: 3 });
  t.is(status?.disruptionsAllowed, 0);
  t.is(status?.conditions?.[0]?.reason, 'SyncFailed');
});

test('a budget that is as it should be is not written, and is looked at when an eviction ends', (t) => {
  const given = { spec: { minAvailable: 2 }, ready: 3, disruptedPods: { r0: at(20) } };
  const { status, recheckMs } = plan(given);
  t.is(recheckMs, 100_000);
  const pods = [pod('r0'), pod('r1'), pod('r2')];
  const budget = { metadata: { generation: 2 }, spec: given.spec, status: status! };
  t.is(planBudget({ budget, pods, wantedReplicas: undefined, nowMs }).status, undefined);
});
