/** What happens when a container ends: it is recorded, then what it used is given back. */
import { closeSync, constants, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import type { ContainerState } from '../native/index.ts';
import type { AgentContext } from './context.ts';
import { endRun, type LivePod, saveRecord } from './live-pod.ts';
import { readLogTail } from './log-tail.ts';
import { containerDir, containerLogPath } from './paths.ts';
import { backoffAfterRunMs, isRestartable } from './plan.ts';
import { tell } from './pod-events.ts';
import { removeCgroups } from './runtime/cgroup.ts';
import { messageFile } from './runtime/container.ts';
import {
  type ContainerMemory,
  type ContainerRun,
  findContainer,
  type PodState,
  podTitleOf,
} from './state.ts';

const messageBytesMax = 4096;
const logBytesMax = 2048;
const logLinesMax = 80;

/** @returns false when the exit is of no run that we know of (or known already). */
export function recordExit(context: AgentContext, live: LivePod, exit: ContainerState): boolean {
  const { state } = live;
  const memory = [...state.containers.values()].find(({ run }) => run?.id === exit.id);
  if (!memory?.run || memory.run.status === 'exited') return false;
  memory.run = endedRun(context, state, { memory, run: memory.run, exit });
  const ranMs = memory.run.finishedAtMs! - memory.run.startedAtMs!;
  memory.backoffMs = backoffAfterRunMs(memory.backoffMs, ranMs);
  delete memory.unhealthy;
  saveRecord(context.paths, state);
  endRun(live, exit.id);
  void release(context, live, exit.id);
  if (memory.backoffMs > 0 && isRestartable(state, memory) && !memory.run.kill) {
    const message = `Back-off restarting failed container ${memory.name} in pod ${podTitleOf(state)}`;
    tell(context, state, { type: 'Warning', reason: 'BackOff', message, container: memory.name });
  }
  return true;
}

/** The monitor has gone and the containers with it: nobody can say how they ended. */
export function recordLoss(context: AgentContext, live: LivePod): void {
  const { state } = live;
  delete live.monitor;
  state.sandboxLost = true;
  for (const memory of state.containers.values()) {
    const { run } = memory;
    if (!run || run.status === 'exited') continue;
    const now = context.clock.now();
    memory.run = {
      ...run,
      status: 'exited',
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the pod was terminated',
      startedAtMs: run.startedAtMs ?? now,
      finishedAtMs: now,
    };
    endRun(live, run.id);
  }
  saveRecord(context.paths, state);
}

function endedRun(
  context: AgentContext,
  state: PodState,
  { memory, run, exit }: { memory: ContainerMemory; run: ContainerRun; exit: ContainerState },
): ContainerRun {
  const exitCode = exit.exitCode ?? 137;
  const message = finalMessage(context, state, { name: memory.name, run, exitCode });
  return {
    ...run,
    status: 'exited',
    startedAtMs: run.startedAtMs ?? exit.startedAtMs,
    finishedAtMs: exit.finishedAtMs ?? context.clock.now(),
    exitCode,
    ...(exit.signal && { signal: exit.signal }),
    reason: exit.oomKilled ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
    ...(message && { message }),
  };
}

/** The termination message file, or the log's end where the policy says so. */
function finalMessage(
  context: AgentContext,
  state: PodState,
  { name, run, exitCode }: { name: string; run: ContainerRun; exitCode: number },
): string {
  const container = findContainer(state.pod, name);
  if (!container) return '';
  const file = messageFile(context, state, { container, id: run.id });
  const written = readStart(file, messageBytesMax);
  rmSync(file, { force: true }); // The next run gets a file of its own.
  const wantsLog = container.terminationMessagePolicy === 'FallbackToLogsOnError';
  if (written !== '' || !wantsLog || exitCode === 0) return written;
  const { namespace, uid } = state;
  const log = containerLogPath(
    context.paths,
    { namespace, name: state.name, podUid: uid },
    { name, attempt: run.attempt },
  );
  return readLogTail(log, { bytesMax: logBytesMax, linesMax: logLinesMax });
}

/**
 * Gives back what a run used. Never rejects: what is missed here goes with the sandbox.
 */
export async function release(
  context: AgentContext,
  { state, monitor }: LivePod,
  id: string,
): Promise<void> {
  try {
    await monitor?.remove(id).catch(() => {}); // It may not know a start that failed.
    const leaves = (state.sandbox?.cgroupDirs ?? []).map((dir) => join(dir, id));
    await removeCgroups(leaves, context.clock);
    await rm(containerDir(context.paths, id), { recursive: true, force: true });
  } catch (error) {
    context.log.debug('Left an ended container behind', { container: id, error: messageOf(error) });
  }
}

function readStart(path: string, bytesMax: number): string {
  try {
    // The container may write here whatever it likes, but it cannot make it a link or a FIFO.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!fstatSync(fd).isFile()) return '';
      const buffer = Buffer.alloc(bytesMax);
      return buffer.subarray(0, readSync(fd, buffer, 0, bytesMax, 0)).toString();
    } finally {
      closeSync(fd);
    }
  } catch {
    return ''; // The pod's directory may be gone already.
  }
}
