/** What this machine must have: each check names what is missing and what to do about it. */
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** What was seen. */
  readonly detail: string;
  /** What to do, when it is not ok. */
  readonly remedy?: string;
}

export function examineMachine(searchPath: string): Finding[] {
  return [
    checkRoot(),
    checkKernel(release()),
    ...['net', 'ipc', 'uts', 'mnt', 'pid'].map(checkNamespace),
    checkFilesystem(),
    checkBridgeFilter(),
    checkCgroups(readFileSync('/proc/self/mountinfo', 'utf8')),
    ...['iptables-restore', 'iptables-save'].map((name) => checkProgram(name, searchPath)),
    checkAddon(),
  ];
}

export const whatIsMissing = (findings: readonly Finding[]): string =>
  findings
    .filter(({ ok }) => !ok)
    .map(({ name, detail, remedy }) => `${name}: ${detail}${remedy ? `; ${remedy}` : ''}`)
    .join('\n');

function checkRoot(): Finding {
  const uid = process.getuid?.() ?? -1;
  return finding('user', uid === 0, `uid ${uid}`, 'run as root');
}

/** 5.11: clone3 into a cgroup, openat2, mount_setattr's predecessors, pidfds are all there. */
function checkKernel(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > 5 || (major === 5 && minor >= 12);
  return finding('kernel', ok, version, 'Linux 5.12 or later is needed');
}

function checkNamespace(kind: string): Finding {
  const ok = exists(`/proc/self/ns/${kind}`);
  return finding(`${kind} namespaces`, ok, ok ? 'there' : 'absent', 'use a kernel with namespaces');
}

/** A module that is not loaded yet is no fault: mounting loads it. */
function checkFilesystem(): Finding {
  const listed = /\toverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'));
  const module = exists(`/lib/modules/${release()}/kernel/fs/overlayfs`);
  const ok = listed || module;
  return finding('overlayfs', ok, ok ? 'there' : 'absent', 'use a kernel with CONFIG_OVERLAY_FS');
}

/** Loaded by `up`. Without it two pods of a node do not reach each other through a Service. */
function checkBridgeFilter(): Finding {
  const folder = `/lib/modules/${release()}/kernel/net/bridge`;
  const module = exists(folder) && readdirSync(folder).some((name) => /^br_netfilter\b/.test(name));
  const ok = exists('/proc/sys/net/bridge') || module;
  return finding('br_netfilter', ok, ok ? 'there' : 'absent', 'modprobe br_netfilter');
}

function checkCgroups(mountinfo: string): Finding {
  const versions = mountinfo.split('\n').flatMap((line) => {
    const type = / - (cgroup2?) /.exec(line)?.[1];
    return type ? [type === 'cgroup2' ? 'v2' : 'v1'] : [];
  });
  const detail = [...new Set(versions)].sort().join(' and ') || 'not mounted';
  return finding('cgroups', versions.length > 0, detail, 'mount cgroup2 on /sys/fs/cgroup');
}

function checkProgram(name: string, searchPath: string): Finding {
  const found = searchPath.split(':').find((directory) => isExecutable(`${directory}/${name}`));
  return finding(name, found !== undefined, found ?? 'not found', 'apt-get install iptables');
}

function checkAddon(): Finding {
  const folder = new URL('../build/Release/', import.meta.url);
  const names = ['wherry.node', 'wherry-monitor', 'wherry-pause', 'wherry-cni'];
  const have = exists(folder.pathname) ? readdirSync(folder) : [];
  const absent = names.filter((name) => !have.includes(name));
  const detail = absent.length === 0 ? 'built' : `not built: ${absent.join(', ')}`;
  return finding('native parts', absent.length === 0, detail, 'run scripts/setup');
}

const finding = (name: string, ok: boolean, detail: string, remedy: string): Finding =>
  ok ? { name, ok, detail } : { name, ok, detail, remedy };

const exists = (path: string) => can(path, constants.F_OK);
const isExecutable = (path: string) => can(path, constants.X_OK);

function can(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
