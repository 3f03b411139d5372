/**
 * Decides what to do next for one pod: desired pod + what is observed + the time → steps.
 *
 * Pure. A step may fail or be cut short by a crash; the next plan sees what is there and gives
 * only what is missing, so every step must be safe to repeat.
 */
import { changedResources, isPutOff, restartsFor } from './plan-resize.ts';
import {
  appContainersOf,
  type ContainerMemory,
  ephemeralContainersOf,
  hasSucceeded,
  initContainersOf,
  isRunning,
  isTerminalPhase,
  type PodState,
} from './state.ts';

export type Step =
  | { readonly do: 'setUpVolumes' }
  | { readonly do: 'createSandbox' }
  | { readonly do: 'attachNetwork' }
  | { readonly do: 'startContainer'; readonly name: string; readonly attempt: number }
  | { readonly do: 'drain'; readonly untilMs: number } // Until nobody is sent to the pod.
  | {
      readonly do: 'killContainer';
      readonly name: string;
      readonly force: boolean; // SIGKILL; else the container's stop signal.
      readonly deadlineMs: number;
      readonly reason: string;
    }
  | { readonly do: 'resizeContainer'; readonly name: string }
  | { readonly do: 'failPod'; readonly reason: string; readonly message: string }
  | { readonly do: 'reportStatus' }
  | { readonly do: 'removeSandbox' }
  | { readonly do: 'removePod' } // Volumes, directories, the agent's memory of it.
  | { readonly do: 'deletePod' } // The API object: the last act of a graceful deletion.
  | { readonly do: 'waitUntil'; readonly atMs: number };

const backoffMinMs = 10_000;
const backoffMaxMs = 300_000;
const backoffResetMs = 600_000;

export function planPod(state: PodState, now: number): Step[] {
  if (state.gone || state.stopping || state.pod.metadata?.deletionTimestamp) {
    return planTermination(state, now);
  }
  if (state.failure || isTerminalPhase(state.pod.status?.phase)) return planEnd(state, now);
  const deadlineMs = activeDeadlineMs(state);
  if (deadlineMs !== undefined && now >= deadlineMs) return [deadlineExceeded, report];
  if (state.refusal !== undefined) return [report];
  if (isFinished(state)) return planEnd(state, now);
  const wake: Step[] = deadlineMs === undefined ? [] : [{ do: 'waitUntil', atMs: deadlineMs }];
  return [...planRun(state, now), report, ...wake];
}

/**
 * How long the container waits after the end of the run that is about to start, given what it
 * waited before: the first restart is immediate, then 10 s doubling to 300 s.
 */
export function nextBackoffMs(previousMs: number): number {
  return Math.min(Math.max(previousMs * 2, backoffMinMs), backoffMaxMs);
}

/** A run of ten minutes counts as good: the next restart is immediate again. */
export function backoffAfterRunMs(plannedMs: number, ranMs: number): number {
  return ranMs >= backoffResetMs ? 0 : plannedMs;
}

/** Whether the pod's policy starts the container again after the exit of its newest run. */
export function isRestartable(state: PodState, memory: ContainerMemory | undefined): boolean {
  const policy = state.pod.spec?.restartPolicy ?? 'Always';
  if (memory?.run?.status !== 'exited') return true;
  if (memory.kind === 'ephemeral') return false;
  if (hasSucceeded(memory)) return policy === 'Always' && memory.kind === 'app';
  return policy !== 'Never';
}

/** Nothing of the pod runs and nothing will: it has succeeded or failed. */
export function isFinished(state: PodState): boolean {
  const isOver = (name: string) => {
    const memory = state.containers.get(name);
    return memory?.run?.status === 'exited' && !isRestartable(state, memory);
  };
  const inits = initContainersOf(state.pod);
  const failedInit = inits.some(
    ({ name }) => isOver(name) && !hasSucceeded(state.containers.get(name)),
  );
  return failedInit || appContainersOf(state.pod).every(({ name }) => isOver(name));
}

