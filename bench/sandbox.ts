/**
 * A pod's sandbox with its network: ours, against crun running the same pause program with Debian's
 * bridge and host-local plugins. Both sides run in turns in a network namespace of the bench's own.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHierarchies } from '../agent/runtime/cgroup.ts';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { createNetworkRunner } from '../cni/index.ts';
import { kernel, paths, startMonitor } from '../native/index.ts';
import { createHost, type Host } from '../test/helpers/host.ts';
import { printHead, printRow, summarise, timeMs } from './stats.ts';

const rounds = 60;
const network = (name: string, bridge: string, subnet: string, dataDir: string) => ({
  cniVersion: '1.0.0',
  name,
  plugins: [
    {
      type: 'bridge',
      bridge,
      isGateway: true,
      ipam: { type: 'host-local', ranges: [[{ subnet }]], dataDir, routes: [{ dst: '0.0.0.0/0' }] },
    },
  ],
});

interface Times {
  readonly up: number[];
  readonly down: number[];
}

const host = createHost();
const scope = `b${process.pid.toString(36)}`;
const cgroupDirs = makeCgroups();
// /run is a tmpfs on a machine that boots as usual; both sides' files lie there.
const dir = join(host.dir, 'run');
mkdirSync(dir);
execFileSync('mount', ['-t', 'tmpfs', 'bench', dir]);
try {
  const ours: Times = { up: [], down: [] };
  const theirs: Times = { up: [], down: [] };
  const peer = preparePeer({ ...host, dir });
  const own = prepareOwn({ ...host, dir });
  for (let round = 0; round < rounds; round++) {
    await own(`${scope}-o${round}`, ours);
    await peer(`${scope}-p${round}`, theirs);
  }
  printHead('Sandbox create + CNI ADD + start (up), and its end (down)');
  const [a, b] = [summarise(ours.up), summarise(theirs.up)];
  printRow('wherry: netns, monitor, pause, CNI in process', a);
  printRow('crun create+start, bridge+host-local', b);
  console.log(`  ratio of the medians: 1/${(b.p50 / a.p50).toFixed(1)} (goal: at most 1/3)`);
  printRow('wherry: shutdown, CNI DEL', summarise(ours.down));
  printRow('crun kill+delete, CNI DEL', summarise(theirs.down));
} catch (error) {
  console.error(error); // What cleaning up says after it is a consequence.
  process.exitCode = 1;
} finally {
  for (const dir of cgroupDirs) rmdirSync(dir);
  host.remove();
}

/** Runs in the host's network namespace as a whole: our runner takes it as an argument. */
function prepareOwn({ dir, netns: hostNetns }: Host) {
  const runner = createNetworkRunner({
    kernel,
    conf: network('own', 'own0', '10.88.0.0/16', join(dir, 'own-ipam')),
    cacheDir: join(dir, 'own-cache'),
    binDirs: [],
    hostNetns,
    log: silentLogger,
  });
  return async (id: string, { up, down }: Times) => {
    const runDir = join(dir, id);
    mkdirSync(runDir, { mode: 0o700 });
    const netnsPath = join(dir, `${id}.netns`);
    let end: () => Promise<void> = async () => {};
    up.push(
      await timeMs(async () => {
        await kernel.createNetns(netnsPath);
        const spec = { id, runDir, hostname: 'bench', netnsPath, cgroupDirs };
        const executables = { monitorPath: paths.monitor, pausePath: paths.pause };
        const [monitor] = await Promise.all([
          startMonitor(spec, { kernel, ...executables }),
          runner.add({ containerId: id, netnsPath, ifName: 'eth0' }),
        ]);
        end = async () => {
          await monitor.shutdown();
          await runner.del({ containerId: id, netnsPath, ifName: 'eth0', dropsNetns: true });
          kernel.umount(netnsPath, 2);
          rmSync(netnsPath);
        };
      }),
    );
    down.push(await timeMs(() => end()));
    await systemClock.sleep(20); // The kernel ends the namespace: that is nobody's measured time.
  };
}

function preparePeer({ dir, netns: hostNetns }: Host) {
  const bundle = join(dir, 'bundle');
  for (const name of ['dev', 'proc', 'sys'])
    mkdirSync(join(bundle, 'rootfs', name), { recursive: true });
  copyFileSync(paths.pause, join(bundle, 'rootfs/pause'));
  const { plugins, ...conf } = network('peer', 'peer0', '10.89.0.0/16', join(dir, 'peer-ipam'));
  const input = JSON.stringify({ ...conf, ...plugins[0] });
  const run = (file: string, args: readonly string[], options = {}) =>
    execFileSync(file, args, { stdio: ['pipe', 'ignore', 'inherit'], ...options });
  const cni = (command: string, id: string, netnsPath: string) =>
    // A container runtime executes the plugin in the host's namespace; nsenter costs it 1 ms.
    run('nsenter', [`--net=${hostNetns}`, '/usr/lib/cni/bridge'], {
      input,
      env: {
        CNI_COMMAND: command,
        CNI_CONTAINERID: id,
        CNI_NETNS: netnsPath,
        CNI_IFNAME: 'eth0',
        CNI_PATH: '/usr/lib/cni',
        PATH: process.env.PATH ?? '',
      },
    });
  return async (id: string, { up, down }: Times) => {
    const netnsPath = join(dir, `${id}.netns`);
    up.push(
      await timeMs(async () => {
        await kernel.createNetns(netnsPath); // As cheap for them as for us.
        writeFileSync(join(bundle, 'config.json'), JSON.stringify(ociConfig(netnsPath)));
        run('crun', ['create', '--bundle', bundle, id]);
        cni('ADD', id, netnsPath);
        run('crun', ['start', id]);
      }),
    );
    down.push(
      await timeMs(async () => {
        run('crun', ['kill', id, 'KILL']);
        run('crun', ['delete', '--force', id]);
        cni('DEL', id, netnsPath);
        kernel.umount(netnsPath, 2);
        rmSync(netnsPath);
      }),
    );
    await systemClock.sleep(20);
  };
}

function ociConfig(netnsPath: string) {
  return {
    ociVersion: '1.0.2',
    process: { args: ['/pause'], cwd: '/', env: [], user: { uid: 0, gid: 0 } },
    root: { path: 'rootfs', readonly: true },
    hostname: 'bench',
    mounts: [],
    linux: {
      cgroupsPath: `/${scope}`,
      namespaces: [
        { type: 'network', path: netnsPath },
        ...['ipc', 'uts', 'mount', 'pid'].map((type) => ({ type })),
      ],
    },
  };
}

/** In the hierarchies that our agent uses; crun takes all that it finds. */
function makeCgroups(): string[] {
  const dirs = readHierarchies().map(({ mountPoint }) => join(mountPoint, `${scope}o`));
  for (const dir of dirs) mkdirSync(dir, { recursive: true });
  return dirs;
}
