/** The pod monitors of this machine. */
import { join } from 'node:path';
import { connectMonitor, type Kernel, startMonitor } from '../../native/index.ts';
import type { MonitorPort } from '../context.ts';

export function createMonitors(
  kernel: Kernel,
  programs: { readonly monitor: string; readonly pause: string },
): MonitorPort {
  const deps = { kernel, monitorPath: programs.monitor, pausePath: programs.pause };
  return {
    start: (spec) => startMonitor(spec, deps),
    connect: (runDir) => connectMonitor(join(runDir, 'monitor.sock')),
  };
}
