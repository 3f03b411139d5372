/** Wires the proxy: informers → rules of each family → the kernel; and its two small servers. */
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import type { Client } from '../client/client.ts';
import { createRecorder } from '../client/events.ts';
import { type AnnounceOptions, removeAddresses } from './announce/apply.ts';
import {
  type Config,
  checkConfig,
  familiesOf,
  nodePortAddressesOf,
  sysctlWishesOf,
} from './config.ts';
import { forgetStale } from './conntrack/clean-up.ts';
import { restoreSysctls, setSysctls, sysctlPlaceOf } from './conntrack/sysctls.ts';
import { FamilyProxy } from './family.ts';
import { areFresh, startServers } from './health.ts';
import { type FamilyMetrics, Metrics } from './metrics.ts';
import {
  createRules,
  ourPlace,
  type Place,
  type RulesDeps,
  removeRules,
  settleBackend,
} from './modes.ts';
import { type Part, startParts } from './parts.ts';
import type { Family } from './plan-address.ts';
import { isLeaving } from './plan-node.ts';
import { settlePodRanges } from './pod-ranges.ts';
import { type Watched, watchApi } from './watch.ts';

export { type Config, flags } from './config.ts';
export { expandConfigFile as expand } from './config-file.ts';
export { ourPlace, removeRules } from './modes.ts';

export interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** Tests have network namespaces of their own; absent: that of this process. */
  readonly place?: Place;
  /** Absent: writes below /proc/sys. */
  readonly setSysctl?: (path: string, value: string) => void;
}

export interface ProxyRunning extends Running {
  /** The ports in use; undefined where a server is off. */
  readonly healthzPort: number | undefined;
  readonly metricsPort: number | undefined;
  /** Resolves when the rules have been written for the first time. */
  readonly synced: Promise<void>;
}

/**
 * Resolves when the proxy is at work; rules follow once the API has been listed (`synced`).
 * Stopping leaves the rules in place, so that Services work while the proxy is exchanged.
 * Rejects when another instance's rules are in the way.
 */
export async function start(asked: Config, deps: Deps): Promise<ProxyRunning> {
  checkConfig(asked);
  const { clock, log, place = ourPlace } = deps;
  const nodeName = asked.hostnameOverride ?? asked.nodeName ?? hostname();
  const settled = await settleBackend(asked, place);
  const { choice } = settled;
  const config = await settlePodRanges(settled.config, nodeName, deps);
  const stop = new AbortController();
  const watched = watchApi(nodeName, deps);
  const metrics = new Metrics();
  const measured = familiesOf(config).map((family) => metrics.of(family));
  const nodePortAddresses = nodePortAddressesOf(config);
  const families = await Promise.all(
    measured.map((own) => {
      const world = watched.worldOf({ nodeName, family: own.family, nodePortAddresses });
      const shared = { world, clock, log, metrics: own, signal: stop.signal };
      return openFamily(config, own.family, { ...shared, ...place });
    }),
  );
  prepareKernel(config, deps);
  const servers = await startServers(config, {
    ...{ clock, metrics, families: measured },
    isEligible: () => !isLeaving(watched.node()),
  });
  const speaker = { component: 'kube-proxy', host: nodeName, clock, log };
  const recorder = createRecorder(deps.client, speaker);
  const isHealthy = () => areFresh(measured, clock.now());
  const parts = await startParts(config, {
    ...{ nodeName, watched, families, place, backend: choice },
    ...{ metrics, measured, isHealthy, recorder, clock, log },
  });
  watched.start(stop.signal);
  void watched.synced.then(() => follow(watched, families, parts));
  const synced = Promise.all(families.map((family) => family.synced));
  return {
    healthzPort: servers.healthzPort,
    metricsPort: servers.metricsPort,
    synced: synced.then(() => removeOtherMode(config, place, measured)),
    stop: async () => {
      stop.abort();
      const idle = families.map((family) => family.close());
      await Promise.all([...idle, servers.close(), ...parts.map((part) => part.stop())]);
      await recorder.flush();
    },
  };
}

type OpenDeps = RulesDeps & { readonly signal: AbortSignal };

