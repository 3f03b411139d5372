/**
 * A host for a test: a network namespace of its own with an uplink (a veth whose other end is in a
 * second namespace, "the world"), so that the machine's own network is never touched. Service
 * addresses must leave by an uplink: routed over lo, a reject never comes back.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execFilePromise = promisify(execFile);

export interface Host {
  readonly address: string;
  /** For state and scratch files; removed with the host. */
  readonly dir: string;
  readonly netns: string;
  /** Runs a program inside the host's network namespace; rejects unless it exits with 0. */
  run(file: string, args: readonly string[], options?: RunOptions): Promise<string>;
  spawn(
    file: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): ChildProcess;
  remove(): void;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

let count = 0;

export function createHost(): Host {
  const dir = mkdtempSync(join(tmpdir(), 'wherry-host-'));
  const netns = join(dir, 'netns');
  const world = join(dir, 'world');
  const address = '192.0.2.10';
  const link = `u${process.pid}x${count++}`.slice(0, 15);
  for (const path of [netns, world]) {
    writeFileSync(path, '');
    execFileSync('unshare', [`--net=${path}`, 'true']);
  }
  const inside = (path: string, ...words: string[]) =>
    execFileSync('nsenter', [`--net=${path}`, 'ip', ...words]);
  inside(world, 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns);
  inside(world, 'address', 'add', '192.0.2.1/24', 'dev', link);
  inside(world, 'link', 'set', link, 'up');
  for (const device of ['lo', 'eth0']) inside(netns, 'link', 'set', device, 'up');
  inside(netns, 'address', 'add', `${address}/24`, 'dev', 'eth0');
  inside(netns, 'route', 'add', 'default', 'via', '192.0.2.1');
  const words = (file: string, args: readonly string[]) => [`--net=${netns}`, file, ...args];
  return {
    address,
    dir,
    netns,
    async run(file, args, { input, env, timeoutMs = 60_000 } = {}) {
      const running = execFilePromise('nsenter', words(file, args), {
        env: { ...process.env, ...env },
        timeout: timeoutMs,
        maxBuffer: 64 * 2 ** 20,
      });
      running.child.stdin?.on('error', () => {}); // It may end before it has read all.
      running.child.stdin?.end(input);
      const { stdout } = await running;
      return stdout;
    },
    spawn: (file, args, env) =>
      spawn('nsenter', words(file, args), {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    remove() {
      // Also what a failed test has left mounted: the deepest first.
      const points = readFileSync('/proc/self/mounts', 'utf8').match(/^\S+ (\S+)/gm) ?? [];
      const own = points
        .map((each) => each.split(' ')[1]!)
        .filter((path) => path.startsWith(`${dir}/`));
      for (const path of own.reverse()) execFileSync('umount', [path]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
