/** How rules get into the kernel: by iptables' commands, or into an nftables table by netlink. */
import type { Clock } from '../base/clock.ts';
import { hasCode } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { type Conntrack, openConntrack } from '../native/conntrack.ts';
import { followNftables, type Nftables, openNftables } from '../native/nftables.ts';
import { run } from '../native/run.ts';
import { type Config, clusterCidrOf, familiesOf, podLinkOf } from './config.ts';
import { ConnectRules } from './ebpf/connect-rules.ts';
import { hostAddresses } from './host-addresses.ts';
import {
  createIptables,
  type RemovalDeps,
  type Run,
  removeRules as removeChains,
} from './iptables/apply.ts';
import { type BackendChoice, pickBackend } from './iptables/backend.ts';
import { LegacyTables } from './iptables/legacy.ts';
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

export interface RulesOf {
  readonly rules: Rules;
  /** Calls back soon after somebody has changed rules, our own changes as well. */
  readonly followChanges: Place['followNftables'];
}

/**
 * The backend must be known by now where there is a choice (backend.ts). Nothing is touched before
 * the first write.
 */
export async function createRules(
  config: Config,
  family: Family,
  { run, openNftables, ...deps }: RulesDeps,
): Promise<RulesOf> {
  const { instance, masqueradeBit, masqueradeAll } = config;
  const isTcpLiberal = config.conntrackTcpBeLiberal;
  const clusterCidr = clusterCidrOf(config, family);
  const nftables = await openNftables();
  const { followNftables: followChanges } = deps;
  if (config.proxyMode !== 'iptables') {
    const podRanges = clusterCidr === undefined ? [] : [clusterCidr];
    const podLink = podLinkOf(config);
    const options = {
      family,
      masqueradeBit,
      masqueradeAll,
      instance,
      podRanges,
      podLink,
      isTcpLiberal,
    };
    const packets = new NftRules({ ...deps, nftables, options });
    if (config.proxyMode === 'nftables') return { rules: packets, followChanges };
    const cgroup = config.ebpfCgroup ?? `${cgroupRoot}/${instance}`;
    const rules = new ConnectRules({ family, cgroup, packets, world: deps.world });
    return { rules, followChanges };
  }
  const iptables = createIptables(run, family, config.iptablesBackend);
  const options = { family, clusterCidr, masqueradeAll, podLink: podLinkOf(config), isTcpLiberal };
  const shared = { ...deps, iptables, options, instance, masqueradeBit };
  if (config.iptablesBackend === 'legacy') {
    nftables.close();
    const tables = new LegacyTables({ ...deps, family });
    const close = () => tables.close();
    const rules = new RuleSync({ ...shared, generation: () => tables.generation(), close });
    return { rules, followChanges: (onChange, signal) => tables.follow(onChange, signal) };
  }
  // The newer iptables is one of nf_tables' users.
  const close = () => nftables.close();
  const rules = new RuleSync({ ...shared, generation: () => nftables.generation(), close });
  return { rules, followChanges };
}

export interface Removal extends Place {
  readonly instance: string;
  readonly backend: Config['iptablesBackend'];
  readonly families: readonly Family[];
  /** Which modes' rules go. */
  readonly modes: readonly ('iptables' | 'nftables')[];
}

/** The same configuration with the iptables settled on. Reads only. */
export async function settleBackend(
  config: Config,
  { run }: Pick<Place, 'run'>,
): Promise<{ readonly config: Config; readonly choice: BackendChoice }> {
  const { iptablesBackend: backend, proxyMode } = config;
  if (backend !== 'auto' || proxyMode !== 'iptables') return { config, choice: { backend } };
  const choice = await pickBackend(run, familiesOf(config));
  return { config: { ...config, iptablesBackend: choice.backend }, choice };
}

/** Where rules of ours may be: an earlier run may have picked the other iptables. */
async function removeAllChains(deps: RemovalDeps): Promise<boolean> {
  const results: boolean[] = [];
  const isOpen = deps.backend === 'auto';
  for (const backend of isOpen ? (['legacy', 'nft', 'auto'] as const) : [deps.backend]) {
    // Where there is but one, it may have no other name.
    if (isOpen && backend === 'auto' && results.length > 0) break;
    try {
      results.push(await removeChains({ ...deps, backend }));
    } catch (error) {
      // A command that is not there has written nothing.
      if (!hasCode((error as Error).cause, 'ENOENT')) throw error;
    }
  }
  return results.every(Boolean);
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
      results.push(await removeAllChains({ run, family, backend, instance }));
    }
    if (modes.includes('nftables')) {
      const nftables = await removal.openNftables();
      results.push(await removeTable({ nftables, family, instance }));
      nftables.close();
    }
  }
  return results.every(Boolean);
}
