/**
 * Sets the kernel's table of connections, and gives it back as it was: the first values that were
 * found are noted in the instance's run dir, for whoever removes the instance.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { hasCode } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { planSysctls, type SysctlWishes } from './plan-sysctls.ts';

export interface SysctlPlace {
  /** `/run/NAME/proxy-sysctls.json` */
  readonly record: string;
  /** `/proc/sys` */
  readonly root: string;
}

export const sysctlPlaceOf = (instance: string): SysctlPlace => ({
  record: join('/run', instance, 'proxy-sysctls.json'),
  root: '/proc/sys',
});

/** What cannot be set (a network namespace has no say over the table's size) is logged. */
export function setSysctls(place: SysctlPlace, wishes: SysctlWishes, log: Logger): void {
  const wanted = planSysctls(wishes, availableParallelism(), (name) => readSysctl(place, name));
  if (wanted.size === 0) return;
  const noted = readRecord(place);
  const before = new Map([...wanted.keys()].map((name) => [name, readSysctl(place, name)]));
  // Before anything is changed; what an earlier run found is the truth.
  mkdirSync(dirname(place.record), { recursive: true, mode: 0o700 });
  const record = { ...Object.fromEntries(before), ...noted };
  writeFileSync(place.record, JSON.stringify(record), { mode: 0o600 });
  for (const [name, value] of wanted) {
    try {
      writeFileSync(join(place.root, name), value);
    } catch (error) {
      log.info('Could not set a sysctl', { name, value, reason: String(error) });
    }
  }
}

/** Safe to repeat. */
export function restoreSysctls(place: SysctlPlace): void {
  for (const [name, value] of Object.entries(readRecord(place))) {
    try {
      if (readSysctl(place, name) !== value) writeFileSync(join(place.root, name), value);
    } catch {} // As when it was set: not ours to say here.
  }
  rmSync(place.record, { force: true });
}

/** Undefined where the kernel has no such thing. */
export function readSysctl({ root }: SysctlPlace, name: string): string | undefined {
  try {
    return readFileSync(join(root, name), 'utf8').trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function readRecord({ record }: SysctlPlace): Readonly<Record<string, string>> {
  try {
    const all = JSON.parse(readFileSync(record, 'utf8')) as Record<string, string>;
    // Nobody but root writes there; still nothing else below /proc is ever touched.
    return Object.fromEntries(
      Object.entries(all).filter(([name]) => /^net\/netfilter\/nf_conntrack_\w+$/.test(name)),
    );
  } catch (error) {
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return {};
    throw error;
  }
}
