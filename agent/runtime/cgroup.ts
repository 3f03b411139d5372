/** Makes and removes cgroups: mkdir, write, rmdir. What to make is decided in plan-cgroup.ts. */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { hasCode, wrapError } from '../../base/errors.ts';
import { type CgroupStep, type Hierarchy, parseHierarchies } from './plan-cgroup.ts';

export function readHierarchies(): Hierarchy[] {
  const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8');
  const mountPoint = /^\S+ \S+ \S+ \S+ (\S+) [^\n]* - cgroup2 /m.exec(mountinfo)?.[1];
  const controllers = mountPoint ? read(join(mountPoint, 'cgroup.controllers')) : '';
  return parseHierarchies(mountinfo, controllers);
}

/** Repeating it changes nothing. */
export function applyCgroups(steps: readonly CgroupStep[]): void {
  for (const { dir, writes } of steps) {
    mkdirSync(dir, { recursive: true, mode: 0o755 });
    for (const [file, value] of writes) {
      try {
        writeFileSync(join(dir, file), value);
      } catch (error) {
        throw wrapError(`Could not set ${file} of cgroup ${dir} to ${value}`, error);
      }
    }
  }
}

/** SIGKILLs every process in the cgroups and below, until none is left. */
export async function killCgroups(dirs: readonly string[], clock: Clock): Promise<void> {
  for (let tries = 0; tries < triesMax; tries++) {
    const pids = new Set(dirs.flatMap(processesIn));
    if (pids.size === 0) return;
    for (const pid of pids) kill(pid);
    await clock.sleep(Math.min(2 ** tries, 200));
  }
  throw new Error(`processes in ${dirs.join(', ')} outlive SIGKILL`);
}

function processesIn(dir: string): number[] {
  try {
    const own = readFileSync(join(dir, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
    const children = readdirSync(dir, { withFileTypes: true }).filter((each) => each.isDirectory());
    return [...own.map(Number), ...children.flatMap(({ name }) => processesIn(join(dir, name)))];
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENODEV')) return []; // Removed meanwhile.
    throw error;
  }
}

function kill(pid: number): void {
  try {
    if (pid > 1) process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

/** Removes the cgroups with all below them, once their processes are gone. */
export async function removeCgroups(dirs: readonly string[], clock: Clock): Promise<void> {
  for (const dir of dirs) {
    // A killed process leaves its cgroup a little after its exit is seen.
    for (let tries = 0; !removeTree(dir); tries++) {
      if (tries === triesMax) throw new Error(`cgroup ${dir} still has processes`);
      await clock.sleep(Math.min(2 ** tries, 100));
    }
  }
}

/** @returns false while a process is in it. */
function removeTree(dir: string): boolean {
  try {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      if (entry.isDirectory() && !removeTree(join(dir, entry.name))) return false;
    }
    rmdirSync(dir);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    if (hasCode(error, 'EBUSY')) return false;
    throw error;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const triesMax = 20;
