/**
 * A pod's sandbox: cgroups, network namespace, monitor with its pause process. The record is
 * written before each side effect and removed last, so a crash anywhere leaves a name for it.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, messageOf, wrapError } from '../../base/errors.ts';
import type { Monitor } from '../../native/index.ts';
import type { AgentContext } from '../context.ts';
import { containerDir, netnsDir, sandboxDir } from '../paths.ts';
import { hostnameOf } from '../plan-files.ts';
import { portMappingsOf } from '../pod-network.ts';
import { removeRecord, writePod, writeRecord } from '../records.ts';
import type { PodState, SandboxRecord } from '../state.ts';
import { applyCgroups, killCgroups, removeCgroups } from './cgroup.ts';
import { killMonitor } from './monitor-process.ts';
import { planLeaf, planPodCgroup, podCgroupPath } from './plan-cgroup.ts';

const MNT_DETACH = 2;

export interface Sandbox {
  readonly record: SandboxRecord;
  readonly monitor: Monitor;
}

/** Leaves nothing behind when it fails; where even that fails, the record stays to be retried. */
export async function createSandbox(context: AgentContext, state: PodState): Promise<Sandbox> {
  const record = newRecord(context, state);
  writeRecord(context.paths, record);
  writePod(context.paths, record.id, state.pod);
  try {
    makeCgroups(context, state, record);
    if (record.netnsPath) {
      await fs.mkdir(netnsDir(context.paths), { recursive: true, mode: 0o700 });
      await context.kernel.createNetns(record.netnsPath);
    }
    const monitor = await startMonitor(context, state, record);
    const created: SandboxRecord = { ...record, stage: 'created' };
    writeRecord(context.paths, created);
    return { record: created, monitor };
  } catch (error) {
    await removeSandbox(context, record, undefined).catch((undone: unknown) => {
      context.log.error('Could not undo sandbox', undone, { pod: state.name, sandbox: record.id });
    });
    throw wrapError(`Could not create sandbox for ${state.namespace}/${state.name}`, error);
  }
}

/**
 * Ends all processes of the sandbox and takes everything away that its record names.
 * Safe to repeat; works without a monitor (it may have been killed) and after a reboot.
 */
export async function removeSandbox(
  context: AgentContext,
  record: SandboxRecord,
  monitor: Monitor | undefined,
): Promise<void> {
  await endProcesses(context, record, monitor);
  if (record.netnsPath) {
    // Also when the namespace is gone: its address must be freed.
    if (record.stage !== 'creating') await context.network.detach(record, 'dropsNetns');
    await unpin(context, record.netnsPath);
  }
  for (const { run, lastRun } of record.containers) {
    for (const id of [run?.id, lastRun?.id]) {
      if (id) await fs.rm(containerDir(context.paths, id), { recursive: true, force: true });
    }
  }
  await removeCgroups(record.cgroupDirs, context.clock);
  removeRecord(context.paths, record.id);
}

async function startMonitor(context: AgentContext, { pod }: PodState, record: SandboxRecord) {
  const { settings, hierarchies, monitors, paths } = context;
  const leaf = join(podCgroupPath(settings.cgroupRoot, pod), record.id);
  const sysctls = pod.spec?.securityContext?.sysctls ?? [];
  return monitors.start({
    id: record.id,
    runDir: sandboxDir(paths, record.id),
    hostname: hostnameOf(pod, settings.hostname, settings.clusterDomain),
    ...(record.netnsPath !== undefined && { netnsPath: record.netnsPath }),
    ...(pod.spec?.hostPID && { hostPid: true }),
    ...(pod.spec?.hostIPC && { hostIpc: true }),
    cgroupDirs: hierarchies.map(({ mountPoint }) => join(mountPoint, leaf)),
    sysctls: Object.fromEntries(sysctls.map(({ name, value }) => [name, value])),
  });
}

function newRecord({ paths, clock, settings, hierarchies }: AgentContext, state: PodState) {
  const id = randomBytes(16).toString('hex');
  const path = podCgroupPath(settings.cgroupRoot, state.pod);
  const isInHostNetwork = state.pod.spec?.hostNetwork === true;
  const portMappings = isInHostNetwork ? [] : portMappingsOf(state.pod);
  const record: SandboxRecord = {
    version: 1,
    id,
    namespace: state.namespace,
    name: state.name,
    podUid: state.uid,
    createdAtMs: clock.now(),
    ...(!isInHostNetwork && { netnsPath: join(netnsDir(paths), id) }),
    ...(portMappings.length > 0 && { portMappings }),
    ips: [],
    stage: 'creating',
    cgroupDirs: hierarchies.map(({ mountPoint }) => join(mountPoint, path)),
    containers: [...state.containers.values()],
  };
  return record;
}

function makeCgroups(context: AgentContext, { pod }: PodState, { id }: SandboxRecord): void {
  const { hierarchies, settings } = context;
  const { cgroupRoot, podPidsMax } = settings;
  applyCgroups(planPodCgroup(hierarchies, cgroupRoot, pod, podPidsMax));
  applyCgroups(planLeaf(hierarchies, join(podCgroupPath(cgroupRoot, pod), id), {}));
}

/** The monitor ends the pod itself; whatever is left in its cgroups is killed by number. */
async function endProcesses(
  { clock, log, monitors, paths }: AgentContext,
  record: SandboxRecord,
  known: Monitor | undefined,
): Promise<void> {
  const dir = sandboxDir(paths, record.id);
  const socket = join(dir, 'monitor.sock');
  const monitor =
    known ?? (existsSync(socket) ? await monitors.connect(dir).catch(() => undefined) : undefined);
  await monitor?.shutdown().catch((error: unknown) => {
    log.debug('Could not shut monitor down', { sandbox: record.id, error: messageOf(error) });
  });
  killMonitor(dir);
  await killCgroups(record.cgroupDirs, clock);
}

async function unpin({ kernel }: AgentContext, path: string): Promise<void> {
  try {
    kernel.umount(path, MNT_DETACH);
  } catch (error) {
    // EINVAL: it is a plain file, the crash came before the mount.
    if (!hasCode(error, 'EINVAL', 'ENOENT')) throw error;
  }
  await fs.rm(path, { force: true });
}
