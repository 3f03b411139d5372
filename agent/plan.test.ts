import test from 'ava';
import { backoffAfterRunMs, nextBackoffMs, planPod, type Step } from './plan.ts';
import type { PodState } from './state.ts';
import { exited, podOf, running, sandboxOf, stateOf } from './state-examples.ts';

const now = 1_000_000;
const ready = sandboxOf('ready');

const cases: { name: string; state: PodState; want: string[] }[] = [
  {
    name: 'sets up volumes before anything else',
    state: stateOf(podOf({}), { volumesReady: false }),
    want: ['setUpVolumes', 'reportStatus'],
  },
  {
    name: 'makes the sandbox before its network',
    state: stateOf(podOf({})),
    want: ['createSandbox', 'reportStatus'],
  },
  {
    name: 'attaches a sandbox that has no address yet, also after a crash in the middle',
    state: stateOf(podOf({}), { sandbox: sandboxOf('attaching') }),
    want: ['attachNetwork', 'reportStatus'],
  },
  {
    name: 'begins again with a sandbox that a crash left half made',
    state: stateOf(podOf({}), { sandbox: sandboxOf('creating') }),
    want: ['removeSandbox', 'reportStatus'],
  },
  {
    name: 'starts all app containers at once',
    state: stateOf(podOf({ containers: ['a', 'b'] }), { sandbox: ready }),
    want: ['startContainer a 0', 'startContainer b 0', 'reportStatus'],
  },
  {
    name: 'starts init containers one after another, and no app before them',
    state: stateOf(podOf({ inits: ['i', 'j'] }), { sandbox: ready, runs: { i: exited(0) } }),
    want: ['startContainer j 0', 'reportStatus'],
  },
  {
    name: 'waits while an init container runs',
    state: stateOf(podOf({ inits: ['i'] }), { sandbox: ready, runs: { i: running() } }),
    want: ['reportStatus'],
  },
  {
    name: 'has nothing to do when all run',
    state: stateOf(podOf({}), { sandbox: ready, runs: { main: running() } }),
    want: ['reportStatus'],
  },
  {
    name: 'starts who is to look on without waiting for anyone, as soon as there is a sandbox',
    state: stateOf(podOf({ inits: ['i'], debuggers: ['d'] }), {
      sandbox: ready,
      runs: { i: running() },
    }),
    want: ['startContainer d 0', 'reportStatus'],
  },
  {
    name: 'never starts a second time who only looks on',
    state: stateOf(podOf({ debuggers: ['d'] }), {
      sandbox: ready,
      runs: { main: running(), d: exited(1) },
    }),
    want: ['reportStatus'],
  },
  {
    name: 'ends a pod whose own containers have ended, whoever still looks on',
    state: stateOf(podOf({ restartPolicy: 'Never', debuggers: ['d'] }), {
      sandbox: ready,
      runs: { main: exited(0), d: running() },
    }),
    want: ['killContainer d TERM +30000 Stopping container d', 'reportStatus'],
  },
  {
    name: 'starts again with its own number a run that was recorded and never began',
    state: stateOf(podOf({}), {
      sandbox: ready,
      runs: { main: { ...running(), status: 'starting', attempt: 4 } },
    }),
    want: ['startContainer main 4', 'reportStatus'],
  },
  {
    name: 'restarts at once what ended for the first time',
    state: stateOf(podOf({}), { sandbox: ready, runs: { main: exited(1, now) } }),
    want: ['startContainer main 1', 'reportStatus'],
  },
  {
    name: 'waits for the back-off of what ends again and again',
    state: stateOf(podOf({}), {
      sandbox: ready,
      runs: { main: exited(1, now - 4000) },
      backoffMs: 10_000,
    }),
    want: ['waitUntil +6000', 'reportStatus'],
  },
  {
    name: 'does not restart success under OnFailure: the pod is finished',
    state: stateOf(podOf({ restartPolicy: 'OnFailure' }), {
      sandbox: ready,
      runs: { main: exited(0, now) },
    }),
    want: ['reportStatus', 'removeSandbox'],
  },
  {
    name: 'reports the end before it takes the sandbox away, so that a crash cannot run it again',
    state: stateOf(podOf({ restartPolicy: 'Never' }), {
      sandbox: ready,
      runs: { main: exited(1, now) },
    }),
    want: ['reportStatus', 'removeSandbox'],
  },
  {
    name: 'ends the pod when an init container fails and nothing restarts it',
    state: stateOf(podOf({ restartPolicy: 'Never', inits: ['i'] }), {
      sandbox: ready,
      runs: { i: exited(1, now) },
    }),
    want: ['reportStatus', 'removeSandbox'],
  },
  {
    name: 'never runs again what the API calls finished',
    state: stateOf(podOf({ phase: 'Failed' })),
    want: ['reportStatus'],
  },
  {
    name: 'only reports a pod that asks for what is not there',
    state: stateOf(podOf({}), { refusal: 'spec.x is not supported' }),
    want: ['reportStatus'],
  },
  {
    name: 'replaces a sandbox whose monitor is gone',
    state: stateOf(podOf({}), { sandbox: ready, sandboxLost: true, runs: { main: exited(137) } }),
    want: ['removeSandbox', 'reportStatus'],
  },
  {
    name: 'asks a container to end that its probe wants dead',
    state: stateOf(podOf({}), { sandbox: ready, runs: { main: running() }, unhealthy: 'sick' }),
    want: ['killContainer main TERM +30000 sick', 'reportStatus'],
  },
  {
    name: 'ends a container whose image was changed: it begins again with the new one',
    state: stateOf(podOf({}), {
      sandbox: ready,
      runs: { main: { ...running(), specImage: 'busybox:old' } },
    }),
    want: [
      'killContainer main TERM +30000 Container main definition changed, will be restarted',
      'reportStatus',
    ],
  },
  {
    name: 'asks nobody to end while new connections may still come, half of the grace at most',
    state: stateOf(podOf({ deletedWith: 2 }), { sandbox: ready, runs: { main: running() } }),
    want: ['drain +1000'],
  },
  {
    name: 'waits for the proxy, but not for long',
    state: stateOf(podOf({ deletedWith: 30 }), {
      drain: { startedAtMs: now - 100, untilMs: now + 1900 },
      sandbox: ready,
      runs: { main: running() },
    }),
    want: ['waitUntil +1900'],
  },
  {
    name: 'asks all containers of a deleted pod to end, within its grace, the drain included',
    state: stateOf(podOf({ containers: ['a', 'b'], deletedWith: 5 }), {
      drain: { startedAtMs: now - 300, untilMs: 0 },
      sandbox: ready,
      runs: { a: running(), b: running() },
    }),
    want: [
      'killContainer a TERM +4700 Stopping container a',
      'killContainer b TERM +4700 Stopping container b',
      'reportStatus',
    ],
  },
  {
    name: 'waits for those that were asked',
    state: stateOf(podOf({ deletedWith: 30 }), {
      sandbox: ready,
      runs: { main: running({ signalledAtMs: now - 1000, deadlineMs: now + 29_000 }) },
    }),
    want: ['waitUntil +29000', 'reportStatus'],
  },
  {
    name: 'forces them when their time is over',
    state: stateOf(podOf({ deletedWith: 30 }), {
      sandbox: ready,
      runs: { main: running({ signalledAtMs: now - 30_000, deadlineMs: now }) },
    }),
    want: ['killContainer main KILL +0 stop', 'reportStatus'],
  },
  {
    name: 'takes a shorter grace from a second delete',
    state: stateOf(podOf({ deletedWith: 2 }), {
      sandbox: ready,
      runs: { main: running({ signalledAtMs: now - 1000, deadlineMs: now + 29_000 }) },
    }),
    want: ['waitUntil +1000', 'reportStatus'],
  },
  {
    name: 'gives even a forced deletion a second',
    state: stateOf(podOf({ deletedWith: 0 }), { sandbox: ready, runs: { main: running() } }),
    want: ['killContainer main TERM +1000 Stopping container main', 'reportStatus'],
  },
  {
    name: 'deletes the object last, after everything is gone from the node',
    state: stateOf(podOf({ deletedWith: 5 }), { sandbox: ready, runs: { main: exited(0) } }),
    want: ['reportStatus', 'removeSandbox', 'removePod', 'deletePod'],
  },
  {
    name: 'removes all of a pod that the API has forgotten, and reports to nobody',
    state: stateOf(podOf({}), { gone: true, sandbox: ready, runs: { main: exited(0) } }),
    want: ['removeSandbox', 'removePod'],
  },
  {
    name: 'leaves the object alone when the agent ends its pods',
    state: stateOf(podOf({}), {
      stopping: { graceSeconds: 10 },
      sandbox: ready,
      runs: { main: exited(0) },
    }),
    want: ['removeSandbox', 'removePod'],
  },
  {
    name: 'fails a pod that has been active for too long',
    state: stateOf(podOf({ activeDeadlineSeconds: 60 }), { startedAtMs: now - 60_000 }),
    want: ['failPod DeadlineExceeded', 'reportStatus'],
  },
  {
    name: 'looks again when the deadline comes',
    state: stateOf(podOf({ activeDeadlineSeconds: 60 }), {
      startedAtMs: now - 50_000,
      sandbox: ready,
      runs: { main: running() },
    }),
    want: ['reportStatus', 'waitUntil +10000'],
  },
];

for (const { name, state, want } of cases) {
  test(`planPod ${name}`, (t) => {
    t.deepEqual(planPod(state, now).map(format), want);
  });
}

test('the first restart is immediate, then the back-off doubles from 10 s to 300 s', (t) => {
  const waits = [0];
  while (waits.length < 8) waits.push(nextBackoffMs(waits.at(-1)!));
  t.deepEqual(waits, [0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
});

test('a run of ten minutes clears the back-off', (t) => {
  t.is(backoffAfterRunMs(80_000, 600_000), 0);
  t.is(backoffAfterRunMs(80_000, 599_999), 80_000);
});

function format(step: Step): string {
  switch (step.do) {
    case 'startContainer':
      return `startContainer ${step.name} ${step.attempt}`;
    case 'killContainer': {
      const signal = step.force ? 'KILL' : 'TERM';
      return `killContainer ${step.name} ${signal} +${step.deadlineMs - now} ${step.reason}`;
    }
    case 'failPod':
      return `failPod ${step.reason}`;
    case 'drain':
      return `drain +${step.untilMs - now}`;
    case 'waitUntil':
      return `waitUntil +${step.atMs - now}`;
    default:
      return step.do;
  }
}
