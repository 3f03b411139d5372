/** Puts one container together and starts it under the pod's monitor. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { quantityValue } from '../../api/quantity.ts';
import { podQosClass } from '../../api/resources/pod-qos.ts';
import type { Container, Pod } from '../../api/types/core-v1.generated.ts';
import { wrapError } from '../../base/errors.ts';
import type { ContainerSpec, Mount } from '../../native/index.ts';
import type { AgentContext } from '../context.ts';
import { type ImageRecord, layersFile, lowerDirsOf } from '../images/index.ts';
import { containerDir, containerLogPath, podDir } from '../paths.ts';
import { planEnv } from '../plan-env.ts';
import { hostnameOf } from '../plan-files.ts';
import { fetchSources, namesInEnv } from '../sources.ts';
import { configError, StartError } from '../start-error.ts';
import { type PodState, podTitleOf, type SandboxRecord, targetOf } from '../state.ts';
import { volumeSource } from '../volumes/volumes.ts';
import { readAccounts } from './accounts.ts';
import { applyCgroups } from './cgroup.ts';
import { containerLimits, planLeaf, podCgroupPath } from './plan-cgroup.ts';
import {
  planArgs,
  planCapabilities,
  planEnvironment,
  planOomScore,
  planUser,
} from './plan-container.ts';
import { writePodFiles } from './pod-files.ts';

export const newContainerId = (): string => randomBytes(32).toString('hex');

export interface ContainerPlan {
  readonly container: Container;
  readonly image: ImageRecord;
  readonly id: string;
  readonly attempt: number;
}

/** Reads what the container needs and decides what it runs as. No side effect yet. */
export async function planContainerSpec(
  context: AgentContext,
  state: PodState,
  plan: ContainerPlan,
): Promise<ContainerSpec> {
  const { settings, paths, hierarchies } = context;
  const { pod } = state;
  const { container, image, id } = plan;
  const env = await resolveEnv(context, state, container);
  const lowerDirs = lowerDirsOf(paths.root, image);
  const hostname = hostnameOf(pod, settings.hostname, settings.clusterDomain);
  const security = container.securityContext ?? {};
  const terminal = container.tty === true;
  const dir = containerDir(paths, id);
  const asked = { pod, container, title: podTitleOf(state) };
  return {
    id,
    args: planArgs(container, image.config, env),
    env: planEnvironment(image.config, env, { hostname, terminal }),
    cwd: container.workingDir || image.config.WorkingDir || '/',
    lowerDirs,
    upperDir: join(dir, 'upper'),
    workDir: join(dir, 'work'),
    rootDir: join(dir, 'root'),
    mounts: mountsOf(context, state, plan),
    ...planUser(asked, image.config.User ?? '', readAccounts(lowerDirs)),
    capabilities: planCapabilities(container),
    noNewPrivileges: security.allowPrivilegeEscalation === false,
    privileged: security.privileged === true,
    readOnlyRoot: security.readOnlyRootFilesystem === true,
    oomScoreAdj: oomScoreOf(pod, container, settings.memoryBytes),
    cgroupDirs: hierarchies.map(({ mountPoint }) => join(mountPoint, leafOf(context, pod, id))),
    logPath: containerLogPath(paths, recordOf(state), {
      name: container.name,
      attempt: plan.attempt,
    }),
    terminal,
    stdin: container.stdin === true,
    ...(pod.spec?.shareProcessNamespace && { sharedPid: true }),
    ...pidOf(state, container.name),
  };
}

/** Whose processes it is to see; of the host's there is nothing to join. */
function pidOf({ pod, containers }: PodState, name: string): { pidOf?: string } {
  const target = targetOf(pod, name);
  if (target === undefined || pod.spec?.hostPID) return {};
  const run = containers.get(target)?.run;
  if (run?.status === 'running') return { pidOf: run.id };
  throw new StartError('CreateContainerError', `unable to find target container "${target}"`);
}

