/**
 * What a run left on the machine: everything of the kernel that Wherry makes, before and after.
 * The kernel ends namespaces and links a little after the last process, so a look that finds
 * something is repeated for a while before it counts.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';

export type Snapshot = ReadonlyMap<string, ReadonlySet<string>>;

const patienceMs = 10_000;

/** Lines for everything that is there now and was not there before. Empty when nothing leaked. */
export async function describeLeaks(before: Snapshot): Promise<string[]> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const leaks = difference(before, await snapshot());
    if (leaks.length === 0 || Date.now() > deadline) return leaks;
    await systemClock.sleep(200);
  }
}

export async function snapshot(): Promise<Snapshot> {
  return new Map([
    ['process', processes()],
    ['mount', mounts()],
    ['cgroup', cgroups()],
    ['network namespace', networkNamespaces()],
    ['link', new Set(lines('ip', ['-o', 'link']).map((line) => line.split(': ')[1] ?? line))],
    ['route', new Set(lines('ip', ['route', 'show', 'table', 'all']))],
    ['iptables rule', new Set(lines('iptables-save', []).filter((line) => !/^#|^:/.test(line)))],
    ['iptables chain', new Set(lines('iptables-save', []).filter((line) => /^:\S+ -/.test(line)))],
    ['run directory', new Set(readdirSync('/run'))],
    ['state directory', new Set(readdirSync('/var/lib'))],
    ['sysctl', sysctls()],
  ]);
}

function difference(before: Snapshot, after: Snapshot): string[] {
  return [...after].flatMap(([kind, now]) =>
    [...now].filter((item) => !before.get(kind)?.has(item)).map((item) => `${kind}: ${item}`),
  );
}

/** Processes of ours only: others come and go as they please. */
function processes(): Set<string> {
  const ours = pids().map(
    (pid) => `${pid} ${readOr(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`,
  );
  return new Set(
    ours.filter((line) => /wherry/.test(line) && !/test\/run\.ts|ava|npm|setup/.test(line)),
  );
}

function mounts(): Set<string> {
  const points = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n');
  return new Set(points.map((line) => line.split(' ')[4]!));
}

function cgroups(): Set<string> {
  const found = lines('find', ['/sys/fs/cgroup', '-maxdepth', '4', '-type', 'd']);
  return new Set(found.filter((path) => !path.includes('/process_api/')));
}

/** Namespaces that a process lives in, beside pinned ones (which show as mounts). */
function networkNamespaces(): Set<string> {
  return new Set(pids().flatMap((pid) => linkOr(`/proc/${pid}/ns/net`)));
}

function sysctls(): Set<string> {
  const names = [
    'ipv4/ip_forward',
    'bridge/bridge-nf-call-iptables',
    'ipv4/conf/all/route_localnet',
  ];
  return new Set(names.map((name) => `${name}=${readOr(`/proc/sys/net/${name}`).trim()}`));
}

const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

function linkOr(path: string): string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    return []; // The process has ended in between.
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(join(path), 'utf8');
  } catch {
    return '';
  }
}

const lines = (command: string, args: readonly string[]): string[] =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')
    .filter((line) => line !== '');
