/**
 * What a start finds on the node: sandboxes of an earlier agent are adopted, whatever no record
 * and no pod claims is removed.
 */
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../api/types/core-v1.generated.ts';
import { messageOf } from '../base/errors.ts';
import type { SandboxState } from '../native/index.ts';
import type { AgentContext } from './context.ts';
import { recordExit, recordLoss } from './exits.ts';
import { type LivePod, newLivePod, saveRecord } from './live-pod.ts';
import { containerDir, containersDir, netnsDir, podLogsDir, podsDir, sandboxDir } from './paths.ts';
import { listDir, type Recorded, readRecords, removeRecord } from './records.ts';
import { removeSandbox } from './runtime/sandbox.ts';
import { removePodDir } from './volumes/volumes.ts';

const MNT_DETACH = 2;

/**
 * @param known The pods that the API assigns to this node, by uid.
 * @returns the pods with a sandbox here; one that the API has forgotten is marked as gone.
 */
export async function recover(
  context: AgentContext,
  known: ReadonlyMap<string, Pod>,
): Promise<LivePod[]> {
  const { paths, log } = context;
  const { found, broken } = readRecords(paths);
  for (const id of broken) removeRecord(paths, id);
  const adopted: LivePod[] = [];
  for (const each of newestFirst(found)) {
    const isTaken = adopted.some(({ state }) => state.uid === each.record.podUid);
    const pod = known.get(each.record.podUid) ?? each.pod;
    if (!isTaken && pod) adopted.push(await adopt(context, each, { pod, known }));
    else await removeSandbox(context, each.record, undefined);
  }
  await removeOrphans(context, adopted, known);
  log.info('Took over the node', { adopted: adopted.length, pods: known.size });
  return adopted;
}

async function adopt(
  context: AgentContext,
  { record }: Recorded,
  { pod, known }: { pod: Pod; known: ReadonlyMap<string, Pod> },
): Promise<LivePod> {
  const live = newLivePod(pod, context.clock);
  const { state } = live;
  state.sandbox = record;
  state.gone = !known.has(record.podUid);
  state.volumesReady = true;
  for (const memory of record.containers) state.containers.set(memory.name, { ...memory });
  if (record.stage === 'creating') return live; // The plan removes it and begins again.
  try {
    const dir = sandboxDir(context.paths, record.id);
    live.monitor = await context.monitors.connect(dir);
    catchUp(context, live, await live.monitor.state());
  } catch (error) {
    context.log.info('Lost sandbox', { pod: state.name, error: messageOf(error) });
    recordLoss(context, live);
  }
  return live;
}

/** What happened to the containers while nobody listened. */
function catchUp(context: AgentContext, live: LivePod, { containers }: SandboxState): void {
  for (const memory of live.state.containers.values()) {
    const { run } = memory;
    if (!run || run.status === 'exited') continue;
    const found = containers.find(({ id }) => id === run.id);
    if (found?.status === 'exited') recordExit(context, live, found);
    else if (found) {
      memory.run = { ...run, status: 'running', startedAtMs: found.startedAtMs };
      const before = live.state.pod.status?.containerStatuses ?? [];
      // The probes confirm or correct it; until then nothing flaps.
      memory.readiness ||= before.find(({ name }) => name === memory.name)?.ready ?? false;
    } else if (run.status === 'running') {
      // The monitor has forgotten it: the exit was recorded nowhere.
      const { id, startedAtMs = run.createdAtMs } = run;
      recordExit(context, live, { id, status: 'exited', pid: 0, startedAtMs, exitCode: 137 });
    }
  }
  saveRecord(context.paths, live.state);
}

async function removeOrphans(
  context: AgentContext,
  adopted: readonly LivePod[],
  known: ReadonlyMap<string, Pod>,
): Promise<void> {
  const { paths, kernel, network } = context;
  const records = adopted
    .map(({ state }) => state.sandbox)
    .filter((record) => record !== undefined);
  const sandboxes = new Set(records.map(({ id }) => id));
  for (const name of listDir(netnsDir(paths))) {
    if (sandboxes.has(name)) continue;
    const path = join(netnsDir(paths), name);
    try {
      kernel.umount(path, MNT_DETACH);
    } catch {
      // It was never mounted.
    }
    await fs.rm(path, { force: true });
  }
  const uids = new Set([...known.keys(), ...adopted.map(({ state }) => state.uid)]);
  for (const uid of listDir(podsDir(paths))) {
    if (!uids.has(uid)) await removePodDir({ kernel, paths }, uid);
  }
  for (const name of listDir(podLogsDir(paths))) {
    const uid = name.split('_').at(-1) ?? '';
    if (!uids.has(uid))
      await fs.rm(join(podLogsDir(paths), name), { recursive: true, force: true });
  }
  const runs = new Set(
    adopted.flatMap(({ state }) =>
      [...state.containers.values()].flatMap(({ run }) =>
        run?.status === 'exited' ? [] : run?.id,
      ),
    ),
  );
  for (const id of listDir(containersDir(paths))) {
    if (!runs.has(id)) await fs.rm(containerDir(paths, id), { recursive: true, force: true });
  }
  await network.release(records);
}

const newestFirst = (found: readonly Recorded[]) =>
  [...found].sort((a, b) => b.record.createdAtMs - a.record.createdAtMs);
