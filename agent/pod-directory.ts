/** The pods of this node as the HTTPS server asks for them. */
import { Socket } from 'node:net';
import { pods as podsResource } from '../api/resources.ts';
import type { ContainerStatus, Pod } from '../api/types/core-v1.generated.ts';
import { messageOf, StatusError } from '../base/errors.ts';
import type { Kernel } from '../native/index.ts';
import { type LivePod, whenEnded } from './live-pod.ts';
import { type AgentPaths, containerLogPath } from './paths.ts';
import type { ContainerHandle, PodDirectory, PodHandle } from './server/directory.ts';
import { findContainer } from './state.ts';

export interface DirectoryDeps {
  readonly pods: { list(): readonly LivePod[] };
  readonly paths: AgentPaths;
  readonly problem: () => string | undefined;
  readonly kernel: Pick<Kernel, 'connectTcp'>;
}

export function createPodDirectory(deps: DirectoryDeps): PodDirectory {
  const { pods, paths, problem, kernel } = deps;
  const find = (namespace: string, name: string, uid?: string): LivePod => {
    const live = pods
      .list()
      .find(({ state }) => state.namespace === namespace && state.name === name && !state.gone);
    if (live && (uid === undefined || live.state.uid === uid)) return live;
    throw new StatusError('NotFound', `pod "${name}" not found`);
  };
  return {
    listPods: () =>
      pods.list().map(({ state }) => ({ ...state.pod, apiVersion: 'v1', kind: podsResource.kind })),
    findPod: (namespace, pod, uid) => podHandleOf(find(namespace, pod, uid), kernel),
    findContainer: (namespace, pod, container) => handleOf(find(namespace, pod), paths, container),
    problem,
  };
}

const connectMs = 10_000;

function podHandleOf({ state }: LivePod, kernel: DirectoryDeps['kernel']): PodHandle {
  const { sandbox } = state;
  if (sandbox?.stage !== 'ready' || state.sandboxLost) {
    throw new StatusError('BadRequest', `pod "${state.name}" is not running`);
  }
  const { id, netnsPath } = sandbox;
  const connect = async (address: string, port: number) => {
    const fd = await kernel.connectTcp(address, port, connectMs, netnsPath);
    return new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
  };
  return {
    id,
    async connect(port) {
      try {
        return await connect('127.0.0.1', port);
      } catch (first) {
        // Some listen on IPv6 only. Why the usual way failed is what helps.
        return connect('::1', port).catch(() => {
          const why = `failed to connect to localhost:${port} inside namespace "${netnsPath ?? 'host'}"`;
          throw new Error(`${why}: ${messageOf(first)}`, { cause: first });
        });
      }
    },
  };
}

function handleOf(live: LivePod, paths: AgentPaths, name: string): ContainerHandle {
  const { state } = live;
  const { namespace, uid: podUid } = state;
  const container = findContainer(state.pod, name);
  if (!container) throw new StatusError('NotFound', `container not found ("${name}")`);
  const memory = state.containers.get(name);
  const running = () => {
    const run = state.containers.get(name)?.run;
    if (run?.status === 'running' && live.monitor) return { id: run.id, monitor: live.monitor };
    const message = `container "${name}" is not running`;
    throw new StatusError('BadRequest', message);
  };
  return {
    logPath(previous) {
      const attempt = lastAttempt(live, name);
      const wanted = attempt === undefined ? -1 : attempt - (previous ? 1 : 0);
      if (wanted < 0) throw noLog(live, name, previous);
      const pod = { namespace, name: state.name, podUid };
      return containerLogPath(paths, pod, { name, attempt: wanted });
    },
    get ended() {
      return whenEnded(live, memory?.run?.id ?? '');
    },
    stdinOnce: container.stdin === true && container.stdinOnce === true,
    requireRunning: () => void running(),
    exec: (spec) => {
      const { id, monitor } = running();
      return monitor.exec(id, spec);
    },
    attach: () => {
      const { id, monitor } = running();
      return monitor.attach(id);
    },
  };
}

/** In upstream's words, which people and tools know. */
function noLog({ state }: LivePod, name: string, previous: boolean): StatusError {
  const container = `container "${name}" in pod "${state.name}"`;
  if (previous) return new StatusError('BadRequest', `previous terminated ${container} not found`);
  const status = statusOf(state.pod, name);
  const reason = status?.state?.waiting?.reason ?? 'ContainerCreating';
  return new StatusError('BadRequest', `${container} is waiting to start: ${reason}`);
}

/** Of the newest run that has begun: ours to know, or for a finished pod the API's. */
function lastAttempt({ state }: LivePod, name: string): number | undefined {
  const memory = state.containers.get(name);
  const run =
    memory?.run?.status === 'starting' ? memory.lastRun : (memory?.run ?? memory?.lastRun);
  if (run) return run.attempt;
  const status = statusOf(state.pod, name);
  return status?.containerID ? status.restartCount : undefined;
}

function statusOf({ status = {} }: Pod, name: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses } = status;
  return [
    ...initContainerStatuses,
    ...containerStatuses,
    ...(ephemeralContainerStatuses ?? []),
  ].find((each) => each.name === name);
}
