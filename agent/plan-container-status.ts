/** One container's status. Pure. */
import type {
  Container,
  ContainerState,
  ContainerStatus,
  PodStatus,
} from '../api/types/core-v1.generated.ts';
import { toTime } from '../base/clock.ts';
import { isRestartable } from './plan.ts';
import {
  type ContainerMemory,
  type ContainerRun,
  hasSucceeded,
  initContainersOf,
  isTerminalPhase,
  type PodState,
  podTitleOf,
} from './state.ts';

export const containerIdOf = (id: string): string => `wherry://${id}`;

export function planContainerStatus(
  state: PodState,
  container: Container,
  before: PodStatus,
): ContainerStatus {
  const memory = state.containers.get(container.name);
  const known = [
    ...(before.initContainerStatuses ?? []),
    ...(before.containerStatuses ?? []),
    ...(before.ephemeralContainerStatuses ?? []),
  ].find(({ name }) => name === container.name);
  // After a reboot, or an end that was already reported, the API knows more than we do.
  if (known && !memory?.run && !memory?.lastRun) {
    if (isTerminalPhase(before.phase)) return known;
  }
  const run = memory?.run;
  const latest = run ?? memory?.lastRun;
  const isRunning = run?.status === 'running';
  // What a running one has, which may not yet be what it should have.
  const resources = (isRunning && run.resources) || container.resources;
  const isStarted = isRunning && memory!.startup;
  const now = stateOf(state, container, memory);
  const last = lastRunOf(memory, now) ?? previousOf(known, memory);
  return {
    name: container.name,
    state: now,
    ...(last && { lastState: last }),
    ready: isReady(memory, isStarted),
    restartCount: latest?.attempt ?? known?.restartCount ?? 0,
    image: latest?.image ?? container.image ?? '',
    imageID: latest?.imageId ?? '',
    ...(latest && { containerID: containerIdOf(latest.id) }),
    started: isStarted,
    ...(resources?.requests && { allocatedResources: resources.requests }),
    ...(resources && { resources }),
  };
}

/** Who only looks on serves nobody. */
function isReady(memory: ContainerMemory | undefined, isStarted: boolean): boolean {
  if (memory?.kind === 'ephemeral') return false;
  return memory?.kind === 'init' ? hasSucceeded(memory) : isStarted && memory!.readiness;
}

function stateOf(
  state: PodState,
  container: Container,
  memory: ContainerMemory | undefined,
): ContainerState {
  const run = memory?.run;
  if (run?.status === 'running') return { running: { startedAt: toTime(run.startedAtMs!) } };
  const isEnding = state.gone || Boolean(state.pod.metadata?.deletionTimestamp || state.failure);
  if (run?.status === 'exited' && (isEnding || !isRestartable(state, memory))) {
    return terminatedOf(run);
  }
  if (memory?.waiting) {
    const { reason, message } = memory.waiting;
    return { waiting: { reason, message } };
  }
  if (run?.status === 'exited') return backOffOf(state, memory!);
  if (state.refusal !== undefined) {
    return { waiting: { reason: 'CreateContainerConfigError', message: state.refusal } };
  }
  return {
    waiting: { reason: waitsForInit(state, container) ? 'PodInitializing' : 'ContainerCreating' },
  };
}

/** Between two runs. Without a wait the next run is about to begin: the exit stands until then. */
function backOffOf(state: PodState, memory: ContainerMemory): ContainerState {
  const { name, backoffMs, run } = memory;
  if (backoffMs === 0) return terminatedOf(run!);
  const wait = formatSeconds(backoffMs / 1000);
  const message = `back-off ${wait} restarting failed container=${name} pod=${podTitleOf(state)}`;
  return { waiting: { reason: 'CrashLoopBackOff', message } };
}

export function terminatedOf(run: ContainerRun): ContainerState {
  const { exitCode = 0, signal, reason, message, startedAtMs, finishedAtMs } = run;
  return {
    terminated: {
      exitCode,
      ...(signal && { signal }),
      reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
      ...(message && { message }),
      ...(startedAtMs !== undefined && { startedAt: toTime(startedAtMs) }),
      ...(finishedAtMs !== undefined && { finishedAt: toTime(finishedAtMs) }),
      containerID: containerIdOf(run.id),
    },
  };
}

/** The last finished run that `state` does not show already. */
function lastRunOf(memory: ContainerMemory | undefined, now: ContainerState) {
  const { run, lastRun } = memory ?? {};
  if (run?.status === 'exited' && !now.terminated) return terminatedOf(run);
  return lastRun && terminatedOf(lastRun);
}

/** What the API remembers of runs from before a reboot. */
function previousOf(known: ContainerStatus | undefined, memory: ContainerMemory | undefined) {
  if (memory?.lastRun || !known) return undefined;
  if (known.state?.terminated && !memory?.run) return { terminated: known.state.terminated };
  return known.lastState?.terminated && { terminated: known.lastState.terminated };
}

const waitsForInit = (state: PodState, { name }: Container) =>
  state.containers.get(name)?.kind !== 'ephemeral' &&
  initContainersOf(state.pod).some(
    (init) => init.name !== name && !hasSucceeded(state.containers.get(init.name)),
  );

/** As Go prints durations: 10s, 1m20s, 5m0s. */
function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${whole % 60}s`;
}