function planRun(state: PodState, now: number): Step[] {
  const { sandbox } = state;
  if (state.sandboxLost) return [{ do: 'removeSandbox' }];
  if (!sandbox && !state.volumesReady) return [{ do: 'setUpVolumes' }];
  if (!sandbox) return [{ do: 'createSandbox' }];
  if (sandbox.stage === 'creating') return [{ do: 'removeSandbox' }];
  if (sandbox.stage !== 'ready') return [{ do: 'attachNetwork' }];
  const init = initContainersOf(state.pod).find(
    ({ name }) => !hasSucceeded(state.containers.get(name)),
  );
  // Those who look on need not wait for what they may have come to look at.
  const due = [
    ...ephemeralContainersOf(state.pod),
    ...(init ? [init] : appContainersOf(state.pod)),
  ];
  return due.flatMap(({ name }) => planContainer(state, name, now));
}

function planContainer(state: PodState, name: string, now: number): Step[] {
  const memory = state.containers.get(name);
  const run = memory?.run;
  const startAtMs = Math.max(memory?.waiting?.retryAtMs ?? 0, restartAtMs(memory));
  const attempt = run ? run.attempt + 1 : (memory?.firstAttempt ?? 0);
  if (run?.status === 'running') {
    const kill = planKill(state, memory!, now);
    return kill.length > 0 ? kill : planResize(state, memory!, now);
  }
  // A run that was recorded and never began keeps its number.
  if (run?.status === 'starting') return [{ do: 'startContainer', name, attempt: run.attempt }];
  if (!isRestartable(state, memory)) return [];
  if (startAtMs > now) return [{ do: 'waitUntil', atMs: startAtMs }];
  return [{ do: 'startContainer', name, attempt }];
}

