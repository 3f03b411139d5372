/**
 * What the node's network needs before its first pod: the bridge with the gateway's address,
 * forwarding, bridged packets seen by iptables, and masquerading of what leaves the pod network.
 *
 * All of it can be undone: `removeNodeNetwork` gives back the sysctls as they were found.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../../base/errors.ts';
import type { Run } from '../../native/run.ts';

export interface NodeNetwork {
  readonly instance: string;
  readonly podCidr: string;
  readonly runDir: string;
  readonly run: Run;
}

/** Per network namespace: `nsenter --net=…` shows a host's own. */
const wantedSysctls: Readonly<Record<string, string>> = {
  'net/ipv4/ip_forward': '1',
  // Without it, an answer from a pod on the same bridge would pass by the translation back.
  'net/bridge/bridge-nf-call-iptables': '1',
  // Pods have link-local addresses in any case; policies must see what they are used for.
  'net/bridge/bridge-nf-call-ip6tables': '1',
};

/** Repeating it changes nothing. The bridge is the caller's, by CNI. */
export async function ensureNodeNetwork({ instance, podCidr, runDir, run }: NodeNetwork) {
  await loadBridgeFilter(run);
  setSysctls(runDir);
  const chain = chainOf(instance);
  await restore(run, [
    `:${chain} - [0:0]`,
    `-A ${chain} -s ${podCidr} ! -d ${podCidr} -j MASQUERADE --random-fully`,
  ]);
  if (!(await hasJump(run, instance))) {
    await restore(run, [`-A POSTROUTING ${jump(instance)}`]);
  }
}

/** Also after a crash at any point; what is not there is passed over. */
export async function removeNodeNetwork({ instance, runDir, run }: Omit<NodeNetwork, 'podCidr'>) {
  while (await hasJump(run, instance)) await restore(run, [`-D POSTROUTING ${jump(instance)}`]);
  const { stdout } = await run('iptables-save', ['-t', 'nat']);
  const chain = chainOf(instance);
  if (stdout.includes(`\n:${chain} `)) await restore(run, [`:${chain} - [0:0]`, `-X ${chain}`]);
  resetSysctls(runDir);
}

/** At most 28 characters: an instance's name has 13. */
const chainOf = (instance: string) => `WHERRY-${instance.toUpperCase()}-EGRESS`;

const jump = (instance: string) =>
  `-m comment --comment "wherry ${instance}: pods' way out" -j ${chainOf(instance)}`;

async function hasJump(run: Run, instance: string): Promise<boolean> {
  const { stdout } = await run('iptables-save', ['-t', 'nat']);
  return stdout
    .split('\n')
    .some((line) => line.startsWith('-A POSTROUTING ') && line.endsWith(`-j ${chainOf(instance)}`));
}

async function restore(run: Run, lines: readonly string[]): Promise<void> {
  const input = ['*nat', ...lines, 'COMMIT', ''].join('\n');
  const { code, stderr } = await run('iptables-restore', ['--noflush', '--wait'], { input });
  if (code !== 0) throw new Error(`iptables-restore: ${stderr.trim()}`);
}

/** Nothing else asks for the module on a machine without a container engine. */
export async function loadBridgeFilter(run: Run): Promise<void> {
  if (existsSync('/proc/sys/net/bridge')) return;
  // Without it all works but a Service between two pods of this node; `doctor` tells what to do.
  await run('modprobe', ['br_netfilter']).catch(() => undefined);
}

const recordOf = (runDir: string) => join(runDir, 'sysctls.json');

/**
 * Notes what to give back: the values from before the first of us ran, whatever came in between.
 * `up` calls it before it starts anything, since the proxy needs one of them too.
 */
export function recordSysctls(runDir: string): Record<string, string> {
  const before = { ...readSysctls(), ...readRecord(runDir) };
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  writeFileSync(recordOf(runDir), JSON.stringify(before), { mode: 0o600 });
  return before;
}

function setSysctls(runDir: string): void {
  const before = recordSysctls(runDir);
  for (const [name, value] of Object.entries(wantedSysctls)) {
    if (name in before) writeFileSync(`/proc/sys/${name}`, value);
  }
}

function resetSysctls(runDir: string): void {
  for (const [name, value] of Object.entries(readRecord(runDir))) {
    if (Object.hasOwn(wantedSysctls, name)) writeFileSync(`/proc/sys/${name}`, value);
  }
  rmSync(recordOf(runDir), { force: true });
}

/** Those of br_netfilter are absent on a kernel without it. */
function readSysctls(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of Object.keys(wantedSysctls)) {
    try {
      found[name] = readFileSync(`/proc/sys/${name}`, 'utf8').trim();
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  return found;
}

function readRecord(runDir: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(recordOf(runDir), 'utf8')) as Record<string, string>;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {};
    throw error;
  }
}
