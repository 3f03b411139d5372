/**
 * A pod for a test: a monitor with directories, a network namespace and cgroups of its own, and a
 * root file system made of busybox. All of it is gone after the test, however it ends.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type {
  ContainerSpec,
  ContainerState,
  ExecSpec,
  Monitor,
  SandboxSpec,
} from '../../native/index.ts';
import { kernel, paths } from '../../native/index.ts';
import { startMonitor } from '../../native/monitor-client.ts';

export const deps = { kernel, monitorPath: paths.monitor, pausePath: paths.pause };

const cgroupRoot = '/sys/fs/cgroup';
/** On cgroup v1 a test that needs limits names the hierarchy; the rest would only take time. */
const hierarchies = ['memory', 'pids', 'freezer', 'devices', 'unified'].filter((name) =>
  existsSync(join(cgroupRoot, name, 'cgroup.procs')),
);
const isUnified = hierarchies.length === 0;

const applets = [
  'sh',
  'cat',
  'echo',
  'sleep',
  'true',
  'false',
  'id',
  'ls',
  'pwd',
  'kill',
  'stat',
  'env',
  'grep',
];
const moreApplets = [
  'mount',
  'mknod',
  'head',
  'hostname',
  'stty',
  'tty',
  'ps',
  'yes',
  'dd',
  'wc',
  'readlink',
];

let podCount = 0;

export class Pod {
  readonly dir: string;
  readonly name: string;
  readonly spec: SandboxSpec;
  readonly exits = new Map<string, ContainerState>();
  monitor!: Monitor;
  private readonly cgroups: string[] = [];
  private readonly waiting: (() => void)[] = [];
  private count = 0;

  private constructor(overrides: Partial<SandboxSpec>) {
    this.name = `wherry-test-${process.pid}-${podCount++}`;
    this.dir = mkdtempSync(join(tmpdir(), `${this.name}-`));
    mkdirSync(join(this.dir, 'run'), { mode: 0o700 });
    makeBusyboxRoot(join(this.dir, 'image'));
    this.spec = {
      id: this.name,
      runDir: join(this.dir, 'run'),
      hostname: 'web-0',
      netnsPath: join(this.dir, 'netns'),
      cgroupDirs: this.makeCgroup('pause'),
      ...overrides,
    };
  }

  static async create(t: ExecutionContext, overrides: Partial<SandboxSpec> = {}): Promise<Pod> {
    const pod = new Pod(overrides);
    t.teardown(() => pod.remove());
    await kernel.createNetns(join(pod.dir, 'netns'));
    pod.adopt(await startMonitor(pod.spec, deps));
    return pod;
  }

  get socketPath(): string {
    return join(this.spec.runDir, 'monitor.sock');
  }

  /** Takes over a connection, as a new agent would. */
  adopt(monitor: Monitor): void {
    this.monitor = monitor;
    monitor.onExit((state) => {
      this.exits.set(state.id, state);
      for (const wake of this.waiting.splice(0)) wake();
    });
  }

  container(args: readonly string[], overrides: Partial<ContainerSpec> = {}): ContainerSpec {
    const id = overrides.id ?? `c${this.count++}`;
    const dir = join(this.dir, id);
    for (const name of ['upper', 'work', 'root']) mkdirSync(join(dir, name), { recursive: true });
    return {
      id,
      args,
      env: ['PATH=/bin', 'GREETING=hello'],
      cwd: '/',
      lowerDirs: [join(this.dir, 'image')],
      upperDir: join(dir, 'upper'),
      workDir: join(dir, 'work'),
      rootDir: join(dir, 'root'),
      mounts: [],
      uid: 0,
      gid: 0,
      additionalGids: [],
      capabilities: ['CAP_CHOWN', 'CAP_KILL', 'CAP_SETUID', 'CAP_SETGID', 'CAP_MKNOD'],
      noNewPrivileges: false,
      privileged: false,
      readOnlyRoot: false,
      oomScoreAdj: 0,
      cgroupDirs: this.makeCgroup(id),
      logPath: join(dir, 'log'),
      terminal: false,
      stdin: false,
      ...overrides,
    };
  }

