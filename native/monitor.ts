/**
 * The pod monitor's face: one small static process per pod, the parent of the pause process and
 * of the pod's containers. It outlives the agent; `connectMonitor` adopts one that is running.
 *
 * The wire: a stream socket at `<runDir>/monitor.sock`. Every frame is
 * `u32 length (of what follows, little endian) · u8 type · payload`. A request's payload is a
 * list of NUL-terminated `key=value` strings, where order counts and unknown keys are passed over,
 * so that an older and a newer agent can both speak to a monitor.
 */

import type { SyscallError } from '../base/errors.ts';

/** The pod's shared namespaces. Paths are absolute. */
export interface SandboxSpec {
  readonly id: string;
  /** For monitor.sock and the pause process's pid file; made by the caller, mode 0700. */
  readonly runDir: string;
  readonly hostname: string;
  /** A pinned network namespace; absent: the host's. */
  readonly netnsPath?: string;
  readonly hostPid?: boolean;
  readonly hostIpc?: boolean;
  /** Directories of the pod's cgroup, one for each hierarchy (v2: just one), made by the caller. */
  readonly cgroupDirs: readonly string[];
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Where the monitor itself is to live, as cgroupDirs; absent: where the agent lives. */
  readonly monitorCgroupDirs?: readonly string[];
}

export interface Mount {
  readonly source: string; // Host path for bind, else a name for /proc/mounts.
  readonly target: string; // In the container.
  readonly type: 'bind' | 'tmpfs';
  readonly readOnly?: boolean;
  readonly options?: string; // Of tmpfs: "size=65536k,mode=1777".
  /** Of bind: a path in `source` that a tenant chose. No link leads out of it; made if missing. */
  readonly subPath?: string;
  /** Of bind. Absent: private. `shared` reaches the host only where its mount is shared. */
  readonly propagation?: 'private' | 'slave' | 'shared';
}

export interface ContainerSpec {
  readonly id: string;
  readonly args: readonly string[]; // argv; args[0] is looked up in env's PATH inside the root.
  readonly env: readonly string[];
  readonly cwd: string; // Made if missing.
  /** Overlay layers, lowest last (as overlayfs' lowerdir), and its two writable directories. */
  readonly lowerDirs: readonly string[];
  readonly upperDir: string;
  readonly workDir: string;
  /** An empty directory of the host where the root is put together, in a private mount namespace. */
  readonly rootDir: string;
  readonly mounts: readonly Mount[];
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  readonly capabilities: readonly string[]; // "CAP_CHOWN", … the bounding, permitted and effective set.
  readonly noNewPrivileges: boolean;
  readonly privileged: boolean;
  readonly readOnlyRoot: boolean;
  readonly oomScoreAdj: number;
  readonly cgroupDirs: readonly string[]; // As in SandboxSpec, of the container.
  /** CRI-format log file; its directory exists. Absent: output is discarded. */
  readonly logPath?: string;
  readonly terminal: boolean;
  readonly stdin: boolean;
  /** Join the pause process's pid namespace instead of a new one (shareProcessNamespace). */
  readonly sharedPid?: boolean;
  /** The id of a running container of this pod: join its pid namespace, and see its processes. */
  readonly pidOf?: string;
}

export interface ContainerState {
  readonly id: string;
  readonly status: 'running' | 'exited';
  readonly pid: number;
  readonly startedAtMs: number;
  readonly finishedAtMs?: number;
  readonly exitCode?: number; // 128 + signal when a signal ended it, as upstream reports it.
  readonly signal?: number;
  readonly oomKilled?: boolean;
}

export interface SandboxState {
  readonly id: string;
  readonly pausePid: number; // 0 once pause has ended.
  readonly containers: readonly ContainerState[];
}

export interface ExecSpec {
  readonly args: readonly string[];
  readonly env?: readonly string[]; // Absent: the container's.
  readonly terminal: boolean;
  readonly stdin: boolean;
}

/**
 * Why something could not be done: an error as Node's own (`code: 'ENOENT'`, `syscall` is the step
 * that failed). `stage` is `exec` when all was set up but the program itself cannot be executed.
 */
export interface MonitorError extends SyscallError {
  readonly stage: 'setup' | 'exec';
}

/** A process' streams over one connection. Ends with `exit`; `close` hangs up (and kills an exec). */
export interface StreamSession {
  onOutput(listener: (stream: 'stdout' | 'stderr', data: Uint8Array) => void): void;
  /** Resolves when all output has been delivered. Rejects when the monitor or the exec set-up fails. */
  readonly exited: Promise<{ exitCode: number }>;
  /** Resolves once the monitor's socket takes more. */
  write(data: Uint8Array): Promise<void>;
  closeStdin(): void;
  resize(columns: number, rows: number): void;
  /** Back-pressure: stops and starts reading from the monitor. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface Monitor {
  readonly pid: number;
  state(): Promise<SandboxState>;
  /** Sets the container up and runs it; resolves once execve has succeeded. Undoes all on failure. */
  start(spec: ContainerSpec): Promise<ContainerState>;
  signal(containerId: string, signal: number): Promise<void>;
  /** Goes on in a new file at logPath: the old one has been renamed. */
  reopenLog(containerId: string): Promise<void>;
  /** Forgets an exited container. */
  remove(containerId: string): Promise<void>;
  exec(containerId: string, spec: ExecSpec): Promise<StreamSession>;
  attach(containerId: string): Promise<StreamSession>;
  /** Called for each container that ends from now on (pushed; nothing is polled). */
  onExit(listener: (state: ContainerState) => void): void;
  /** Called once when the connection is lost: the monitor has ended, or was killed. */
  onLost(listener: () => void): void;
  /** Kills what is left of the pod (SIGKILL), pause last, and ends the monitor. */
  shutdown(): Promise<void>;
  /** Lets go of the connection; the pod runs on. */
  disconnect(): void;
}
