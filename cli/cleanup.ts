/** Takes away what an instance's components have made in the kernel; all of them have ended. */
import { removeKernelObjects as removeNodeObjects } from '../agent/cleanup.ts';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { kernel } from '../native/index.ts';
import { run } from '../native/run.ts';
import { ourPlace, removeRules, removeTraces } from '../proxy/main.ts';
import type { Instance } from './instance.ts';

export async function removeKernelObjects(instance: Instance): Promise<void> {
  await removeNodeObjects({
    instance: instance.name,
    root: instance.root,
    runDir: instance.runDir,
    bridge: instance.bridge,
    cgroupRoot: `/${instance.name}`,
    kernel,
    run,
    clock: systemClock,
    log: silentLogger,
  });
  await removeTraces({ instance: instance.name });
  await removeRules({
    ...ourPlace,
    instance: instance.name,
    backend: 'auto',
    families: ['ipv4', 'ipv6'],
    modes: ['iptables', 'nftables'],
  });
}
