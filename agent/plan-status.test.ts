import test from 'ava';
import { isSameStatus, planStatus } from './plan-status.ts';
import type { PodState } from './state.ts';
import { exited, podOf, running, sandboxOf, stateOf } from './state-examples.ts';

const context = { hostIps: ['192.0.2.1'], now: Date.parse('2026-11-22T10:00:00Z') };
const sandbox = { ...sandboxOf('ready'), ips: ['10.42.0.7'] };

const phases: { name: string; state: PodState; want: string }[] = [
  { name: 'is Pending before anything runs', state: stateOf(podOf({})), want: 'Pending' },
  {
    name: 'is Pending while init containers run',
    state: stateOf(podOf({ inits: ['i'] }), { sandbox, runs: { i: running() } }),
    want: 'Pending',
  },
  {
    name: 'is Running once every container has begun',
    state: stateOf(podOf({ containers: ['a', 'b'] }), {
      sandbox,
      runs: { a: running(), b: exited(1) },
    }),
    want: 'Running',
  },
  {
    name: 'is Pending while one container has never begun',
    state: stateOf(podOf({ containers: ['a', 'b'] }), { sandbox, runs: { a: running() } }),
    want: 'Pending',
  },
  {
    name: 'is Running between two runs of a container that is restarted',
    state: stateOf(podOf({}), { sandbox, runs: { main: exited(1) }, backoffMs: 10_000 }),
    want: 'Running',
  },
  {
    name: 'is Succeeded when all ended well and nothing restarts them',
    state: stateOf(podOf({ restartPolicy: 'OnFailure' }), { sandbox, runs: { main: exited(0) } }),
    want: 'Succeeded',
  },
  {
    name: 'is Failed when one failed and nothing restarts it',
    state: stateOf(podOf({ restartPolicy: 'Never', containers: ['a', 'b'] }), {
      sandbox,
      runs: { a: exited(0), b: exited(3) },
    }),
    want: 'Failed',
  },
  {
    name: 'is Failed when an init container failed for good',
    state: stateOf(podOf({ restartPolicy: 'Never', inits: ['i'] }), {
      sandbox,
      runs: { i: exited(1) },
    }),
    want: 'Failed',
  },
  {
    name: 'is terminal before the object is deleted, whatever the policy',
    state: stateOf(podOf({ deletedWith: 1 }), { sandbox, runs: { main: exited(143) } }),
    want: 'Failed',
  },
  {
    name: 'stays Running while a deleted pod still runs',
    state: stateOf(podOf({ deletedWith: 30 }), { sandbox, runs: { main: running() } }),
    want: 'Running',
  },
  {
    name: 'never leaves a terminal phase',
    state: stateOf(podOf({ phase: 'Succeeded' })),
    want: 'Succeeded',
  },
];

for (const { name, state, want } of phases) {
  test(`the phase ${name}`, (t) => {
    t.is(planStatus(state, context).phase, want);
  });
}

const conditions: { name: string; state: PodState; want: string[] }[] = [
  {
    name: 'name what is not ready yet',
    state: stateOf(podOf({ inits: ['i'], containers: ['a', 'b'] })),
    want: [
      'PodReadyToStartContainers=False',
      'Initialized=False ContainersNotInitialized containers with incomplete status: [i]',
      'Ready=False ContainersNotReady containers with unready status: [a b]',
      'ContainersReady=False ContainersNotReady containers with unready status: [a b]',
    ],
  },
  {
    name: 'are all true for a pod that runs',
    state: stateOf(podOf({ inits: ['i'] }), { sandbox, runs: { i: exited(0), main: running() } }),
    want: [
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
    ],
  },
  {
    name: 'call a finished pod completed',
    state: stateOf(podOf({ restartPolicy: 'Never' }), { runs: { main: exited(0) } }),
    want: [
      'PodReadyToStartContainers=False',
      'Initialized=True PodCompleted',
      'Ready=False PodCompleted',
      'ContainersReady=False PodCompleted',
    ],
  },
  {
    name: 'keep a readiness gate in mind, and what others wrote',
    state: stateOf(
      podOf({
        gates: ['example.com/gate'],
        conditions: [{ type: 'PodScheduled', status: 'True' }],
      }),
      { sandbox, runs: { main: running() } },
    ),
    want: [
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=False ReadinessGatesNotReady corresponding condition of pod readiness gate "example.com/gate" does not exist.',
      'ContainersReady=True',
      'PodScheduled=True',
    ],
  },
];

for (const { name, state, want } of conditions) {
  test(`conditions ${name}`, (t) => {
    const lines = planStatus(state, context).conditions?.map(
      ({ type, status, reason = '', message = '' }) =>
        `${type}=${status} ${reason} ${message}`.trimEnd(),
    );
    t.deepEqual(lines, want);
  });
}

test('a condition keeps its time while it does not change', (t) => {
  const first = planStatus(stateOf(podOf({})), context);
  const pod = { ...podOf({}), status: first };
  const later = planStatus(stateOf(pod), { ...context, now: context.now + 60_000 });
  t.true(isSameStatus(first, later));
});

test('container states carry times, reasons and the last run', (t) => {
  const state = stateOf(podOf({}), {
    sandbox,
    runs: { main: { ...exited(137, 5000), reason: 'OOMKilled', attempt: 2, startedAtMs: 1000 } },
    backoffMs: 20_000,
  });
  const [status] = planStatus(state, context).containerStatuses!;
  t.like(status, {
    ready: false,
    started: false,
    restartCount: 2,
    containerID: 'wherry://id',
    imageID: 'sha256:image',
    state: {
      waiting: {
        reason: 'CrashLoopBackOff',
        message: 'back-off 20s restarting failed container=main pod=web_default(u1)',
      },
    },
    lastState: {
      terminated: {
        exitCode: 137,
        reason: 'OOMKilled',
        startedAt: '1970-01-01T00:00:01Z',
        finishedAt: '1970-01-01T00:00:05Z',
      },
    },
  });
});

test('a pod has its addresses, and a finished one keeps them', (t) => {
  const status = planStatus(stateOf(podOf({}), { sandbox, runs: { main: running() } }), context);
  t.like(status, {
    podIP: '10.42.0.7',
    podIPs: [{ ip: '10.42.0.7' }],
    hostIP: '192.0.2.1',
    hostIPs: [{ ip: '192.0.2.1' }],
    qosClass: 'BestEffort',
    observedGeneration: 1,
  });
  const finished = { ...podOf({}), status: { ...status, phase: 'Succeeded' } };
  t.is(planStatus(stateOf(finished), context).podIP, '10.42.0.7');
});

test('after a reboot the count goes on from what the API knows', (t) => {
  const known = planStatus(
    stateOf(podOf({}), { sandbox, runs: { main: { ...running(), attempt: 3 } } }),
    context,
  );
  const [status] = planStatus(stateOf({ ...podOf({}), status: known }), context).containerStatuses!;
  t.is(status?.restartCount, 3);
});
