/** Wires the proxy: informers → RuleSync → the kernel; and its two small servers. */
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import type { Client } from '../client/client.ts';
import { Reconciler } from '../client/reconciler.ts';
import { openNftables } from '../native/nftables/index.ts';
import { run as runProgram } from '../native/run.ts';
import { type Config, checkConfig, clusterCidrOf } from './config.ts';
import { startServers } from './health.ts';
import { createIptables, type Run, removeRules } from './iptables/apply.ts';
import { RuleSync, type RuleSyncDeps } from './iptables/sync.ts';
import { Metrics } from './metrics.ts';
import { NftRules } from './nftables/sync.ts';
import { type Watched, watchApi } from './watch.ts';
import type { Rules } from './world.ts';

export { type Config, flags } from './config.ts';
export { removeRules } from './iptables/apply.ts';

export interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** Tests enter a network namespace here; absent: native/run.ts. */
  readonly run?: Run;
  /** Absent: writes below /proc/sys. */
  /** Absent: our own network namespace. */
  readonly netnsPath?: string;
  readonly setSysctl?: (path: string, value: string) => void;
}

export interface ProxyRunning extends Running {
  /** The ports in use; undefined where a server is off. */
  readonly healthzPort: number | undefined;
  readonly metricsPort: number | undefined;
  /** Resolves when the rules have been written for the first time. */
  readonly synced: Promise<void>;
}

/** One family as yet; all below this file takes either. */
const family = 'ipv4';

/**
 * Resolves when the proxy is at work; rules follow once the API has been listed (`synced`).
 * Stopping leaves the rules in place, so that Services work while the proxy is exchanged.
 * Rejects when another instance's rules are in the way.
 */
export async function start(config: Config, deps: Deps): Promise<ProxyRunning> {
  checkConfig(config, family);
  const { clock, log } = deps;
  const stop = new AbortController();
  const metrics = new Metrics(family);
  const watched = watchNode(config, deps);
  const sync = await createRules(config, { world: watched.world, clock, log, metrics }, deps);
  await sync.claim();
  showBridgedPackets(deps);
  const isEligible = () => watched.node().isEligible;
  const servers = await startServers(config, { clock, metrics, isEligible });
  const loop = startLoop(config, { clock, log, metrics, sync, watched, signal: stop.signal });
  return {
    healthzPort: servers.healthzPort,
    metricsPort: servers.metricsPort,
    synced: loop.synced,
    stop: async () => {
      stop.abort();
      await Promise.all([loop.idle(), servers.close()]);
    },
  };
}

type RulesDeps = Omit<RuleSyncDeps, 'iptables' | 'options' | 'instance' | 'masqueradeBit'>;

async function createRules(config: Config, rules: RulesDeps, deps: Deps): Promise<Rules> {
  const { instance, masqueradeBit, masqueradeAll } = config;
  const clusterCidr = clusterCidrOf(config, family);
  if (config.proxyMode === 'nftables') {
    const nftables = await openNftables(deps.netnsPath);
    const podRanges = clusterCidr === undefined ? [] : [clusterCidr];
    const layout = { family, masqueradeBit, masqueradeAll } as const;
    const options = { ...layout, instance, podRanges, serviceRanges: () => [] };
    return new NftRules({ ...rules, nftables, options });
  }
  const iptables = createIptables(deps.run ?? runProgram, family, config.iptablesBackend);
  const options = { family, clusterCidr, masqueradeAll } as const;
  return new RuleSync({ ...rules, iptables, options, instance, masqueradeBit });
}

/** What the flags ask for instead of a start; undefined when they ask for one. */
export const runOnce = (config: Config, run: Run = runProgram): Promise<void> | undefined =>
  config.cleanup ? cleanUp(config, run) : undefined;

/** `--cleanup`: takes away every rule of this instance; throws when those there are another's. */
export async function cleanUp(config: Config, run: Run = runProgram): Promise<void> {
  const { iptablesBackend: backend, instance } = config;
  if (await removeRules({ run, family, backend, instance })) return;
  throw new Error(`the Service rules in this network namespace are not of instance "${instance}"`);
}

interface LoopDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly sync: Rules;
  readonly watched: Watched;
  readonly signal: AbortSignal;
}

function startLoop(config: Config, { sync, watched, ...deps }: LoopDeps) {
  const { clock, metrics, signal } = deps;
  const first = Promise.withResolvers<void>();
  const reconcile = async (key: string) => {
    if (key === 'audit') {
      await sync.audit();
      reconciler.enqueueAfter('audit', config.iptablesSyncPeriod);
      return;
    }
    // What arrives in between is written together with what is here.
    const waitMs = metrics.lastSyncedMs + config.iptablesMinSyncPeriod - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    if (signal.aborted) return;
    await sync.write();
    first.resolve();
  };
  const reconciler = new Reconciler({ ...deps, reconcile, concurrency: 1 });
  const write = () => reconciler.enqueue('rules');
  watched.start(signal);
  void watched.synced.then(() => {
    watched.follow({
      onService: (key) => {
        sync.touch(key);
        write();
      },
      onNode: () => {
        sync.touchAll();
        write();
      },
    });
    write(); // There may be no Service at all.
    reconciler.enqueueAfter('audit', config.iptablesSyncPeriod);
  });
  return { synced: first.promise, idle: () => reconciler.idle() };
}

function watchNode(config: Config, deps: Deps): Watched {
  const nodeName = config.hostnameOverride ?? config.nodeName ?? hostname();
  const query = { nodeName, family, nodePortAddresses: config.nodeportAddresses } as const;
  return watchApi(query, deps);
}

/**
 * Two pods on one bridge answer each other past the IP layer: without this the reply to a
 * Service's address would come from the pod's own, and the client would refuse it.
 */
function showBridgedPackets({ log, setSysctl = writeSysctl }: Deps): void {
  try {
    setSysctl('net/bridge/bridge-nf-call-iptables', '1');
  } catch (error) {
    log.error('Could not show bridged packets to iptables: load br_netfilter', error);
  }
}

const writeSysctl = (path: string, value: string) => writeFileSync(`/proc/sys/${path}`, value);
