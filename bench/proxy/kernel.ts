/** Namespaces, and both modes' rules in them, without a proxy around. */
import { execFileSync } from 'node:child_process';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { openNftables } from '../../native/nftables.ts';
import { run } from '../../native/run.ts';
import { createIptables } from '../../proxy/iptables/apply.ts';
import { RuleSync } from '../../proxy/iptables/sync.ts';
import { Metrics } from '../../proxy/metrics.ts';
import { NftRules } from '../../proxy/nftables/sync.ts';
import type { Rules, World } from '../../proxy/world.ts';
import { podRange } from './world.ts';

export type Mode = 'nftables' | 'legacy' | 'nft';
const names: string[] = [];

export function makeNetns(): string {
  const name = `wpb${process.pid}n${names.length}`;
  execFileSync('ip', ['netns', 'add', name]);
  names.push(name);
  return `/run/netns/${name}`;
}

export function removeNetns(): void {
  for (const name of names.splice(0)) execFileSync('ip', ['netns', 'delete', name]);
}

export const shell = (netns: string, command: string): string =>
  execFileSync('nsenter', [`--net=${netns}`, 'sh', '-c', command], { encoding: 'utf8' });

export async function openRules(mode: Mode, world: World, netns: string): Promise<Rules> {
  const family = 'ipv4';
  const metrics = new Metrics().of(family);
  const shared = { world, clock: systemClock, log: silentLogger, metrics };
  if (mode === 'nftables') {
    const options = {
      family,
      masqueradeBit: 14,
      masqueradeAll: false,
      instance: 'bench',
      podRanges: [podRange],
    } as const;
    return new NftRules({ ...shared, nftables: await openNftables(netns), options });
  }
  const enter: typeof run = (file, args, options) =>
    run('nsenter', [`--net=${netns}`, file, ...args], { ...options, timeoutMs: 600_000 });
  return new RuleSync({
    ...shared,
    iptables: createIptables(enter, family, mode),
    generation: async () => 0,
    options: { family, clusterCidr: podRange, masqueradeAll: false },
    instance: 'bench',
    masqueradeBit: 14,
  });
}
