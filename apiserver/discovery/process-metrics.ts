/** What /metrics says about the process and about what is stored. */
import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { groupResourceOf, type Resource } from '../../api/resource.ts';
import type { MetricRegistry } from '../../base/metrics.ts';
import type { Registry } from '../registry/registry.ts';
import { versionInfo } from '../version.ts';

/** Returns the end: measuring the loop's delay costs a timer. */
export function addProcessMetrics(metrics: MetricRegistry): () => void {
  const gauge = (name: string, help: string) => metrics.gauge({ name, help }).of();
  const cpu = metrics.counter({ name: 'process_cpu_seconds_total', help: 'Time used.' }).of();
  const resident = gauge('process_resident_memory_bytes', 'Resident memory.');
  const virtual = gauge('process_virtual_memory_bytes', 'Virtual memory.');
  const openFiles = gauge('process_open_fds', 'Open file descriptors.');
  const maxFiles = gauge('process_max_fds', 'Most file descriptors that may be open.');
  const started = gauge('process_start_time_seconds', 'Start, in seconds since 1970.');
  const heapTotal = gauge('nodejs_heap_size_total_bytes', "Size of V8's heap.");
  const heapUsed = gauge('nodejs_heap_size_used_bytes', "Used part of V8's heap.");
  const external = gauge('nodejs_external_memory_bytes', "Memory outside V8's heap.");
  const delays = lagGauges(metrics);
  const { major, minor } = versionInfo;
  const about = { name: 'kubernetes_build_info', help: 'What this is.' };
  const labels = ['major', 'minor', 'git_version', 'platform'];
  const { gitVersion, platform } = versionInfo;
  metrics
    .gauge({ ...about, labels })
    .of(major, minor, gitVersion, platform)
    .set(1);
  const node = { name: 'nodejs_version_info', help: 'The runtime.', labels: ['version'] };
  metrics.gauge(node).of(process.version).set(1);
  metrics.collect(() => {
    const { user, system } = process.cpuUsage();
    cpu.set((user + system) / 1e6);
    const memory = process.memoryUsage();
    resident.set(memory.rss);
    heapTotal.set(memory.heapTotal);
    heapUsed.set(memory.heapUsed);
    external.set(memory.external);
    virtual.set(readVirtualBytes());
    openFiles.set(readdirSync('/proc/self/fd').length);
    maxFiles.set(readFileMax());
    started.set(Math.round((performance.timeOrigin / 1000) * 100) / 100);
    delays.collect();
  });
  return delays.stop;
}

/** Measuring wakes the process fifty times a second: only while somebody looks now and then. */
const lookedMs = 5 * 60_000;

function lagGauges(metrics: MetricRegistry) {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
    delay.disable();
  };
  const gauge = (name: string, help: string) =>
    metrics.gauge({ name: `nodejs_eventloop_lag_${name}`, help }).of();
  const mean = gauge('mean_seconds', "The event loop's lag since the last look.");
  const p99 = gauge('p99_seconds', 'The same, 99th percentile.');
  const max = gauge('max_seconds', 'The same, the longest.');
  return {
    collect: () => {
      mean.set(Number.isNaN(delay.mean) ? 0 : delay.mean / 1e9);
      p99.set(delay.percentile(99) / 1e9);
      max.set(delay.max / 1e9);
      delay.reset();
      delay.enable();
      clearTimeout(timer);
      timer = setTimeout(stop, lookedMs).unref();
    },
    stop,
  };
}

/** The first word of statm: pages of 4 KiB. */
const readVirtualBytes = (): number =>
  Number(readFileSync('/proc/self/statm', 'latin1').split(' ', 1)[0]) * 4096;

function readFileMax(): number {
  const match = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  return Number(match?.[1] ?? 0);
}

/** Both names that upstream has had for the same count. */
export function addStorageMetrics(
  metrics: MetricRegistry,
  { registry, resources }: { readonly registry: Registry; readonly resources: readonly Resource[] },
): void {
  const old = metrics.gauge({
    name: 'apiserver_storage_objects',
    help: 'Objects that are stored.',
    labels: ['resource'],
  });
  const objects = metrics.gauge({
    name: 'apiserver_resource_objects',
    help: 'Objects that are stored.',
    labels: ['group', 'resource'],
  });
  const revision = metrics.gauge({
    name: 'apiserver_storage_revision',
    help: 'The revision up to which the store is known here.',
  });
  metrics.collect(() => {
    revision.of().set(registry.revision);
    for (const resource of resources) {
      if (resource.compute || resource.storedAs) continue;
      const { size } = registry.cacheOf(resource);
      old.of(groupResourceOf(resource)).set(size);
      objects.of(resource.group, resource.plural).set(size);
    }
  });
}