  /** A shell script run to its end: its exit and what it wrote to stdout. */
  async run(script: string, overrides: Partial<ContainerSpec> = {}) {
    const spec = this.container(['sh', '-c', script], overrides);
    await this.monitor.start(spec);
    const state = await this.exited(spec.id);
    return { state, stdout: this.output(spec), spec };
  }

  async exited(id: string): Promise<ContainerState> {
    for (;;) {
      const state = this.exits.get(id);
      if (state) return state;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  logLines(spec: ContainerSpec): string[] {
    return readFileSync(spec.logPath ?? '', 'utf8')
      .split('\n')
      .slice(0, -1);
  }

  output(spec: ContainerSpec, stream = 'stdout'): string {
    return this.logLines(spec)
      .map((line) => /^\S+ (\S+) ([FP]) (.*)$/s.exec(line))
      .filter((match) => match?.[1] === stream)
      .map((match) => (match![2] === 'F' ? `${match![3]}\n` : match![3]))
      .join('');
  }

  async exec(id: string, args: readonly string[], overrides: Partial<ExecSpec> = {}) {
    const session = await this.monitor.exec(id, {
      args,
      terminal: false,
      stdin: false,
      ...overrides,
    });
    const output = { stdout: '', stderr: '' };
    session.onOutput((stream, data) => {
      output[stream] += new TextDecoder().decode(data);
    });
    return { session, output };
  }

  /** Processes in the pod's cgroups. */
  processes(): number[] {
    const lists = this.cgroups.map((dir) => readFileSync(join(dir, 'cgroup.procs'), 'utf8'));
    return [...new Set(lists.flatMap((list) => list.split('\n').filter(Boolean).map(Number)))];
  }

  private makeCgroup(name: string): string[] {
    const roots = isUnified ? [''] : hierarchies;
    const dirs = roots.map((hierarchy) => join(cgroupRoot, hierarchy, this.name));
    return dirs.map((dir) => {
      const path = join(dir, name);
      mkdirSync(path, { recursive: true });
      this.cgroups.push(path);
      return path;
    });
  }

  private async remove(): Promise<void> {
    await this.monitor?.shutdown().catch(() => {});
    for (const dir of this.cgroups) rmdirSync(dir);
    for (const dir of new Set(this.cgroups.map((path) => join(path, '..')))) rmdirSync(dir);
    const netns = join(this.dir, 'netns');
    if (existsSync(netns)) kernel.umount(netns, 2);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Those of the machine's mounts that lie under a directory. */
export function mountsUnder(dir: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.map((line) => line.split(' ')[4] ?? '').filter((path) => path.startsWith(`${dir}/`));
}

export const openFiles = (pid: number): string[] => readdirSync(`/proc/${pid}/fd`);

/** Children of a process, dead ones too. */
export function childrenOf(pid: number): { pid: number; state: string; name: string }[] {
  return execFileSync('ps', ['-o', 'pid=,state=,comm=', '--ppid', String(pid)], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter(Boolean)
    .map((line) => line.trim().split(/\s+/))
    .map(([child, state, name]) => ({ pid: Number(child), state: state ?? '', name: name ?? '' }));
}

function makeBusyboxRoot(root: string): void {
  for (const dir of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev']) {
    mkdirSync(join(root, dir), { recursive: true });
  }
  copyFileSync('/bin/busybox', join(root, 'bin', 'busybox'));
  for (const applet of [...applets, ...moreApplets]) {
    symlinkSync('busybox', join(root, 'bin', applet));
  }
  writeFileSync(join(root, 'etc', 'passwd'), 'root:x:0:0:root:/:/bin/sh\n');
}
