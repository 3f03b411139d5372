import test from 'ava';
import type { DaemonSet, DaemonSetSpec } from '../../api/types/apps-v1.generated.ts';
import type { Node, Pod, PodSpec, Taint } from '../../api/types/core-v1.generated.ts';
import { Backoff } from './backoff.ts';
import { makePod, nodeOf } from './node-fit.ts';
import type { Observed } from './places.ts';
import { planDaemonSet } from './plan.ts';
import { planStatus } from './status.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');

interface Given {
  readonly name: string;
  readonly spec?: Partial<DaemonSetSpec>;
  readonly pod?: Partial<PodSpec>;
  /** `a`, `a disk=ssd`, `a !NoSchedule`, `a !NoExecute`, `a !not-ready`: labels and taints. */
  readonly nodes: readonly string[];
  /** `a1 new ready`: on node a; `old`, `new`; `ready`, `late` (a second ago), `ending`, … */
  readonly pods: readonly string[];
  readonly want: readonly string[];
}

const taints: Record<string, Taint> = {
  '!NoSchedule': { key: 'gpu', effect: 'NoSchedule' },
  '!NoExecute': { key: 'gpu', effect: 'NoExecute' },
  '!not-ready': { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' },
  '!cordoned': { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
  '!no-network': { key: 'node.kubernetes.io/network-unavailable', effect: 'NoSchedule' },
};

function nodeFrom(words: string): Node {
  const [name = '', ...marks] = words.split(' ');
  const labels = marks.filter((mark) => mark.includes('=')).map((mark) => mark.split('='));
  return {
    metadata: { name, labels: Object.fromEntries(labels) },
    spec: { taints: marks.flatMap((mark) => taints[mark] ?? []) },
  };
}

function podFrom(set: DaemonSet, words: string): Pod {
  const [name = '', age = 'new', state = 'waiting'] = words.split(' ');
  const pod = makePod(set, name[0]!, age);
  const at = new Date(nowMs - (state === 'late' ? 1000 : 60_000)).toISOString();
  const phases: Record<string, string> = { failed: 'Failed', succeeded: 'Succeeded' };
  const isReady = ['ready', 'late', 'ending'].includes(state);
  return {
    metadata: {
      ...pod.metadata,
      ...{ name, uid: name, creationTimestamp: at },
      ...(state === 'ending' && { deletionTimestamp: at }),
    },
    spec: { ...pod.spec!, ...(state !== 'pinned' && { nodeName: name[0]! }) },
    status: {
      phase: phases[state] ?? 'Running',
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: at }],
    },
  };
}

function observe({ spec = {}, pod = {}, nodes, pods }: Omit<Given, 'name' | 'want'>): Observed {
  const set: DaemonSet = {
    metadata: { name: 'log', namespace: 'default', uid: 'log', generation: 1 },
    spec: {
      selector: { matchLabels: { app: 'log' } },
      template: { metadata: { labels: { app: 'log' } }, spec: { containers: [], ...pod } },
      ...spec,
    },
  };
  return {
    set,
    nodes: nodes.map(nodeFrom),
    pods: pods.map((words) => podFrom(set, words)),
    hash: 'new',
    nowMs,
  };
}

const rolling = (rollingUpdate: object) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate },
});
const surge = rolling({ maxSurge: 1, maxUnavailable: 0 });

const placing: Given[] = [
  { name: 'runs on each node', nodes: ['a', 'b'], pods: ['a1 new'], want: ['+b'] },
  { name: 'ends one of two', nodes: ['a'], pods: ['a1 new', 'a2 new'], want: ['-a2'] },
  { name: 'waits for the end of a pod', nodes: ['a'], pods: ['a1 new ending'], want: [] },
  {
    name: 'runs where its selector says',
    pod: { nodeSelector: { disk: 'ssd' } },
    nodes: ['a disk=ssd', 'b disk=tape', 'c'],
    pods: ['b1 new ready'],
    want: ['+a', '-b1'],
  },
  {
    name: 'runs where its affinity says',
    pod: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] },
            ],
          },
        },
      },
    },
    nodes: ['a disk=ssd', 'b'],
    pods: [],
    want: ['+a'],
  },
  {
    name: 'runs on the node that is named',
    pod: { nodeName: 'b' },
    nodes: ['a', 'b'],
    pods: [],
    want: ['+b'],
  },
  { name: 'keeps off a tainted node', nodes: ['a !NoSchedule'], pods: [], want: [] },
  {
    name: 'leaves a pod alone on a node that was tainted later',
    nodes: ['a !NoSchedule'],
    pods: ['a1 new ready'],
    want: [],
  },
  { name: 'leaves a node at once', nodes: ['a !NoExecute'], pods: ['a1 new'], want: ['-a1'] },
  {
    name: 'tolerates what its template does',
    pod: { tolerations: [{ key: 'gpu', operator: 'Exists' }] },
    nodes: ['a !NoSchedule', 'b !NoExecute'],
    pods: [],
    want: ['+a', '+b'],
  },
  {
    name: 'stays with a node that is in trouble or cordoned',
    nodes: ['a !not-ready', 'b !cordoned'],
    pods: ['a1 new'],
    want: ['+b'],
  },
  {
    name: 'needs no network on that of the host',
    pod: { hostNetwork: true },
    nodes: ['a !no-network'],
    pods: [],
    want: ['+a'],
  },
  { name: 'waits for the network of pods', nodes: ['a !no-network'], pods: [], want: [] },
  { name: 'ends pods for nodes that are gone', nodes: [], pods: ['a1 new pinned'], want: ['-a1'] },
  { name: 'ends what has failed', nodes: ['a'], pods: ['a1 new failed'], want: ['~a1'] },
  { name: 'ends what is through', nodes: ['a'], pods: ['a1 new succeeded'], want: ['~a1'] },
];

