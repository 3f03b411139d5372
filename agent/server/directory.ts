/** What the agent's HTTPS server asks of the agent: which containers there are, and their streams. */
import type { Pod } from '../../api/types/core-v1.generated.ts';
import type { ExecSpec, StreamSession } from '../../native/index.ts';

export interface ContainerHandle {
  /** The log of the newest run, or of the one before; undefined when there was none. */
  logPath(previous: boolean): string | undefined;
  readonly isRunning: boolean;
  /** Resolves once the newest run has ended (at once when it has). */
  readonly ended: Promise<void>;
  readonly terminal: boolean;
  readonly stdin: boolean;
  /** Rejects when the container does not run. */
  exec(spec: ExecSpec): Promise<StreamSession>;
  attach(): Promise<StreamSession>;
}

export interface PodDirectory {
  /** The pods that are bound to this node, as the API last had them. */
  listPods(): readonly Pod[];
  /**
   * A container of any kind, by its pod and name.
   * @throws StatusError NotFound, in upstream's words: `container not found ("x")`
   */
  findContainer(namespace: string, pod: string, container: string): ContainerHandle;
  /** Why the node is unwell; undefined when it is well. */
  problem(): string | undefined;
}