/** A container whose run must end: asked first, then forced when its time is over. */
function planKill(state: PodState, memory: ContainerMemory, now: number): Step[] {
  const { run, name } = memory;
  if (run?.kill) return waitOrForce(memory, run.kill.deadlineMs, now);
  const reason = memory.unhealthy ?? changeOf(state, memory);
  if (reason === undefined) return [];
  const deadlineMs = now + (state.pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  return [{ do: 'killContainer', name, force: false, deadlineMs, reason }];
}

/** Image and resources are all of a container's spec that may change while the pod lives. */
function changeOf({ pod }: PodState, { name, run }: ContainerMemory): string | undefined {
  const container = appContainersOf(pod).find((each) => each.name === name);
  if (!container || !run) return undefined;
  if (container.image !== run.specImage) {
    return `Container ${name} definition changed, will be restarted`;
  }
  const isResized = restartsFor(container, changedResources(container, run));
  return isResized ? `Container ${name} resize requires restart` : undefined;
}

function planResize({ pod }: PodState, memory: ContainerMemory, now: number): Step[] {
  const { name, run, resizeProblem } = memory;
  const container = appContainersOf(pod).find((each) => each.name === name);
  if (!container || changedResources(container, run!).length === 0) return [];
  if (!isPutOff(memory, container.resources ?? {}, now)) return [{ do: 'resizeContainer', name }];
  const { retryAtMs } = resizeProblem!;
  return retryAtMs === undefined ? [] : [{ do: 'waitUntil', atMs: retryAtMs }];
}

/** The pod has ended by itself: say so first, so that a crash cannot run it again. */
function planEnd(state: PodState, now: number): Step[] {
  const running = planKillAll(state, now);
  if (running.length > 0) return [...running, report];
  return state.sandbox ? [report, { do: 'removeSandbox' }] : [report];
}

function planTermination(state: PodState, now: number): Step[] {
  const drain = planDrain(state, now);
  if (drain) return [drain];
  const running = planKillAll(state, now);
  // The agent that ends its pods at its own end may have no API to tell any more.
  if (running.length > 0) return state.gone || state.stopping ? running : [...running, report];
  const sandbox: Step[] = state.sandbox ? [{ do: 'removeSandbox' }] : [];
  if (state.gone) return [...sandbox, { do: 'removePod' }];
  if (state.pod.metadata?.deletionTimestamp) {
    return [report, ...sandbox, { do: 'removePod' }, { do: 'deletePod' }];
  }
  return [...sandbox, { do: 'removePod' }]; // Stopping: the pod's object is not ours to judge.
}

/**
 * Before the pod is asked to end, proxies must have stopped sending connections to it. Half of its
 * grace goes into that at most, so that its own farewell keeps the other half.
 */
function planDrain(state: PodState, now: number): Step | undefined {
  const { drain, gone, stopping, sandboxLost } = state;
  const { deletionTimestamp, deletionGracePeriodSeconds } = state.pod.metadata ?? {};
  if (!deletionTimestamp || deletionGracePeriodSeconds === 0) return undefined;
  if (gone || stopping || sandboxLost) return undefined;
  const running = [...state.containers.values()].filter(isRunning);
  if (running.length === 0 || running.some(({ run }) => run?.kill)) return undefined;
  if (drain) return now < drain.untilMs ? { do: 'waitUntil', atMs: drain.untilMs } : undefined;
  const boundMs = Math.min(drainMsMax, graceSecondsOf(state) * 500);
  return { do: 'drain', untilMs: now + boundMs };
}

function planKillAll(state: PodState, now: number): Step[] {
  if (state.sandboxLost) return [];
  return [...state.containers.values()].filter(isRunning).flatMap((memory): Step[] => {
    const graceMs = graceSecondsOf(state) * 1000;
    const kill = memory.run?.kill;
    // A second delete may shorten the time, never lengthen it.
    if (kill) {
      return waitOrForce(memory, Math.min(kill.deadlineMs, kill.signalledAtMs + graceMs), now);
    }
    const reason = `Stopping container ${memory.name}`;
    const deadlineMs = (state.drain?.startedAtMs ?? now) + graceMs;
    return [{ do: 'killContainer', name: memory.name, force: false, deadlineMs, reason }];
  });
}

function waitOrForce({ name, run }: ContainerMemory, deadlineMs: number, now: number): Step[] {
  // Waits for the exit. A process that outlives SIGKILL sits in the kernel: nothing to do for us.
  if (run?.kill?.forced) return [{ do: 'waitUntil', atMs: now + unkillableRetryMs }];
  if (now < deadlineMs) return [{ do: 'waitUntil', atMs: deadlineMs }];
  return [{ do: 'killContainer', name, force: true, deadlineMs, reason: run?.kill?.reason ?? '' }];
}

function graceSecondsOf({ pod, stopping, failure }: PodState): number {
  const spec = pod.spec?.terminationGracePeriodSeconds ?? 30;
  if (stopping) return Math.min(spec, stopping.graceSeconds);
  const asked = failure ? spec : (pod.metadata?.deletionGracePeriodSeconds ?? spec);
  // As upstream: even a forced deletion gives the process a second after SIGTERM.
  return Math.max(asked, graceSecondsMin);
}

function restartAtMs(memory: ContainerMemory | undefined): number {
  const run = memory?.run;
  if (run?.status !== 'exited') return 0;
  return (run.finishedAtMs ?? 0) + memory!.backoffMs;
}

function activeDeadlineMs({ pod, startedAtMs }: PodState): number | undefined {
  const seconds = pod.spec?.activeDeadlineSeconds;
  return seconds === undefined ? undefined : startedAtMs + seconds * 1000;
}

const report: Step = { do: 'reportStatus' };
const deadlineExceeded: Step = {
  do: 'failPod',
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};
const graceSecondsMin = 1;
const drainMsMax = 2000;
const unkillableRetryMs = 10_000;
