/** What the proxy does beside its rules, in parts that are told of the same changes. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Running } from '../base/running.ts';
import type { Recorder } from '../client/events.ts';
import { Advice } from './advice.ts';
import { Announcer } from './announce/announcer.ts';
import { type Config, familiesOf } from './config.ts';
import { Pressure } from './conntrack/pressure.ts';
import { sysctlPlaceOf } from './conntrack/sysctls.ts';
import { serveDrain } from './drain.ts';
import type { FamilyProxy } from './family.ts';
import { HealthChecks } from './health-checks.ts';
import { hostAddresses } from './host-addresses.ts';
import type { BackendChoice } from './iptables/backend.ts';
import { lazily, readInvalidDropped } from './iptables/counters.ts';
import { loopbackAddresses } from './loopback/plan.ts';
import { Relays } from './loopback/relays.ts';
import type { FamilyMetrics, Metrics } from './metrics.ts';
import type { Place } from './modes.ts';
import { countNoLocal } from './no-local-endpoints.ts';
import { ProgrammingTimes } from './programming-times.ts';
import type { Watched } from './watch.ts';

/** Told of everything once the API has been listed, then of each change. */
export interface Part extends Running {
  onService?(key: string): void;
  onEndpoints?(key: string): void;
  onNode?(): void;
}

export interface PartDeps {
  readonly nodeName: string;
  readonly watched: Watched;
  readonly families: readonly FamilyProxy[];
  readonly place: Place;
  readonly backend: BackendChoice;
  readonly metrics: Metrics;
  readonly measured: readonly FamilyMetrics[];
  readonly isHealthy: () => boolean;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function startParts(config: Config, deps: PartDeps): Promise<readonly Part[]> {
  const { watched, nodeName } = deps;
  const world = watched.worldOf({ nodeName, family: 'ipv4', nodePortAddresses: [] });
  return [
    healthChecksPart(config, deps),
    new Announcer({ ...deps, netnsPath: deps.place.netnsPath, instance: config.instance, world }),
    ...relaysPart(config, deps),
    ...measuringParts(config, deps),
    ...advicePart(config, deps),
    ...(await drainPart(config, deps)),
  ];
}

function healthChecksPart(config: Config, { watched, nodeName, ...deps }: PartDeps): Part {
  const { nodeportAddresses: nodePortAddresses } = config;
  const checks = new HealthChecks({
    ...deps,
    world: watched.worldOf({ nodeName, family: familiesOf(config)[0]!, nodePortAddresses }),
    addresses: () => hostAddresses(nodePortAddresses, watched.node()),
  });
  return { onService: (key) => checks.touch(key), stop: () => checks.close() };
}

function relaysPart(config: Config, { watched, nodeName, ...deps }: PartDeps): Part[] {
  const { nodeportAddresses, iptablesLocalhostNodeports: isWanted } = config;
  const addresses = isWanted ? loopbackAddresses(nodeportAddresses) : [];
  // What this process listens on is in its own network namespace.
  if (addresses.length === 0 || deps.place.netnsPath !== undefined) return [];
  const worlds = familiesOf(config).map((family) =>
    watched.worldOf({ nodeName, family, nodePortAddresses: [] }),
  );
  const onAccepted = () => deps.metrics.packets.loopbackAccepted.add();
  return [new Relays({ ...deps, worlds, addresses, onAccepted })];
}

function measuringParts(config: Config, deps: PartDeps): Part[] {
  const { watched, nodeName, families, measured, metrics } = deps;
  const worldOf = (family: 'ipv4' | 'ipv6') =>
    watched.worldOf({ nodeName, family, nodePortAddresses: [] });
  for (const { family } of measured) {
    metrics.noLocalEndpoints(family, () => countNoLocal(worldOf(family)));
  }
  const times = new ProgrammingTimes({
    ...deps,
    slices: worldOf('ipv4').slices,
    written: families.map((family) => () => family.written()),
    observe: (index, seconds) => measured[index]!.programmed(seconds),
  });
  if (config.proxyMode === 'iptables') countInvalid(config, deps);
  const place = sysctlPlaceOf(config.instance);
  return [times, new Pressure({ ...deps, place, everyMs: config.iptablesSyncPeriod })];
}

function countInvalid({ iptablesBackend }: Config, { place, measured, metrics, clock }: PartDeps) {
  const read = async () => {
    const counts = measured.map(({ family }) =>
      readInvalidDropped(place.run, family, iptablesBackend),
    );
    return (await Promise.all(counts)).reduce((sum, each) => sum + each, 0);
  };
  metrics.registry.collect(lazily(clock, read, (n) => metrics.packets.invalidDropped.set(n)));
}

function advicePart({ proxyMode }: Config, { families, measured, ...deps }: PartDeps): Part[] {
  if (proxyMode !== 'iptables') return [];
  const { watched, nodeName, backend } = deps;
  const advice = new Advice({
    ...deps,
    world: watched.worldOf({ nodeName, family: 'ipv4', nodePortAddresses: [] }),
    written: () => Promise.all(families.map((family) => family.written())),
    figures: () => ({
      rules: measured.reduce((sum, { figures }) => sum + figures.rules, 0),
      ms: Math.max(0, ...measured.map(({ figures }) => figures.ms)),
    }),
  });
  if (backend.mix) advice.tellMix(backend);
  return [advice];
}

async function drainPart({ proxySocket }: Config, deps: PartDeps): Promise<Part[]> {
  if (proxySocket === '') return [];
  const { watched, families } = deps;
  const drain = await serveDrain(proxySocket, {
    slices: (uid) => watched.slicesOfPod(uid),
    written: () => Promise.all(families.map((family) => family.written())),
    synced: Promise.all(families.map((family) => family.synced)),
  });
  return [drain];
}
