/** How rules get into the kernel: by iptables' commands, or into an nftables table by netlink. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { type Conntrack, openConntrack } from '../native/conntrack.ts';
import { followNftables, type Nftables, openNftables } from '../native/nftables.ts';
import { run } from '../native/run.ts';
import { type Config, clusterCidrOf } from './config.ts';
import { ConnectRules } from './ebpf/connect-rules.ts';
import { hostAddresses } from './host-addresses.ts';
import { createIptables, type Run, removeRules as removeChains } from './iptables/apply.ts';
import { RuleSync } from './iptables/sync.ts';
import type { FamilyMetrics } from './metrics.ts';
import { NftRules, removeTable } from './nftables/sync.ts';
import type { Family } from './plan-address.ts';
import type { Rules, World } from './world.ts';

/** The kernel's side: where it is, and how programs are run there. */
export interface Place {
  readonly run: Run;
  readonly openNftables: () => Promise<Nftables>;
  readonly openConntrack: () => Promise<Conntrack>;
  /** Of nf_tables, through which the newer iptables goes as well. */
  readonly followNftables: (onChange: () => void, signal: AbortSignal) => Promise<void>;
  /** Pins the network namespace; absent: our own. */
  readonly netnsPath?: string;
  /** The addresses of this machine. */
  readonly localAddresses: () => readonly string[];
}

/** The network namespace that this process is in. */
export const ourPlace: Place = {
  run,
  openNftables,
  openConntrack,
  followNftables: (onChange, signal) => followNftables(undefined, onChange, signal),
  localAddresses: () => hostAddresses([], undefined),
};

/** Where cgroups of version 2 are, unless the machine has both versions. */
const cgroupRoot = '/sys/fs/cgroup';

export interface RulesDeps extends Place {
  readonly world: World;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: FamilyMetrics;
}

/** Nothing is touched before the first write. */
export async function createRules(
  config: Config,
  family: Family,
  { run, openNftables, ...deps }: RulesDeps,
): Promise<Rules> {
  const { instance, masqueradeBit, masqueradeAll } = config;
  const clusterCidr = clusterCidrOf(config, family);
  const nftables = await openNftables();
  if (config.proxyMode !== 'iptables') {
    const podRanges = clusterCidr === undefined ? [] : [clusterCidr];
    const options = { family, masqueradeBit, masqueradeAll, instance, podRanges };
    const packets = new NftRules({ ...deps, nftables, options });
    if (config.proxyMode === 'nftables') return packets;
    const cgroup = config.ebpfCgroup ?? `${cgroupRoot}/${instance}`;
    return new ConnectRules({ family, cgroup, packets, world: deps.world });
  }
  const iptables = createIptables(run, family, config.iptablesBackend);
  const options = { family, clusterCidr, masqueradeAll };
  // The newer iptables is one of nf_tables' users; the older one is not seen there.
  const generation = () => nftables.generation();
  return new RuleSync({ ...deps, iptables, generation, options, instance, masqueradeBit });
}

export interface Removal extends Place {
  readonly instance: string;
  readonly backend: Config['iptablesBackend'];
  readonly families: readonly Family[];
  /** Which modes' rules go. */
  readonly modes: readonly ('iptables' | 'nftables')[];
}

/**
 * Takes every rule of this instance away and leaves all others; may be repeated. False when rules
 * that are there are somebody else's: they are left as they are.
 */
export async function removeRules(removal: Removal): Promise<boolean> {
  const { run, instance, backend, families, modes } = removal;
  const results: boolean[] = [];
  for (const family of families) {
    if (modes.includes('iptables')) {
      results.push(await removeChains({ run, family, backend, instance }));
    }
    if (modes.includes('nftables')) {
      const nftables = await removal.openNftables();
      results.push(await removeTable({ nftables, family, instance }));
      nftables.close();
    }
  }
  return results.every(Boolean);
}
