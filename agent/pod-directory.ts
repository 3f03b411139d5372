/** The pods of this node as the HTTPS server asks for them. */
import { pods as podsResource } from '../api/resources.ts';
import { StatusError } from '../base/errors.ts';
import { type LivePod, whenEnded } from './live-pod.ts';
import { type AgentPaths, containerLogPath } from './paths.ts';
import type { ContainerHandle, PodDirectory } from './server/directory.ts';
import { appContainersOf, initContainersOf } from './state.ts';

export interface DirectoryDeps {
  readonly pods: { list(): readonly LivePod[] };
  readonly paths: AgentPaths;
  readonly problem: () => string | undefined;
}

export function createPodDirectory({ pods, paths, problem }: DirectoryDeps): PodDirectory {
  return {
    listPods: () =>
      pods.list().map(({ state }) => ({ ...state.pod, apiVersion: 'v1', kind: podsResource.kind })),
    findContainer(namespace, pod, container) {
      const live = pods
        .list()
        .find(({ state }) => state.namespace === namespace && state.name === pod && !state.gone);
      if (!live) throw new StatusError('NotFound', `pod "${pod}" not found`);
      return handleOf(live, paths, container);
    },
    problem,
  };
}

function handleOf(live: LivePod, paths: AgentPaths, name: string): ContainerHandle {
  const { state } = live;
  const { namespace, uid: podUid } = state;
  const container = [...initContainersOf(state.pod), ...appContainersOf(state.pod)].find(
    (each) => each.name === name,
  );
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
    isRunning: memory?.run?.status === 'running',
    get ended() {
      return whenEnded(live, memory?.run?.id ?? '');
    },
    terminal: container.tty === true,
    stdin: container.stdin === true,
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
  const { containerStatuses = [], initContainerStatuses = [] } = state.pod.status ?? {};
  const status = [...initContainerStatuses, ...containerStatuses].find(
    (each) => each.name === name,
  );
  const reason = status?.state?.waiting?.reason ?? 'ContainerCreating';
  return new StatusError('BadRequest', `${container} is waiting to start: ${reason}`);
}

/** Of the newest run that has begun: ours to know, or for a finished pod the API's. */
function lastAttempt({ state }: LivePod, name: string): number | undefined {
  const memory = state.containers.get(name);
  const run =
    memory?.run?.status === 'starting' ? memory.lastRun : (memory?.run ?? memory?.lastRun);
  if (run) return run.attempt;
  const { containerStatuses = [], initContainerStatuses = [] } = state.pod.status ?? {};
  const status = [...initContainerStatuses, ...containerStatuses].find(
    (each) => each.name === name,
  );
  return status?.containerID ? status.restartCount : undefined;
}
