import test from 'ava';
import type { ResourceRequirements } from '../api/types/core-v1.generated.ts';
import { planPod } from './plan.ts';
import { belowUsage, changedResources, infeasible } from './plan-resize.ts';
import { planStatus } from './plan-status.ts';
import type { ResizeProblem } from './state.ts';
import { podOf, running, sandboxOf, stateOf } from './state-examples.ts';

const of = (cpu: string, memory = '64Mi'): ResourceRequirements => ({
  requests: { cpu, memory },
  limits: { cpu, memory },
});

interface Example {
  readonly has?: ResourceRequirements;
  readonly wanted: ResourceRequirements;
  readonly policy?: string;
  readonly problem?: ResizeProblem;
}

function resizing({ has, wanted, policy, problem }: Example) {
  const pod = podOf({});
  Object.assign(pod.spec!.containers[0]!, {
    resources: wanted,
    ...(policy && { resizePolicy: [{ resourceName: 'cpu', restartPolicy: policy }] }),
  });
  const state = stateOf(pod, {
    sandbox: sandboxOf('ready'),
    runs: { main: { ...running(), ...(has && { resources: has }) } },
  });
  if (problem) state.containers.get('main')!.resizeProblem = problem;
  return state;
}

const stuck = (wanted: ResourceRequirements, more = {}): ResizeProblem => ({
  wanted,
  reason: 'Infeasible',
  message: 'too much',
  ...more,
});

const now = 1000;
const cases: { name: string; example: Example; want: string[] }[] = [
  {
    name: 'changes what runs in place',
    example: { has: of('100m'), wanted: of('200m') },
    want: ['resizeContainer', 'reportStatus'],
  },
  {
    name: 'leaves alone what is the same in other words',
    example: { has: of('1', '1Gi'), wanted: of('1000m', '1024Mi') },
    want: ['reportStatus'],
  },
  {
    name: 'restarts who asks for it',
    example: { has: of('100m'), wanted: of('200m'), policy: 'RestartContainer' },
    want: ['killContainer', 'reportStatus'],
  },
  {
    name: 'does not restart for a resource that has not changed',
    example: { has: of('1'), wanted: of('1', '1Gi'), policy: 'RestartContainer' },
    want: ['resizeContainer', 'reportStatus'],
  },
  {
    name: 'leaves alone what an agent that did not resize has started',
    example: { wanted: of('200m') },
    want: ['reportStatus'],
  },
  {
    name: 'does not try again what the node can never do',
    example: { has: of('1'), wanted: of('99'), problem: stuck(of('99')) },
    want: ['reportStatus'],
  },
  {
    name: 'tries another size',
    example: { has: of('1'), wanted: of('2'), problem: stuck(of('99')) },
    want: ['resizeContainer', 'reportStatus'],
  },
  {
    name: 'tries again in a while what did not work',
    example: { has: of('1'), wanted: of('2'), problem: stuck(of('2'), { retryAtMs: 5000 }) },
    want: ['waitUntil', 'reportStatus'],
  },
];
for (const { name, example, want } of cases) {
  test(`a resize ${name}`, (t) => {
    t.deepEqual(
      planPod(resizing(example), now).map((step) => step.do),
      want,
    );
  });
}

test('the status shows what a container has, and why it has not what it should', (t) => {
  const state = resizing({ has: of('1'), wanted: of('99'), problem: stuck(of('99')) });
  const status = planStatus(state, { hostIps: [], now });
  t.deepEqual(status.containerStatuses?.[0]?.resources, of('1'));
  t.deepEqual(status.containerStatuses?.[0]?.allocatedResources, of('1').requests);
  const condition = status.conditions?.find(({ type }) => type === 'PodResizePending');
  t.like(condition, { status: 'True', reason: 'Infeasible', message: 'too much' });
  const done = resizing({ has: of('99'), wanted: of('99'), problem: stuck(of('99')) });
  done.pod.status = status;
  const after = planStatus(done, { hostIps: [], now });
  t.false(after.conditions?.some(({ type }) => type.startsWith('PodResize')));
});

test('infeasible is what the whole node does not have', (t) => {
  const allocatable = { cpu: '2', memory: '1Gi' };
  const ask = (...all: ResourceRequirements[]) =>
    infeasible(
      all.map((resources, index) => ({ name: `c${index}`, resources })),
      allocatable,
    );
  t.is(ask(of('1'), of('1')), undefined);
  t.is(
    ask(of('1'), of('1001m')),
    "Node didn't have enough capacity: cpu, requested: 2001, capacity: 2000",
  );
  t.regex(ask(of('1', '2Gi')) ?? '', /^Node didn't have enough capacity: memory/);
});

test('memory in use is not taken away', (t) => {
  t.is(belowUsage(of('1', '1Mi'), 2 ** 20), undefined);
  t.regex(belowUsage(of('1', '1Mi'), 2 ** 20 + 1) ?? '', /below current usage/);
  t.is(belowUsage({}, 5), undefined);
});

test('only what changed is named', (t) => {
  const container = { name: 'c', resources: of('2', '64Mi') };
  t.deepEqual(changedResources(container, { ...running(), resources: of('1') }), ['cpu']);
  t.deepEqual(changedResources(container, { ...running(), resources: {} }), ['cpu', 'memory']);
});
