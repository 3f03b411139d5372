import test from 'ava';
import type { Node, Pod, Taint } from '../../api/types/core-v1.generated.ts';
import { evictionAtMs, planSilence, planTaints } from './plan.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');

const node = (ready: string | undefined, taints: Taint[] = [], unschedulable = false): Node => ({
  spec: { taints, unschedulable },
  status: { conditions: ready ? [{ type: 'Ready', status: ready }] : [] },
});

const words = (taints: Taint[] | undefined) =>
  taints?.map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`);

const mine = { key: 'mine', effect: 'NoSchedule' };
const silent = ['NoSchedule', 'NoExecute'].map((effect) => ({
  key: 'node.kubernetes.io/unreachable',
  effect,
}));

const cases: { name: string; node: Node; want: string[] | undefined }[] = [
  { name: 'gives a ready node none', node: node('True'), want: undefined },
  {
    name: 'keeps pods off a node that is not ready',
    node: node('False'),
    want: ['not-ready:NoSchedule', 'not-ready:NoExecute'],
  },
  {
    name: 'treats a node that never said anything as not ready',
    node: node(undefined),
    want: ['not-ready:NoSchedule', 'not-ready:NoExecute'],
  },
  {
    name: 'keeps the taints of others',
    node: node('Unknown', [mine]),
    want: ['mine:NoSchedule', 'unreachable:NoSchedule', 'unreachable:NoExecute'],
  },
  { name: 'has nothing to do twice', node: node('Unknown', silent), want: undefined },
  { name: 'takes its own back', node: node('True', [mine, ...silent]), want: ['mine:NoSchedule'] },
  {
    name: 'marks a cordoned node',
    node: node('True', [], true),
    want: ['unschedulable:NoSchedule'],
  },
];

for (const { name, node: given, want } of cases) {
  test(`planTaints ${name}`, (t) => t.deepEqual(words(planTaints(given, nowMs)), want));
}

test('planSilence makes what is known unknown, once', (t) => {
  const conditions = planSilence(node('True'), nowMs);
  t.deepEqual(
    conditions?.map(({ type, status, reason }) => [type, status, reason]),
    [
      ['Ready', 'Unknown', 'NodeStatusUnknown'],
      ['MemoryPressure', 'Unknown', 'NodeStatusNeverUpdated'],
      ['DiskPressure', 'Unknown', 'NodeStatusNeverUpdated'],
      ['PIDPressure', 'Unknown', 'NodeStatusNeverUpdated'],
    ],
  );
  t.is(planSilence({ status: { conditions: conditions! } }, nowMs + 5000), undefined);
});

const tainted = node('Unknown', [
  { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: '2026-01-01T12:00:00Z' },
]);

const stays: { name: string; tolerations: object[]; want: number | undefined }[] = [
  { name: 'at once without a toleration', tolerations: [], want: 0 },
  {
    name: 'never with one that has no end',
    tolerations: [{ operator: 'Exists' }],
    want: undefined,
  },
  {
    name: 'after the time that it tolerates',
    tolerations: [{ operator: 'Exists', tolerationSeconds: 300 }],
    want: 300,
  },
  {
    name: 'after the shorter of two',
    tolerations: [
      { operator: 'Exists', tolerationSeconds: 300 },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', tolerationSeconds: 20 },
    ],
    want: 20,
  },
  {
    name: 'at once when it tolerates something else',
    tolerations: [{ key: 'other', operator: 'Exists' }],
    want: 0,
  },
];

for (const { name, tolerations, want } of stays) {
  test(`a pod leaves ${name}`, (t) => {
    const pod = { spec: { containers: [], tolerations } } as Pod;
    const atMs = evictionAtMs(pod, tainted);
    t.is(atMs === undefined ? undefined : (atMs - nowMs) / 1000, want);
  });
}
