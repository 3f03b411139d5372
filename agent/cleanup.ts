/**
 * Takes away all that agents of an instance have made in the kernel, when none of them runs: after
 * `up` has ended, and after any crash. What is already gone is passed over.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { createNetworkRunner } from '../cni/index.ts';
import { connectMonitor, type Kernel } from '../native/index.ts';
import { openNftables } from '../native/nftables.ts';
import type { Run } from '../native/run.ts';
import { removeNodeNetwork } from './node/network.ts';
import { sandboxDir, sandboxesDir } from './paths.ts';
import { removePolicies } from './policy/sync.ts';
import { listDir } from './records.ts';
import { killCgroups, readHierarchies, removeCgroups } from './runtime/cgroup.ts';
import { killMonitor } from './runtime/monitor-process.ts';

export { loadBridgeFilter, recordSysctls } from './node/network.ts';

export interface CleanupOptions {
  readonly instance: string;
  readonly root: string;
  readonly runDir: string;
  readonly bridge: string;
  readonly cgroupRoot: string; // "/wherry"
  readonly kernel: Kernel;
  readonly run: Run;
  readonly clock: Clock;
  readonly log: Logger;
}

const MNT_DETACH = 2;
/** A monitor needs well under a millisecond; one that is stopped would need for ever. */
const shutdownMs = 3000;

export async function removeKernelObjects(options: CleanupOptions): Promise<void> {
  const { cgroupRoot, clock } = options;
  await Promise.all(
    listDir(sandboxesDir(options)).map((id) => endMonitor(sandboxDir(options, id), clock)),
  );
  const cgroups = readHierarchies().map(({ mountPoint }) => join(mountPoint, cgroupRoot));
  await killCgroups(cgroups, clock);
  unmountAll(options);
  await removeNetwork(options);
  await removeCgroups(cgroups, clock);
}

/** In order if it answers; else by the number that it left. */
async function endMonitor(dir: string, clock: Clock): Promise<void> {
  const isOver = new AbortController();
  const inOrder = connectMonitor(join(dir, 'monitor.sock')).then((monitor) => monitor.shutdown());
  const patience = clock.sleep(shutdownMs, isOver.signal);
  await Promise.race([inOrder.catch(() => {}), patience]); // What it did not do is done below.
  isOver.abort();
  killMonitor(dir);
}

/** Pinned namespaces, volumes in memory, mounts that a crash left; the deepest first. */
function unmountAll({ kernel, root, runDir }: CleanupOptions): void {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => decodeOctal(line.split(' ')[4] ?? ''))
    .filter((path) => path.startsWith(`${root}/`) || path.startsWith(`${runDir}/`));
  for (const point of points.reverse()) kernel.umount(point, MNT_DETACH);
}

async function removeNetwork(options: CleanupOptions): Promise<void> {
  const { kernel, log, runDir, bridge } = options;
  const runner = createNetworkRunner({
    kernel,
    log,
    confDir: runDir, // No network is asked for: only the bridge goes.
    cacheDir: join(runDir, 'cni-cache'),
    binDirs: [],
  });
  try {
    await runner.removeBridge(bridge);
  } finally {
    await runner.close();
  }
  const nftables = await openNftables();
  try {
    await removePolicies(nftables, options.instance);
  } finally {
    nftables.close();
  }
  await removeNodeNetwork(options).catch((error: unknown) => {
    throw new Error(`Could not undo the node's network: ${messageOf(error)}`, { cause: error });
  });
}

/** As /proc/self/mountinfo writes spaces and their like: `\040`. */
const decodeOctal = (path: string) =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
