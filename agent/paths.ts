/** Where the agent keeps things. `root` is data, `runDir` (a tmpfs) what dies with the machine. */
import { join } from 'node:path';
import type { SandboxRecord } from './state.ts';

export interface AgentPaths {
  readonly root: string;
  readonly runDir: string;
}

export const sandboxesDir = ({ runDir }: AgentPaths): string => join(runDir, 'sandboxes');
/** Holds record.json, pod.json and the monitor's socket. */
export const sandboxDir = (paths: AgentPaths, id: string): string => join(sandboxesDir(paths), id);
export const netnsDir = ({ runDir }: AgentPaths): string => join(runDir, 'netns');
export const containersDir = ({ root }: AgentPaths): string => join(root, 'containers');
export const containerDir = (paths: AgentPaths, id: string): string =>
  join(containersDir(paths), id);
export const podsDir = ({ root }: AgentPaths): string => join(root, 'pods');
export const podDir = (paths: AgentPaths, uid: string): string => join(podsDir(paths), uid);
export const volumeDir = (paths: AgentPaths, uid: string, name: string): string =>
  join(podDir(paths, uid), 'volumes', name);
export const podLogsDir = ({ root }: AgentPaths): string => join(root, 'logs', 'pods');

/** `<root>/logs/pods/<namespace>_<name>_<uid>`, as under upstream's /var/log/pods. */
export const podLogDir = (
  paths: AgentPaths,
  pod: Pick<SandboxRecord, 'namespace' | 'name' | 'podUid'>,
): string => join(podLogsDir(paths), `${pod.namespace}_${pod.name}_${pod.podUid}`);

/** `…/<container>/<attempt>.log` */
export const containerLogPath = (
  paths: AgentPaths,
  pod: Pick<SandboxRecord, 'namespace' | 'name' | 'podUid'>,
  container: { readonly name: string; readonly attempt: number },
): string => join(podLogDir(paths, pod), container.name, `${container.attempt}.log`);
