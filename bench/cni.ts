/**
 * A pod's attachment: our bridge and host-local in process and through the executables, against
 * Debian's executed, in turns, in a network namespace of the bench's own. The namespaces of pods are
 * made before and dropped after what is measured, as cheaply for either.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { createNetworkRunner, installPlugins, serveCni } from '../cni/index.ts';
import { kernel } from '../native/index.ts';
import { run } from '../native/run.ts';
import { printHead, printRow, summarise, timeMs } from './stats.ts';

const rounds = Number(process.env.WHERRY_BENCH_ROUNDS ?? 60);
const atOnce = 100;
const detach = 2; // MNT_DETACH
const dir = mkdtempSync(join(tmpdir(), 'wherry-bench-cni-'));
execFileSync('mount', ['-t', 'tmpfs', 'bench', dir]); // Both sides' files lie there.

interface Side {
  readonly name: string;
  add(id: string, netns: string): Promise<unknown>;
  del(id: string, netns: string): Promise<unknown>;
}

interface Network {
  readonly name: string; // At most nine characters: the bridge has it too.
  readonly subnet: string;
  readonly ipMasq?: boolean;
}

const pluginOf = ({ name, subnet, ipMasq = false }: Network) => ({
  type: 'bridge',
  bridge: name,
  isGateway: true,
  ipMasq,
  ipam: {
    type: 'host-local',
    ranges: [[{ subnet }]],
    dataDir: join(dir, name),
    routes: [{ dst: '0.0.0.0/0' }],
  },
});

function inProcess(name: string, network: Network): Side {
  const runner = createNetworkRunner({
    kernel,
    conf: { cniVersion: '1.0.0', name: network.name, plugins: [pluginOf(network)] },
    cacheDir: join(dir, `${network.name}-cache`),
    binDirs: [],
    log: silentLogger,
  });
  ends.push(async () => runner.close());
  const specOf = (containerId: string, netnsPath: string) => {
    return { containerId, netnsPath, ifName: 'eth0' };
  };
  return {
    name,
    add: (id, netns) => runner.add(specOf(id, netns)),
    // As our agent does it: the namespace goes next.
    del: (id, netns) => runner.del({ ...specOf(id, netns), dropsNetns: true }),
  };
}

function executed(name: string, network: Network, bin: string): Side {
  const conf = { cniVersion: '1.0.0', name: network.name, ...pluginOf(network) };
  const input = JSON.stringify(conf);
  const call = async (command: string, id: string, netns: string) => {
    const env = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: id,
      CNI_NETNS: netns,
      CNI_IFNAME: 'eth0',
      CNI_PATH: bin,
      WHERRY_CNI_SOCKET: socket,
      PATH: process.env.PATH ?? '',
    };
    const { code, stdout } = await run(join(bin, 'bridge'), [], { input, env });
    if (code !== 0) throw new Error(`${name} ${command}: ${stdout}`);
  };
  return {
    name,
    add: (id, netns) => call('ADD', id, netns),
    del: (id, netns) => call('DEL', id, netns),
  };
}

async function withNetns<T>(id: string, work: (path: string) => Promise<T>): Promise<T> {
  const path = join(dir, `${id}.netns`);
  await kernel.createNetns(path);
  try {
    return await work(path);
  } finally {
    kernel.umount(path, detach);
    rmSync(path);
  }
}

async function compare(title: string, sides: readonly Side[], goals: readonly string[]) {
  const times = sides.map(() => ({ add: [] as number[], del: [] as number[] }));
  for (let round = -3; round < rounds; round++) {
    for (const [index, side] of sides.entries()) {
      const id = `r${round + 3}-${index}`;
      await withNetns(id, async (netns) => {
        const add = await timeMs(() => side.add(id, netns));
        const del = await timeMs(() => side.del(id, netns));
        if (round < 0) return; // The first ones make the bridge, and warm up.
        times[index]!.add.push(add);
        times[index]!.del.push(del);
      });
      await systemClock.sleep(15); // The kernel ends the namespace: that is nobody's time.
    }
  }
  for (const verb of ['add', 'del'] as const) {
    printHead(`${title}: ${verb.toUpperCase()}`);
    const peer = summarise(times.at(-1)![verb]).p50;
    for (const [index, side] of sides.entries()) {
      const summary = summarise(times[index]![verb]);
      const ratio = index === sides.length - 1 ? '' : `1/${(peer / summary.p50).toFixed(1)}`;
      const goal = verb === 'add' ? goals[index] : index === 0 ? 'goal: 1.5 ms' : undefined;
      printRow(side.name, summary, `${ratio}${goal ? `  (${goal})` : ''}`);
    }
  }
}

async function compareMany(sides: readonly Side[]) {
  printHead(`${atOnce} ADDs at once, each of them`);
  for (const side of sides) {
    const ids = Array.from({ length: atOnce }, (_, index) => `many-${index}`);
    const paths = ids.map((id) => join(dir, `${id}.netns`));
    for (const path of paths) await kernel.createNetns(path);
    const began = performance.now();
    const all = ids.map((id, index) => timeMs(() => side.add(id, paths[index]!)));
    const times = await Promise.all(all);
    const tookMs = performance.now() - began;
    const note = `${tookMs.toFixed(0)} ms in all: ${(tookMs / atOnce).toFixed(2)} ms a pod`;
    printRow(side.name, summarise(times), note);
    for (const [index, id] of ids.entries()) await side.del(id, paths[index]!);
    for (const path of paths) {
      kernel.umount(path, detach);
      rmSync(path);
    }
    await systemClock.sleep(500);
  }
}

const ends: (() => Promise<void>)[] = [];
const socket = join(dir, 'cni.sock');
const served = await serveCni(socket, { log: silentLogger });
const bin = join(dir, 'bin');
installPlugins(bin);
const reference = '/usr/lib/cni';
try {
  const sides = [
    inProcess('in process', { name: 'own', subnet: '10.80.0.0/16' }),
    executed('through the executable', { name: 'shim', subnet: '10.81.0.0/16' }, bin),
    executed("Debian's, executed", { name: 'ref', subnet: '10.82.0.0/16' }, reference),
  ];
  const goals = ['goal: 2 ms and 1/7', 'goal: 1/4'];
  await compare('bridge + host-local', sides, goals);
  const masquerading = [
    inProcess('in process', { name: 'ownmasq', subnet: '10.84.0.0/16', ipMasq: true }),
    executed(
      "Debian's, executed",
      { name: 'refmasq', subnet: '10.85.0.0/16', ipMasq: true },
      reference,
    ),
  ];
  await compare('the same with ipMasq', masquerading, ['goal: as without']);
  await compareMany(sides);
} finally {
  for (const end of ends) await end();
  await served.stop();
  execFileSync('umount', ['-l', dir]);
  rmSync(dir, { recursive: true });
}
