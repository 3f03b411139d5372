/**
 * The agent's nouns: what it remembers of a pod, on disk (SandboxRecord) and in memory (PodState).
 * The planner only reads them; apply.ts is the one that changes them.
 */
import type { Container, Pod, ResourceRequirements } from '../api/types/core-v1.generated.ts';

/** `ephemeral`: put beside the others later, to look at them; it runs once. */
export type ContainerKind = 'init' | 'app' | 'ephemeral';

/** Why and until when a running container is being ended. */
export interface Kill {
  readonly reason: string; // For the event: `Stopping container web`.
  readonly signalledAtMs: number;
  readonly deadlineMs: number; // SIGKILL is due.
  readonly forced: boolean; // SIGKILL has been sent.
}

/** One run of a container, recorded from the moment before it is started. */
export interface ContainerRun {
  readonly id: string; // 64 hex digits.
  readonly attempt: number; // 0 for the first run; the pod's restartCount.
  readonly specImage: string; // As the pod's spec had it.
  readonly image: string;
  readonly imageId: string;
  readonly stopSignal: string;
  readonly status: 'starting' | 'running' | 'exited';
  readonly createdAtMs: number;
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
  readonly exitCode?: number;
  readonly signal?: number;
  readonly reason?: string; // Completed, Error, OOMKilled, StartError, ContainerStatusUnknown.
  readonly message?: string;
  readonly kill?: Kill;
  /** As they are in the cgroups; absent: as in the spec, by an agent that did not resize. */
  readonly resources?: ResourceRequirements;
}

/** Why a container does not have the resources that it should have. */
export interface ResizeProblem {
  readonly wanted: ResourceRequirements;
  /** Infeasible: the node will never do it. Error: it did not work and is tried again. */
  readonly reason: 'Infeasible' | 'Error';
  readonly message: string;
  readonly retryAtMs?: number;
}

export interface Waiting {
  readonly reason: string;
  readonly message: string;
  readonly retryAtMs: number;
  readonly failures: number; // In a row; decides how long to wait.
}

/** What is known of one container of a pod. */
export interface ContainerMemory {
  readonly name: string;
  readonly kind: ContainerKind;
  /** The newest run. */
  run?: ContainerRun;
  /** The one before, always exited. */
  lastRun?: ContainerRun;
  /** How long after its exit the container may start again; 0 = at once. */
  backoffMs: number;
  /** Number of the next run when there is no run: from the pod's status after a reboot. */
  firstAttempt: number;
  // Below: not on disk.
  /** Why the last try to start it came to nothing. */
  waiting?: Waiting;
  /** What the probes say; a container without that probe counts as passed. */
  readiness: boolean;
  startup: boolean;
  resizeProblem?: ResizeProblem;
  /** Set when the liveness or startup probe wants this run dead: the event's message. */
  unhealthy?: string;
}

/** As the CNI capability `portMappings` has it. */
export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
  readonly hostIP?: string;
}

/** The pod's namespaces, network and monitor. Written to disk before each side effect. */
export interface SandboxRecord {
  readonly version: 1;
  readonly id: string; // 32 hex digits: the monitor's socket path must stay below 108 bytes.
  readonly namespace: string;
  readonly name: string;
  readonly podUid: string;
  readonly createdAtMs: number;
  readonly netnsPath?: string; // Absent: the host's network.
  /** Of the node, that lead to the pod. */
  readonly portMappings?: readonly PortMapping[];
  readonly ips: readonly string[];
  /** Which side effects may have happened: recorded before they begin. */
  readonly stage: 'creating' | 'created' | 'attaching' | 'ready';
  readonly cgroupDirs: readonly string[];
  readonly containers: readonly Omit<ContainerMemory, 'waiting' | 'unhealthy' | 'resizeProblem'>[];
}

/** Everything the planner sees of one pod. */
export interface PodState {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** As last seen in the API, or as recorded when the API no longer has it. */
  pod: Pod;
  /** The API has no such pod (any more): end it and leave nothing. */
  gone: boolean;
  /** The agent itself wants it ended: `--pods-on-exit=stop`. */
  stopping?: { readonly graceSeconds: number };
  /** Since when and until when at most its end waits for the Service proxy. */
  drain?: { readonly startedAtMs: number; readonly untilMs: number };
  sandbox?: SandboxRecord;
  /** The monitor has ended: nothing of the sandbox runs any more. */
  sandboxLost: boolean;
  containers: Map<string, ContainerMemory>;
  /** The pod's volumes are set up on the node. */
  volumesReady: boolean;
  /** The spec asks for something that this node does not do. */
  refusal?: string;
  /** The pod as a whole has failed: DeadlineExceeded. */
  failure?: { readonly reason: string; readonly message: string };
  /** When this node took the pod: status.startTime. */
  startedAtMs: number;
}

/** `web_default(uid)`: how upstream's messages name a pod. */
export const podTitleOf = ({ namespace, name, uid }: PodState): string =>
  `${name}_${namespace}(${uid})`;

export const initContainersOf = (pod: Pod): readonly Container[] => pod.spec?.initContainers ?? [];
export const appContainersOf = (pod: Pod): readonly Container[] => pod.spec?.containers ?? [];
export const ephemeralContainersOf = (pod: Pod): readonly Container[] =>
  pod.spec?.ephemeralContainers ?? [];

/** Of whatever kind; names are unique among all of them. */
export const findContainer = (pod: Pod, name: string): Container | undefined =>
  [...initContainersOf(pod), ...appContainersOf(pod), ...ephemeralContainersOf(pod)].find(
    (each) => each.name === name,
  );

/** The container whose processes an ephemeral one sees. */
export const targetOf = (pod: Pod, name: string): string | undefined =>
  pod.spec?.ephemeralContainers?.find((each) => each.name === name)?.targetContainerName;

export const isRunning = (memory: ContainerMemory | undefined): boolean =>
  memory?.run?.status === 'running';

export const hasSucceeded = (memory: ContainerMemory | undefined): boolean =>
  memory?.run?.status === 'exited' && memory.run.exitCode === 0;

/** A pod that the API already calls finished is never run again. */
export const isTerminalPhase = (phase: string | undefined): boolean =>
  phase === 'Succeeded' || phase === 'Failed';

export function newContainerMemory(name: string, kind: ContainerKind): ContainerMemory {
  return { name, kind, backoffMs: 0, firstAttempt: 0, readiness: false, startup: false };
}