async function openFamily(config: Config, family: Family, deps: OpenDeps): Promise<FamilyProxy> {
  const { rules, followChanges } = await createRules(config, family, deps);
  await rules.claim();
  const conntrack = await deps.openConntrack();
  return new FamilyProxy({
    ...deps,
    rules,
    minSyncMs: config.iptablesMinSyncPeriod,
    auditMs: config.iptablesSyncPeriod,
    followChanges,
    onWritten: (services) => forgetStale({ ...deps, conntrack, family }, services),
  });
}

function follow(watched: Watched, families: readonly FamilyProxy[], parts: readonly Part[]): void {
  const all = [...families, ...parts] as const;
  watched.follow({
    onService: (key) => all.forEach((each) => void each.onService?.(key)),
    onEndpoints: (key) => all.forEach((each) => void each.onEndpoints?.(key)),
    onNode: () => all.forEach((each) => void each.onNode?.()),
    onServiceRanges: () => families.forEach((each) => void each.onServiceRanges()),
  });
  for (const family of families) family.begin();
}

/** Rules of both modes do no harm beside each other, so that no connection is lost on the way. */
async function removeOtherMode(
  config: Config,
  place: Place,
  measured: readonly FamilyMetrics[],
): Promise<void> {
  const { instance, iptablesBackend: backend, proxyMode } = config;
  const removal = { ...place, families: familiesOf(config), instance };
  if (proxyMode !== 'iptables') {
    await removeRules({ ...removal, backend, modes: ['iptables'] });
    return;
  }
  try {
    await removeRules({ ...removal, backend, modes: ['nftables'] });
  } catch (error) {
    for (const each of measured) each.cleanupFailed();
    throw error;
  }
  if (backend === 'auto') return;
  // An earlier run may have used the other iptables.
  const other = backend === 'legacy' ? 'nft' : 'legacy';
  await removeRules({ ...removal, backend: other, modes: ['iptables'] });
}

/** What the flags ask for instead of a start; undefined when they ask for one. */
export const runOnce = (config: Config, place: Place = ourPlace): Promise<void> | undefined =>
  config.cleanup ? cleanUp(config, place) : undefined;

/** `--cleanup`: takes away every rule of this instance; throws when those there are another's. */
export async function cleanUp(config: Config, place: Place): Promise<void> {
  const { iptablesBackend: backend, instance } = config;
  const modes = ['iptables', 'nftables'] as const;
  const families = familiesOf(config);
  await removeTraces({ instance, netnsPath: place.netnsPath });
  if (await removeRules({ ...place, families, instance, backend, modes })) return;
  throw new Error(`the Service rules in this network namespace are not of instance "${instance}"`);
}

/** What there is of an instance beside its rules: announced addresses, changed sysctls. */
export async function removeTraces(options: AnnounceOptions): Promise<void> {
  await removeAddresses(options);
  if (options.netnsPath === undefined) restoreSysctls(sysctlPlaceOf(options.instance));
}

function prepareKernel(config: Config, deps: Deps): void {
  showBridgedPackets(deps, familiesOf(config));
  if (deps.setSysctl) return;
  setOomScore(config.oomScoreAdj, deps.log);
  setSysctls(sysctlPlaceOf(config.instance), sysctlWishesOf(config), deps.log);
}

/** Without a proxy no Service works: the kernel shall take others first. */
function setOomScore(value: number, log: Logger): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', String(value));
  } catch (error) {
    log.info('Could not set the OOM score', { value, reason: String(error) });
  }
}

/**
 * Two pods on one bridge answer each other past the IP layer: without this the reply to a
 * Service's address would come from the pod's own, and the client would refuse it.
 */
function showBridgedPackets(
  { log, setSysctl = writeSysctl }: Deps,
  families: readonly Family[],
): void {
  for (const family of families) {
    const name = family === 'ipv4' ? 'bridge-nf-call-iptables' : 'bridge-nf-call-ip6tables';
    try {
      setSysctl(`net/bridge/${name}`, '1');
    } catch (error) {
      log.error('Could not show bridged packets to the rules: load br_netfilter', error);
    }
  }
}

const writeSysctl = (path: string, value: string) => writeFileSync(`/proc/sys/${path}`, value);
