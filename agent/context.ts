/** What the agent's parts are handed. Made once by main.ts; tests put fakes in. */
import type { Service } from '../api/types/core-v1.generated.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Client } from '../client/client.ts';
import type { Recorder } from '../client/events.ts';
import type { Kernel, Monitor, SandboxSpec } from '../native/index.ts';
import type { Drain } from './drain.ts';
import type { AgentPaths } from './paths.ts';
import type { Hierarchy } from './runtime/plan-cgroup.ts';
import type { SandboxRecord } from './state.ts';

/** Starts the process that keeps a pod, or finds the one that runs. */
export interface MonitorPort {
  start(spec: SandboxSpec): Promise<Monitor>;
  /** Rejects when none listens in that run dir. */
  connect(runDir: string): Promise<Monitor>;
}

/** The pod network: CNI behind two verbs. */
export interface PodNetwork {
  /** Gives the sandbox its addresses. */
  attach(record: SandboxRecord): Promise<readonly string[]>;
  /**
   * Safe to repeat, and when the namespace is gone. Where the namespace is dropped next, its links
   * are left to go with it, which is much faster.
   */
  detach(record: SandboxRecord, next: 'dropsNetns' | 'keepsNetns'): Promise<void>;
  /** Frees whatever belongs to none of these sandboxes. */
  release(keep: readonly SandboxRecord[]): Promise<void>;
}

export interface AgentSettings {
  readonly nodeName: string;
  readonly hostname: string;
  readonly nodeIps: readonly string[];
  readonly cgroupRoot: string; // "/wherry"
  readonly podPidsMax: number; // -1: no limit.
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  readonly memoryBytes: number; // Of the machine, for OOM scores.
}

export interface AgentContext {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly kernel: Kernel;
  readonly monitors: MonitorPort;
  readonly network: PodNetwork;
  /** Absent: pods end without waiting for anybody. */
  readonly drain?: Drain;
  readonly recorder: Recorder;
  readonly paths: AgentPaths;
  readonly hierarchies: readonly Hierarchy[];
  readonly settings: AgentSettings;
  /** Of the namespace, and `default/kubernetes`. */
  readonly servicesFor: (namespace: string) => readonly Service[];
  readonly allocatable: () => Readonly<Record<string, string>>;
}
