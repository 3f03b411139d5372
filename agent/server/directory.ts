/** What the agent's HTTPS server asks of the agent: which pods and containers there are, and their streams. */
import type { Duplex } from 'node:stream';
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { ExecSpec, StreamSession } from '../../native/index.ts';

export interface ContainerHandle {
  /** The log of the newest run, or of the one before. @throws StatusError when there was none */
  logPath(previous: boolean): string;
  /** Resolves once the newest run has ended (at once when it has). */
  readonly ended: Promise<void>;
  /** Who attaches with input is the only one ever: the process' input ends with his. */
  readonly stdinOnce: boolean;
  /** @throws StatusError BadRequest */
  requireRunning(): void;
  /** Rejects when the container does not run. */
  exec(spec: ExecSpec): Promise<StreamSession>;
  attach(): Promise<StreamSession>;
}

export interface PodHandle {
  /** For messages. */
  readonly id: string;
  /** Connects to a port of localhost in the pod's network namespace; both halves end on their own. */
  connect(port: number): Promise<Duplex>;
}

export interface PodDirectory {
  /** The pods that are bound to this node, as the API last had them. */
  listPods(): readonly Pod[];
  /** @throws StatusError NotFound, also when a uid is given that is another's */
  findPod(namespace: string, pod: string, uid?: string): PodHandle;
  /**
   * A container of any kind, by its pod and name.
   * @throws StatusError NotFound, in upstream's words: `container not found ("x")`
   */
  findContainer(namespace: string, pod: string, container: string): ContainerHandle;
  /** Why the node is unwell; undefined when it is well. */
  problem(): string | undefined;
}
