/** A pod at work: its state with the connection to its monitor. */
import type { Pod } from '../api/types/core-v1.generated.ts';
import type { Clock } from '../base/clock.ts';
import type { Monitor } from '../native/index.ts';
import type { AgentPaths } from './paths.ts';
import { writeRecord } from './records.ts';
import {
  appContainersOf,
  type ContainerKind,
  type ContainerMemory,
  ephemeralContainersOf,
  initContainersOf,
  newContainerMemory,
  type PodState,
  type SandboxRecord,
} from './state.ts';
import { findUnsupported } from './unsupported.ts';

export interface LivePod {
  readonly state: PodState;
  monitor?: Monitor;
  /** Ends the probes of the containers that run, by container id. */
  readonly probes: Map<string, AbortController>;
  /** Who waits for the end of a container, by its id. */
  readonly waiters: Map<string, (() => void)[]>;
}

/** Resolves when that run of a container has ended, at once when it does not run. */
export function whenEnded({ state, waiters }: LivePod, containerId: string): Promise<void> {
  const isRunning = [...state.containers.values()].some(
    ({ run }) => run?.id === containerId && run.status === 'running',
  );
  if (!isRunning) return Promise.resolve();
  return new Promise((resolve) => {
    waiters.set(containerId, [...(waiters.get(containerId) ?? []), resolve]);
  });
}

/** The run has ended: its probes end, and those who waited for it go on. */
export function endRun({ probes, waiters }: LivePod, containerId: string): void {
  probes.get(containerId)?.abort();
  probes.delete(containerId);
  for (const resolve of waiters.get(containerId) ?? []) resolve();
  waiters.delete(containerId);
}

export function newLivePod(pod: Pod, clock: Clock): LivePod {
  const { uid, namespace, name } = pod.metadata ?? {};
  // They become paths: an empty one would name everybody's directory.
  if (!uid || !namespace || !name) throw new Error('a pod without uid, namespace or name');
  const refusal = findUnsupported(pod);
  const startTime = pod.status?.startTime;
  const state: PodState = {
    uid,
    namespace,
    name,
    pod,
    gone: false,
    sandboxLost: false,
    containers: new Map(),
    startedAtMs: startTime ? Date.parse(startTime) : clock.now(),
    volumesReady: false,
    ...(refusal !== undefined && { refusal }),
  };
  rememberContainers(state);
  return { state, probes: new Map(), waiters: new Map() };
}

/** As on disk: the sandbox with what its containers did so far. */
export function recordOf(state: PodState): SandboxRecord | undefined {
  if (!state.sandbox) return undefined;
  const containers = [...state.containers.values()].map(
    ({ waiting: _, unhealthy: __, resizeProblem: ___, ...rest }) => rest,
  );
  return { ...state.sandbox, containers };
}

export function saveRecord(paths: AgentPaths, state: PodState): void {
  const record = recordOf(state);
  if (record) writeRecord(paths, record);
}

/** Whatever the pod has by now: ephemeral containers come while it runs. */
export function rememberContainers(state: PodState): void {
  const { pod } = state;
  remember(state, 'init', initContainersOf(pod));
  remember(state, 'app', appContainersOf(pod));
  remember(state, 'ephemeral', ephemeralContainersOf(pod));
}

/** Numbers go on from what the API knows when the node has forgotten (a reboot). */
function remember(
  { pod, containers }: PodState,
  kind: ContainerKind,
  named: readonly { readonly name: string }[],
): void {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  for (const { name } of named) {
    if (containers.has(name)) continue;
    const status = [...containerStatuses, ...initContainerStatuses].find(
      (each) => each.name === name,
    );
    const memory: ContainerMemory = newContainerMemory(name, kind);
    if (status?.containerID) memory.firstAttempt = status.restartCount + 1;
    containers.set(name, memory);
  }
}
