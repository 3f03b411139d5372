/** Ends a pod's monitor by its number, when its socket does not answer. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../base/errors.ts';

/**
 * The monitor is in no cgroup of the pod's, so that the pod cannot starve it: only its pid file
 * names it. The number may be another process' by now; a monitor holds its own pid file open.
 *
 * @param dir The sandbox's run dir.
 */
export function killMonitor(dir: string): void {
  const file = join(dir, 'monitor.pid');
  const pid = Number(readOr(file));
  if (!Number.isSafeInteger(pid) || pid <= 1 || !holds(pid, file)) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

function holds(pid: number, file: string): boolean {
  try {
    const dir = `/proc/${pid}/fd`;
    return readdirSync(dir).some((fd) => readlinkSync(join(dir, fd)) === file);
  } catch {
    return false; // It has ended meanwhile.
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
