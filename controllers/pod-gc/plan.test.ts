import test from 'ava';
import type { Node, Pod } from '../../api/types/core-v1.generated.ts';
import { planPodGc } from './plan.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');

interface Given {
  readonly name: string;
  readonly node?: string;
  readonly phase?: string;
  readonly isEnding?: boolean;
}

const pod = ({ name, node, phase = 'Running', isEnding = false }: Given): Pod => ({
  metadata: {
    name,
    creationTimestamp: `2026-01-01T0${name.length}:00:00Z`,
    ...(isEnding && { deletionTimestamp: '2026-01-01T11:00:00Z' }),
  },
  spec: { containers: [], ...(node && { nodeName: node }) },
  status: { phase },
});

const good: Node = {
  metadata: { name: 'good' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
};
const off: Node = {
  metadata: { name: 'off' },
  spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] },
  status: { conditions: [{ type: 'Ready', status: 'Unknown' }] },
};

const plan = (given: readonly Given[], goneFor = 60, endedMax = 100) =>
  planPodGc({
    ...{ pods: given.map(pod), nowMs, endedMax },
    nodes: new Map([
      ['good', good],
      ['off', off],
    ]),
    missingSince: new Map([['gone', nowMs - goneFor * 1000]]),
  });

const cases: readonly (readonly [string, Given, boolean])[] = [
  ['on a node', { name: 'a', node: 'good' }, false],
  ['ending on a node', { name: 'a', node: 'good', isEnding: true }, false],
  ['on a node that is gone', { name: 'a', node: 'gone' }, true],
  ['on a node that is not there yet', { name: 'a', node: 'new' }, false],
  ['waiting for a node', { name: 'a' }, false],
  ['ending before it had a node', { name: 'a', isEnding: true }, true],
  ['on a node that is off for good', { name: 'a', node: 'off' }, false],
  ['ending on a node that is off for good', { name: 'a', node: 'off', isEnding: true }, true],
];

for (const [name, given, isRemoved] of cases) {
  test(`a pod ${name} ${isRemoved ? 'goes' : 'stays'}`, (t) => {
    t.is(plan([given]).removals.length > 0, isRemoved);
  });
}

test('a node that has just gone is given time', (t) => {
  const { removals, missing, recheckMs } = plan([{ name: 'a', node: 'gone' }], 10);
  t.deepEqual([removals, missing, recheckMs], [[], ['gone'], 30_000]);
});

test('of the pods that are over, the oldest go', (t) => {
  const phase = 'Succeeded';
  const given = ['ccc', 'a', 'bb'].map((name) => ({ name, node: 'good', phase }));
  t.deepEqual(
    plan(given, 0, 1).removals.map((each) => each.pod.metadata?.name),
    ['a', 'bb'],
  );
});
