/** Stops whatever is left of an instance: an `up` that runs, or what a crash left behind. */
import { systemClock } from '../base/clock.ts';
import { removeKernelObjects } from './cleanup.ts';
import type { Instance } from './instance.ts';
import { isAlive, type RunningProcess, readRecord, removeRecord } from './process-record.ts';
import type { Progress } from './progress.ts';

export async function stopInstance(
  instance: Instance,
  progress: Progress,
  timeoutMs: number,
): Promise<void> {
  const record = readRecord(instance);
  if (record) {
    await progress.step('Components and pods', async () => {
      // `up` ends its components in order; without it, those that are left are ended here.
      await endProcess(record.up, timeoutMs);
      await Promise.all(record.processes.map((each) => endProcess(each, timeoutMs)));
    });
  }
  await progress.step('Network and cgroups', () => removeKernelObjects(instance));
  removeRecord(instance);
}

async function endProcess(target: RunningProcess, timeoutMs: number): Promise<void> {
  if (!isAlive(target)) return;
  process.kill(target.pid, 'SIGTERM');
  const deadline = Date.now() + timeoutMs;
  while (isAlive(target)) {
    if (Date.now() > deadline) {
      process.kill(target.pid, 'SIGKILL');
      throw new Error(
        `${target.name} (pid ${target.pid}) did not end in time and was killed: try again`,
      );
    }
    await systemClock.sleep(20);
  }
}
