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
      // One that is stopping already is only waited for: a second signal would cut it short.
      if (record.state !== 'stopping') signalProcess(record.up);
      await waitForEnd(record.up, timeoutMs);
      for (const each of record.processes) signalProcess(each);
      await Promise.all(record.processes.map((each) => waitForEnd(each, timeoutMs)));
    });
  }
  await progress.step('Network and cgroups', () => removeKernelObjects(instance));
  removeRecord(instance);
}

function signalProcess(target: RunningProcess): void {
  if (isAlive(target)) process.kill(target.pid, 'SIGTERM');
}

async function waitForEnd(target: RunningProcess, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(target)) {
    if (Date.now() > deadline) {
      process.kill(target.pid, 'SIGKILL');
      const who = `${target.name} (pid ${target.pid})`;
      throw new Error(`${who} did not end in time and was killed: try again`);
    }
    await systemClock.sleep(20);
  }
}