/** Makes the container's directories, files and cgroups: all that must be there before a start. */
export async function prepareContainer(
  context: AgentContext,
  state: PodState,
  { container, image, id, attempt }: ContainerPlan,
): Promise<void> {
  const { paths, hierarchies } = context;
  const dir = containerDir(paths, id);
  const record = recordOf(state);
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  // Before the mount: `image remove` must see that these layers are in use.
  await fs.writeFile(join(dir, layersFile), image.layers.join('\n'));
  for (const part of ['upper', 'work', 'root']) {
    await fs.mkdir(join(dir, part), { recursive: true, mode: 0o755 });
  }
  const logOf = (of: number) =>
    containerLogPath(paths, record, { name: container.name, attempt: of });
  await fs.mkdir(dirname(logOf(attempt)), { recursive: true, mode: 0o755 });
  // This run's and the previous one's are kept: a crash loop must not fill the disk.
  await fs.rm(logOf(attempt - 2), { force: true });
  await fs.mkdir(dirname(messageFile(context, state, { container, id })), {
    recursive: true,
    mode: 0o755,
  });
  await fs.writeFile(messageFile(context, state, { container, id }), '', { mode: 0o666 });
  await fs.chmod(messageFile(context, state, { container, id }), 0o666); // Whatever the umask.
  await writePodFiles(context, state);
  applyCgroups(planLeaf(hierarchies, leafOf(context, state.pod, id), containerLimits(container)));
}

/** What the container wrote for its owner: bind-mounted at terminationMessagePath. */
export function messageFile(
  { paths }: AgentContext,
  state: PodState,
  { container, id }: { container: Pick<Container, 'name'>; id: string },
): string {
  return join(podDir(paths, state.uid), 'containers', container.name, id.slice(0, 12));
}

async function resolveEnv(context: AgentContext, state: PodState, container: Container) {
  const { client, settings, servicesFor, allocatable } = context;
  const { pod, namespace, sandbox } = state;
  const sources = await fetchSources(client, namespace, namesInEnv(container));
  return planEnv({
    pod,
    container,
    podIps: pod.spec?.hostNetwork ? settings.nodeIps : (sandbox?.ips ?? []),
    hostIps: settings.nodeIps,
    allocatable: allocatable(),
    services: servicesFor(namespace),
    ...sources,
  });
}

function mountsOf(context: AgentContext, state: PodState, plan: ContainerPlan): Mount[] {
  const { container } = plan;
  const dir = podDir(context.paths, state.uid);
  const isReadOnlyRoot = container.securityContext?.readOnlyRootFilesystem === true;
  const bind = (source: string, target: string, readOnly: boolean): Mount => ({
    type: 'bind',
    source,
    target,
    readOnly,
  });
  const volumes = (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => {
    const volume = state.pod.spec?.volumes?.find((each) => each.name === name);
    if (!volume) throw configError(`volumeMounts: there is no volume ${name}`);
    const isFixed = Boolean(
      volume.configMap ?? volume.secret ?? volume.projected ?? volume.downwardAPI,
    );
    const source = volumeSource(context.paths, state.pod, volume);
    return bind(source, mountPath, isFixed || readOnly === true);
  });
  const own = [
    bind(join(dir, 'etc-hosts'), '/etc/hosts', isReadOnlyRoot),
    bind(join(dir, 'etc-hostname'), '/etc/hostname', isReadOnlyRoot),
    bind(join(dir, 'resolv.conf'), '/etc/resolv.conf', isReadOnlyRoot),
    bind(
      messageFile(context, state, plan),
      container.terminationMessagePath || '/dev/termination-log',
      false,
    ),
  ];
  const taken = new Set(volumes.map(({ target }) => target));
  // Parents first, so that a mount is never hidden by a later one above it.
  return [...own.filter(({ target }) => !taken.has(target)), ...volumes].sort(
    (a, b) => depthOf(a.target) - depthOf(b.target),
  );
}

function oomScoreOf({ spec }: Pod, { resources }: Container, memoryBytes: number): number {
  const memory = resources?.requests?.memory ?? resources?.limits?.memory;
  const bytes = memory === undefined ? 0 : quantityValue(memory);
  return planOomScore(podQosClass(spec), bytes, memoryBytes);
}

/** Failures before the process runs, in upstream's two kinds. */
export function asStartError(doing: string, error: unknown): StartError {
  if (error instanceof StartError) return error;
  const wrapped = wrapError(doing, error);
  return new StartError('CreateContainerError', wrapped.message, { cause: wrapped });
}

function recordOf(state: PodState): SandboxRecord {
  if (!state.sandbox) throw new Error(`${podTitleOf(state)} has no sandbox`);
  return state.sandbox;
}

const leafOf = ({ settings }: AgentContext, pod: Pod, id: string) =>
  join(podCgroupPath(settings.cgroupRoot, pod), id);
const depthOf = (path: string) => path.split('/').filter(Boolean).length;
