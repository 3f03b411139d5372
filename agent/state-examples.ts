/** Pods and their states in few words, for the tests of the planners. */
import type { Container, Pod, PodCondition } from '../api/types/core-v1.generated.ts';
import {
  type ContainerRun,
  type Kill,
  newContainerMemory,
  type PodState,
  type SandboxRecord,
} from './state.ts';

interface PodExample {
  readonly containers?: readonly string[];
  readonly inits?: readonly string[];
  readonly debuggers?: readonly string[];
  readonly restartPolicy?: string;
  readonly activeDeadlineSeconds?: number;
  readonly deletedWith?: number; // Grace seconds.
  readonly phase?: string;
  readonly gates?: readonly string[];
  readonly conditions?: PodCondition[];
}

export function podOf(example: PodExample): Pod {
  const { containers = ['main'], inits = [], debuggers = [], deletedWith, gates = [] } = example;
  const { restartPolicy = 'Always', activeDeadlineSeconds, conditions, phase } = example;
  const named = (name: string): Container => ({ name, image: 'busybox' });
  const deleted = {
    deletionTimestamp: '2026-11-22T10:00:00Z',
    deletionGracePeriodSeconds: deletedWith ?? 0,
  };
  return {
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u1',
      generation: 1,
      ...(deletedWith !== undefined && deleted),
    },
    spec: {
      restartPolicy,
      terminationGracePeriodSeconds: 30,
      containers: containers.map(named),
      initContainers: inits.map(named),
      ...(debuggers.length > 0 && { ephemeralContainers: debuggers.map(named) }),
      readinessGates: gates.map((conditionType) => ({ conditionType })),
      ...(activeDeadlineSeconds !== undefined && { activeDeadlineSeconds }),
    },
    status: { ...(phase && { phase }), ...(conditions && { conditions }) },
  };
}

interface StateExample extends Partial<Omit<PodState, 'containers'>> {
  readonly runs?: Readonly<Record<string, ContainerRun>>;
  readonly backoffMs?: number;
  readonly unhealthy?: string;
}

const kinds = {
  initContainers: 'init',
  containers: 'app',
  ephemeralContainers: 'ephemeral',
} as const;

/** Ready to be started; containers pass their probes. */
export function stateOf(pod: Pod, { runs = {}, backoffMs, unhealthy, ...rest }: StateExample = {}) {
  const containers = new Map(
    (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
      (pod.spec?.[list] ?? []).map(({ name }) => {
        const run = runs[name];
        const memory = {
          ...newContainerMemory(name, kinds[list]),
          readiness: true,
          startup: true,
          backoffMs: backoffMs ?? 0,
          ...(run && { run }),
          ...(unhealthy !== undefined && { unhealthy }),
        };
        return [name, memory] as const;
      }),
    ),
  );
  const state: PodState = {
    uid: 'u1',
    namespace: 'default',
    name: 'web',
    pod,
    gone: false,
    sandboxLost: false,
    volumesReady: true,
    startedAtMs: 0,
    ...rest,
    containers,
  };
  return state;
}

export const sandboxOf = (stage: SandboxRecord['stage']): SandboxRecord => ({
  version: 1,
  id: 's1',
  namespace: 'default',
  name: 'web',
  podUid: 'u1',
  createdAtMs: 0,
  netnsPath: '/run/wherry/netns/s1',
  ips: [],
  stage,
  cgroupDirs: [],
  containers: [],
});

const begun = {
  id: 'id',
  attempt: 0,
  specImage: 'busybox',
  image: 'docker.io/library/busybox:latest',
  imageId: 'sha256:image',
  stopSignal: 'SIGTERM',
  createdAtMs: 0,
  startedAtMs: 0,
} as const;

export const running = (kill?: Pick<Kill, 'signalledAtMs' | 'deadlineMs'>): ContainerRun => ({
  ...begun,
  status: 'running',
  ...(kill && { kill: { reason: 'stop', forced: false, ...kill } }),
});

export const exited = (exitCode: number, finishedAtMs = 0): ContainerRun => ({
  ...begun,
  status: 'exited',
  exitCode,
  finishedAtMs,
});