const updating: Given[] = [
  {
    name: 'updates one node at a time',
    nodes: ['a', 'b'],
    pods: ['a1 old ready', 'b1 old ready'],
    want: ['-a1'],
  },
  {
    name: 'waits until the new pod is available',
    spec: { minReadySeconds: 10 },
    nodes: ['a', 'b'],
    pods: ['a1 new late', 'b1 old ready'],
    want: [],
  },
  {
    name: 'updates as many as may be missing, a share of them rounded up',
    spec: rolling({ maxUnavailable: '50%' }),
    nodes: ['a', 'b', 'c'],
    pods: ['a1 old ready', 'b1 old ready', 'c1 old ready'],
    want: ['-a1', '-b1'],
  },
  {
    name: 'ends old ones that do not work in any case',
    nodes: ['a', 'b', 'c'],
    pods: ['a1 old', 'b1 old', 'c1 old ready'],
    want: ['-a1', '-b1'],
  },
  {
    name: 'counts a node without a pod',
    nodes: ['a', 'b'],
    pods: ['b1 old ready'],
    want: ['+a'],
  },
  {
    name: 'leaves it to people with OnDelete',
    spec: { updateStrategy: { type: 'OnDelete' } },
    nodes: ['a', 'b'],
    pods: ['a1 old ready'],
    want: ['+b'],
  },
  {
    name: 'makes the new one beside the old',
    spec: surge,
    nodes: ['a', 'b'],
    pods: ['a1 old ready', 'b1 old ready'],
    want: ['+a'],
  },
  {
    name: 'keeps the old one while the new one is not available',
    spec: surge,
    nodes: ['a', 'b'],
    pods: ['a1 old ready', 'a2 new', 'b1 old ready'],
    want: [],
  },
  {
    name: 'ends the old one then, and goes on',
    spec: surge,
    nodes: ['a', 'b'],
    pods: ['a1 old ready', 'a2 new ready', 'b1 old ready'],
    want: ['+b', '-a1'],
  },
  {
    name: 'does not wait for an old one that does not work',
    spec: surge,
    nodes: ['a'],
    pods: ['a1 old', 'a2 new'],
    want: ['-a1'],
  },
  {
    name: 'makes the new one while an old one ends',
    spec: surge,
    nodes: ['a'],
    pods: ['a1 old ending'],
    want: ['+a'],
  },
  {
    name: 'makes as many beside old ones as it may',
    spec: rolling({ maxSurge: '50%', maxUnavailable: 0 }),
    nodes: ['a', 'b', 'c'],
    pods: ['a1 old ready', 'b1 old ready', 'c1 old ready'],
    want: ['+a', '+b'],
  },
];

for (const each of [...placing, ...updating]) {
  test(`planDaemonSet ${each.name}`, (t) => {
    const change = planDaemonSet(observe(each));
    const name = ({ metadata }: Pod) => metadata?.name;
    t.deepEqual(
      [
        ...change.create.map((node) => `+${node}`),
        ...change.delete.map((pod) => `-${name(pod)}`),
        ...change.over.map((pod) => `~${name(pod)}`),
      ],
      each.want,
    );
  });
}

test('planDaemonSet does nothing for one that is being deleted', (t) => {
  const observed = observe({ nodes: ['a'], pods: [] });
  observed.set.metadata!.deletionTimestamp = '2026-01-01T00:00:00Z';
  t.deepEqual(planDaemonSet(observed), { create: [], delete: [], over: [] });
});

test('a pod is pinned to its node, and tolerates what befalls nodes', (t) => {
  const toleration = {
    key: 'node.kubernetes.io/not-ready',
    operator: 'Exists',
    effect: 'NoExecute',
  };
  const mild = { ...toleration, tolerationSeconds: 300 };
  const { set } = observe({ nodes: [], pods: [], pod: { tolerations: [mild] } });
  const pod = makePod(set, 'a', 'hash');
  t.is(nodeOf(pod), 'a');
  t.is(pod.metadata?.labels?.['controller-revision-hash'], 'hash');
  const own = pod.spec?.tolerations?.filter(({ key }) => key === toleration.key);
  t.deepEqual(own, [toleration], 'for ever, not for five minutes');
  t.is(pod.spec?.tolerations?.length, 6);
});

test('planStatus counts nodes, and says when the next pod is available', (t) => {
  const observed = observe({
    spec: { minReadySeconds: 10 },
    nodes: ['a', 'b', 'c', 'd', 'e !NoSchedule'],
    pods: ['a1 new ready', 'b1 new late', 'c1 old ready', 'e1 old ready'],
  });
  const { status, recheckMs } = planStatus(observed, 0);
  t.deepEqual(status, {
    ...{ desiredNumberScheduled: 4, currentNumberScheduled: 3, numberMisscheduled: 1 },
    ...{ numberReady: 3, numberAvailable: 2, numberUnavailable: 2, updatedNumberScheduled: 2 },
    observedGeneration: 1,
  });
  t.is(recheckMs, 9000);
  observed.set.status = status!;
  t.is(planStatus(observed, 0).status, undefined, 'nothing is said twice');
});

test('what fails again and again is replaced ever more slowly, and what was well for long at once', (t) => {
  const backoff = new Backoff();
  const next = (ms: number) => backoff.next('a', ms);
  t.deepEqual([next(0), next(400), next(1000), next(1500), next(3000)], [0, 600, 0, 1500, 0]);
  t.is(next(60_000), 0);
  t.is(next(60_500), 500);
});
