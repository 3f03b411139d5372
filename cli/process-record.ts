/**
 * Who runs an instance now: `/run/NAME/up.json`, written by `up`. A pid alone may by now be
 * somebody else's, so each comes with the process' start time (field 22 of /proc/PID/stat).
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hasCode } from '../base/errors.ts';
import type { Instance } from './instance.ts';

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly startTime: string; // In clock ticks since boot.
}

export interface ProcessRecord {
  readonly up: RunningProcess;
  readonly processes: readonly RunningProcess[];
  readonly state: 'starting' | 'ready' | 'stopping';
}

export function describeProcess(name: string, pid: number): RunningProcess {
  return { name, pid, startTime: readStartTime(pid) ?? '' };
}

export const isAlive = ({ pid, startTime }: RunningProcess): boolean =>
  startTime !== '' && readStartTime(pid) === startTime;

export function readRecord({ processFile }: Instance): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(processFile, 'utf8')) as ProcessRecord;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Replaces the record in one move, so that a reader never sees half of it. */
export function writeRecord({ processFile, runDir }: Instance, record: ProcessRecord): void {
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  writeFileSync(`${processFile}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${processFile}.new`, processFile);
}

export const removeRecord = ({ processFile }: Instance): void =>
  rmSync(processFile, { force: true });

function readStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces and parentheses of its own.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}
