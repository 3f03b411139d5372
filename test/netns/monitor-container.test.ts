/** Containers under a monitor, seen from outside and from inside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { connectMonitor, startMonitor } from '../../native/monitor-client.ts';
import { deps, mountsUnder, Pod } from './monitor-pod.ts';

test('a container runs, its output becomes CRI log lines, its exit is pushed and kept', async (t) => {
  const pod = await Pod.create(t);
  const before = Date.now();
  const { state, spec } = await pod.run('echo one; echo two >&2; printf three; exit 7');
  t.like(state, { id: spec.id, status: 'exited', exitCode: 7 });
  t.is(state.signal, undefined);
  t.true(state.startedAtMs >= before && state.finishedAtMs! >= state.startedAtMs);
  const lines = pod.logLines(spec).sort((a, b) => (a.slice(31) < b.slice(31) ? -1 : 1));
  for (const line of lines) t.regex(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /);
  t.deepEqual(
    lines.map((line) => line.slice(31)),
    ['stderr F two', 'stdout F one', 'stdout F three'],
  );
  t.is(statSync(spec.logPath!).mode & 0o777, 0o640);
  t.deepEqual((await pod.monitor.state()).containers, [state]);
  await pod.monitor.remove(spec.id);
  t.deepEqual((await pod.monitor.state()).containers, []);
});

test('a line longer than 16 KiB is logged in pieces, and none of it is lost', async (t) => {
  const pod = await Pod.create(t);
  const { stdout, spec } = await pod.run('head -c 100000 /dev/zero; echo; echo next');
  t.is(stdout, `${'\0'.repeat(100_000)}\nnext\n`);
  const tags = pod.logLines(spec).map((line) => line.slice(38, 39));
  t.is(tags.join(''), 'PPPPPPFF');
});

test('signals reach the container, and end it as 128 + signal', async (t) => {
  const pod = await Pod.create(t);
  const term = pod.container([
    'sh',
    '-c',
    'trap "exit 3" TERM; echo ready; while :; do sleep 0.05; done',
  ]);
  await pod.monitor.start(term);
  while (pod.output(term) !== 'ready\n') await new Promise((resolve) => setTimeout(resolve, 10));
  await pod.monitor.signal(term.id, 15);
  t.like(await pod.exited(term.id), { exitCode: 3, signal: undefined });

  const kill = pod.container(['sleep', '1000']);
  await pod.monitor.start(kill);
  await t.throwsAsync(pod.monitor.remove(kill.id), { code: 'EBUSY' });
  await pod.monitor.signal(kill.id, 9);
  t.like(await pod.exited(kill.id), { exitCode: 137, signal: 9 });
  await t.throwsAsync(pod.monitor.signal(kill.id, 9), { code: 'ESRCH' });
  await t.throwsAsync(pod.monitor.signal('nobody', 9), { code: 'ENOENT' });
});

test('env, cwd, user and groups are the spec’s and nothing else', async (t) => {
  const pod = await Pod.create(t);
  const { stdout } = await pod.run('env; pwd; id -u; id -g; id -G', {
    cwd: '/made/for/it',
    uid: 1000,
    gid: 1001,
    additionalGids: [2000, 3000],
    env: ['PATH=/bin', 'ONLY=this'],
  });
  const lines = stdout.trim().split('\n');
  const isShells = (line: string) => /^(PWD|SHLVL|_)=/.test(line);
  t.deepEqual(
    lines.filter((line) => !isShells(line)).sort(),
    ['/made/for/it', '1000', '1001', '1001 2000 3000', 'ONLY=this', 'PATH=/bin'].sort(),
  );
});

test('a user without capabilities, with no_new_privs, has fresh signals and bounds', async (t) => {
  const pod = await Pod.create(t);
  const spec = pod.container(['cat', '/proc/self/status'], { uid: 1000, noNewPrivileges: true });
  await pod.monitor.start(spec);
  await pod.exited(spec.id);
  const status = new Map(
    pod.logLines(spec).map((line) => line.slice(40).split(':\t') as [string, string]),
  );
  const none = '0000000000000000';
  for (const name of [
    'SigPnd',
    'SigBlk',
    'SigIgn',
    'SigCgt',
    'CapInh',
    'CapPrm',
    'CapEff',
    'CapAmb',
  ]) {
    t.is(status.get(name), none, name);
  }
  t.is(status.get('CapBnd'), '00000000080000e1');
  t.is(status.get('NoNewPrivs'), '1');
});

test('root in a container has the spec’s capabilities and no other', async (t) => {
  const pod = await Pod.create(t);
  const { stdout } = await pod.run(
    'grep Cap /proc/self/status; mount -t tmpfs none /tmp || echo no',
  );
  t.is((stdout.match(/00000000080000e1/g) ?? []).length, 3);
  t.true(stdout.endsWith('no\n'));
});

test('only descriptors 0 to 2 are open, and the process is alone in its pid namespace', async (t) => {
  const pod = await Pod.create(t);
  const spec = pod.container(['sleep', '1000']);
  const { pid } = await pod.monitor.start(spec);
  t.deepEqual(
    mapDir(`/proc/${pid}/fd`).map(([name, target]) => `${name} ${target.replace(/\d+/, 'N')}`),
    ['0 /dev/null', '1 pipe:[N]', '2 pipe:[N]'],
  );
  t.regex(readFileSync(`/proc/${pid}/status`, 'utf8'), /NSpid:\t\d+\t1\n/);
  const { output, session } = await pod.exec(spec.id, ['ls', '/proc']);
  await session.exited;
  t.deepEqual(output.stdout.split('\n').filter((name) => /^\d+$/.test(name)).length, 2);
});

test('masked paths are empty, read-only paths refuse, and the host’s mounts are not to be seen', async (t) => {
  const pod = await Pod.create(t);
  const { stdout } = await pod.run(
    [
      'cat /proc/keys /proc/timer_list | wc -c',
      'ls /sys/firmware | wc -l',
      'for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /sys/kernel/profiling; do',
      '  (echo x > $f) 2>/dev/null && echo "wrote $f"; done',
      'mount -o remount,rw /proc/sys 2>/dev/null && echo remounted',
      'cat /proc/self/mountinfo',
    ].join('\n'),
  );
  const [keys, firmware, ...mounts] = stdout.trim().split('\n');
  t.is(keys, '0');
  t.is(firmware, '0');
  t.true(mounts.length > 8 && mounts.every((line) => line.includes(' - ')), stdout);
  t.false(stdout.includes(pod.dir), 'no directory of the host’s is named');
  const types = new Set(mounts.map((line) => line.split(' - ')[1]!.split(' ')[0]));
  t.deepEqual([...types].sort(), [
    'cgroup',
    'cgroup2',
    'devpts',
    'mqueue',
    'overlay',
    'proc',
    'sysfs',
    'tmpfs',
  ]);
});

test('pod-wide: hostname, network and /dev/shm are shared, pids are not unless asked for', async (t) => {
  const pod = await Pod.create(t);
  const first = await pod.run('hostname; echo note > /dev/shm/note; ls /sys/class/net');
  t.is(first.stdout, 'web-0\nlo\n');
  const second = await pod.run('cat /dev/shm/note; echo /proc/[0-9]*');
  t.is(second.stdout, 'note\n/proc/1\n');
  const sharing = pod.container(['sleep', '1000'], { sharedPid: true });
  await pod.monitor.start(sharing);
  const looking = await pod.run('cat /proc/1/comm; ps', { sharedPid: true });
  t.true(looking.stdout.startsWith('pause\n'), looking.stdout);
  t.true(looking.stdout.includes('sleep 1000'), looking.stdout);
});

test('what a container leaves behind in a shared pid namespace ends with it', async (t) => {
  const pod = await Pod.create(t);
  const before = pod.processes().length;
  const { state } = await pod.run('sleep 1000 & sleep 1000 & echo done', { sharedPid: true });
  t.is(state.exitCode, 0);
  t.is(pod.processes().length, before);
});

test('bind mounts, read-only all the way down, files, sub-paths and tmpfs', async (t) => {
  const pod = await Pod.create(t);
  const volume = join(pod.dir, 'volume');
  mkdirSync(join(volume, 'inner'), { recursive: true });
  writeFileSync(join(volume, 'file'), 'content\n');
  const { stdout, state } = await pod.run(
    [
      'cat /data/file /etc/hosts; echo x > /data/new; (echo x > /ro/new) 2>&1',
      'echo sub > /sub/here; mount | grep " /scratch "; ls /deep/er',
    ].join('\n'),
    {
      mounts: [
        { type: 'bind', source: volume, target: '/data' },
        { type: 'bind', source: volume, target: '/ro', readOnly: true },
        { type: 'bind', source: join(volume, 'file'), target: '/etc/hosts' },
        { type: 'bind', source: volume, target: '/sub', subPath: 'inner/made' },
        { type: 'bind', source: volume, target: '/deep/er/still' },
        { type: 'tmpfs', source: 'tmpfs', target: '/scratch', options: 'size=64k,mode=1777' },
      ],
    },
  );
  t.is(state.exitCode, 0);
  t.regex(stdout, /^content\ncontent\n.*Read-only file system\n/);
  t.regex(stdout, /tmpfs on \/scratch type tmpfs \(rw,nosuid,nodev,.*size=64k\)\nstill\n$/);
  t.true(existsSync(join(volume, 'new')));
  t.is(readFileSync(join(volume, 'inner', 'made', 'here'), 'utf8'), 'sub\n');
});

test('a read-only root refuses writes; its volumes and /dev/shm do not', async (t) => {
  const pod = await Pod.create(t);
  const mounts = [{ type: 'tmpfs', source: 'tmpfs', target: '/var/scratch' } as const];
  const script =
    'echo x > /file; echo x > /etc/file; echo x > /dev/shm/x; echo x > /var/scratch/x; ls /var/scratch /dev/shm';
  const { stdout, spec } = await pod.run(script, { readOnlyRoot: true, mounts });
  t.is(stdout, '/dev/shm:\nx\n\n/var/scratch:\nx\n');
  t.is(pod.output(spec, 'stderr').match(/Read-only file system/g)?.length, 2);
});

const failures = [
  ['a missing executable', ['nope'], {}, 'ENOENT', 'execve', 'exec'],
  ['a missing path', ['/bin/nope'], {}, 'ENOENT', 'execve', 'exec'],
  ['a file that is not executable', ['/etc/passwd'], {}, 'EACCES', 'execve', 'exec'],
  ['a directory', ['/bin'], {}, 'EACCES', 'execve', 'exec'],
  [
    'a working directory that is a file',
    ['true'],
    { cwd: '/etc/passwd' },
    'ENOTDIR',
    'chdir',
    'setup',
  ],
  ['a missing layer', ['true'], { lowerDirs: ['/nowhere'] }, 'ENOENT', 'open', 'setup'],
  [
    'a missing volume',
    ['true'],
    { mounts: [{ type: 'bind', source: '/nowhere', target: '/x' }] },
    'ENOENT',
    'open_tree',
    'setup',
  ],
  ['an unknown capability', ['true'], { capabilities: ['CAP_FLY'] }, 'EINVAL', 'spec', 'setup'],
  ['no arguments', [], {}, 'EINVAL', 'spec', 'setup'],
  [
    'a mount over /proc',
    ['true'],
    { mounts: [{ type: 'tmpfs', source: 'x', target: '/proc/self' }] },
    'EPERM',
    'mount',
    'setup',
  ],
] as const;

test('what cannot be started says which step failed, and leaves nothing behind', async (t) => {
  const pod = await Pod.create(t);
  const processes = pod.processes();
  for (const [what, args, overrides, code, syscall, stage] of failures) {
    const error = await t.throwsAsync(
      pod.monitor.start(pod.container(args, overrides)),
      undefined,
      what,
    );
    t.like(error, { code, syscall, stage }, `${what}: ${error?.message}`);
  }
  t.deepEqual((await pod.monitor.state()).containers, []);
  t.deepEqual(pod.processes(), processes);
  t.deepEqual(
    mountsUnder(pod.dir).filter((path) => !path.endsWith('/netns')),
    [],
  );
});

test('a log that cannot be opened is a failure to start, a symlink above all', async (t) => {
  const pod = await Pod.create(t);
  const error = await t.throwsAsync(
    pod.monitor.start(pod.container(['true'], { logPath: '/proc/self/exe' })),
  );
  t.like(error, { code: 'ELOOP', syscall: 'open log' });
});

test('reopenLog goes on in a new file', async (t) => {
  const pod = await Pod.create(t);
  const spec = pod.container(['cat'], { stdin: true });
  await pod.monitor.start(spec);
  const session = await pod.monitor.attach(spec.id);
  const seen = () => new Promise<void>((resolve) => session.onOutput(() => resolve()));
  const first = seen();
  await session.write(new TextEncoder().encode('first\n'));
  await first;
  renameSync(spec.logPath!, `${spec.logPath}.1`);
  await pod.monitor.reopenLog(spec.id);
  const second = seen();
  await session.write(new TextEncoder().encode('second\n'));
  await second;
  t.is(pod.output(spec), 'second\n');
  t.is(pod.output({ ...spec, logPath: `${spec.logPath}.1` }), 'first\n');
});

test('a lost agent disturbs nothing; the next one adopts, and learns of exits it missed', async (t) => {
  const pod = await Pod.create(t);
  const short = pod.container(['sh', '-c', 'sleep 0.2; exit 5']);
  const long = pod.container(['sleep', '1000']);
  await pod.monitor.start(short);
  await pod.monitor.start(long);
  const first = pod.monitor;
  first.disconnect();
  const other = await connectMonitor(pod.socketPath);
  pod.adopt(other);
  for (const state of (await other.state()).containers) {
    if (state.status === 'exited') pod.exits.set(state.id, state);
  }
  t.is((await pod.exited(short.id)).exitCode, 5);
  const third = await connectMonitor(pod.socketPath);
  t.is(third.pid, first.pid);
  t.deepEqual(
    (await third.state()).containers.map(({ id, status, exitCode }) => [id, status, exitCode]),
    [
      [short.id, 'exited', 5],
      [long.id, 'running', undefined],
    ],
  );
  third.disconnect();
});

test('kill -9 of the agent in the middle of everything: its execs end, the pod runs on', async (t) => {
  const pod = await Pod.create(t);
  const spec = pod.container(['sleep', '1000']);
  await pod.monitor.start(spec);
  const processes = pod.processes();
  const agent = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `
    import { connectMonitor } from '${new URL('../../native/monitor-client.ts', import.meta.url)}';
    const monitor = await connectMonitor('${pod.socketPath}');
    const exec = { args: ['yes'], terminal: false, stdin: true };
    const session = await monitor.exec('${spec.id}', exec);
    session.onOutput(() => process.kill(process.pid, 'SIGKILL'));
  `,
  ]);
  const [, signal] = await once(agent, 'exit');
  t.is(signal, 'SIGKILL');
  while (pod.processes().length > processes.length)
    await new Promise((resolve) => setTimeout(resolve, 5));
  t.deepEqual(pod.processes(), processes);
  t.is((await pod.monitor.state()).containers[0]?.status, 'running');
});

test('when pause dies the containers are left alone, and the state says so', async (t) => {
  const pod = await Pod.create(t);
  const spec = pod.container(['sleep', '1000']);
  await pod.monitor.start(spec);
  const { pausePid } = await pod.monitor.state();
  process.kill(pausePid, 'SIGTERM');
  while ((await pod.monitor.state()).pausePid !== 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  t.is((await pod.monitor.state()).containers[0]?.status, 'running');
});

test('shutdown leaves no process, no mount, no socket; a killed monitor no process either', async (t) => {
  const pod = await Pod.create(t);
  await pod.monitor.start(pod.container(['sleep', '1000']));
  await pod.monitor.start(pod.container(['sleep', '1000'], { sharedPid: true }));
  t.is(pod.processes().length > 2, true);
  await pod.monitor.shutdown();
  t.deepEqual(pod.processes(), []);
  t.deepEqual(
    mountsUnder(pod.dir).filter((path) => !path.endsWith('/netns')),
    [],
  );
  t.false(existsSync(pod.socketPath));
  await t.throwsAsync(connectMonitor(pod.socketPath), { code: 'ENOENT' });

  const again = await startMonitor(pod.spec, deps);
  const lost = new Promise<void>((resolve) => again.onLost(resolve));
  await again.start(pod.container(['sleep', '1000'], { uid: 1000 }));
  process.kill(again.pid, 'SIGKILL');
  await lost;
  while (pod.processes().length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  pod.adopt(await startMonitor(pod.spec, deps));
  t.deepEqual((await pod.monitor.state()).containers, []);
});

test('a second monitor for the same pod is refused, and so is a sandbox that cannot be', async (t) => {
  const pod = await Pod.create(t);
  t.like(await t.throwsAsync(startMonitor(pod.spec, deps)), { code: 'EAGAIN', syscall: 'flock' });
  const runDir = join(pod.dir, 'other');
  mkdirSync(runDir);
  const spec = { ...pod.spec, runDir };
  await t.throwsAsync(startMonitor({ ...spec, netnsPath: '/nowhere' }, deps), { code: 'ENOENT' });
  const sysctls = { 'kernel.core_pattern': 'x' };
  const refusal = await t.throwsAsync(startMonitor({ ...spec, sysctls }, deps));
  t.like(refusal, { code: 'EPERM', syscall: 'sysctl' });
});

test('an OOM kill is told apart from another SIGKILL', async (t) => {
  const pod = await Pod.create(t);
  const spec = pod.container(['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=64M', 'count=1']);
  const memory = spec.cgroupDirs.find((dir) => existsSync(join(dir, 'memory.limit_in_bytes')));
  const limit = memory
    ? join(memory, 'memory.limit_in_bytes')
    : join(spec.cgroupDirs[0]!, 'memory.max');
  writeFileSync(limit, String(16 * 2 ** 20));
  await pod.monitor.start(spec);
  t.like(await pod.exited(spec.id), { exitCode: 137, signal: 9, oomKilled: true });
});

for (const kind of ['v1', 'v2']) {
  test(`devices other than the harmless ones cannot be opened (cgroup ${kind})`, async (t) => {
    const pod = await Pod.create(t);
    const spec = pod.container([
      'sh',
      '-c',
      'mknod /disk b 7 0 && echo made; cat /disk; mknod /kmsg c 1 11; cat /kmsg; head -c 4 /dev/urandom | wc -c; echo x > /dev/null && echo ok',
    ]);
    const isUnified = (dir: string) => existsSync(join(dir, 'cgroup.controllers'));
    const cgroupDirs = spec.cgroupDirs.filter((dir) => isUnified(dir) === (kind === 'v2'));
    if (cgroupDirs.length === 0) {
      t.log(`this machine has no cgroup ${kind}`);
      t.pass();
      return;
    }
    await pod.monitor.start({ ...spec, cgroupDirs });
    await pod.exited(spec.id);
    t.is(pod.output(spec), 'made\n4\nok\n');
    t.is(pod.output(spec, 'stderr').match(/Operation not permitted/g)?.length, 2);
  });
}

test('a privileged container has every capability of ours, the host’s devices, a writable /sys', async (t) => {
  const pod = await Pod.create(t);
  const { stdout, state } = await pod.run(
    'ls -l /dev/loop0 /dev/kmsg | wc -l; cat /dev/kmsg & sleep 0.05; kill $!; mount -t tmpfs none /tmp && grep CapEff /proc/self/status; ls /proc/keys; mount | grep "sysfs"',
    { privileged: true, capabilities: [] },
  );
  t.is(state.exitCode, 0);
  const own = /CapEff:\t(\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  t.true(stdout.includes(`CapEff:\t${own}`), stdout);
  t.regex(stdout, /\/sys type sysfs \(rw/);
});

test('a container sees its own cgroups, read-only', async (t) => {
  const pod = await Pod.create(t);
  const { stdout, spec } = await pod.run(
    'cd /sys/fs/cgroup; cat */cgroup.procs cgroup.procs 2>/dev/null | grep -c "^1$"; for d in . */; do mkdir $d/x; done; true',
  );
  t.is(stdout, `${spec.cgroupDirs.length}\n`);
  t.is(
    pod.output(spec, 'stderr').match(/Read-only file system/g)?.length,
    spec.cgroupDirs.length > 1 ? spec.cgroupDirs.length + 1 : 1,
  );
});

test('sysctls are the pod’s own', async (t) => {
  const name = 'net/ipv4/ip_unprivileged_port_start';
  const host = readFileSync(`/proc/sys/${name}`, 'utf8');
  const sysctls = { 'net.ipv4.ip_unprivileged_port_start': '1', 'kernel.shm_rmid_forced': '1' };
  const pod = await Pod.create(t, { sysctls });
  const { stdout } = await pod.run(`cat /proc/sys/${name} /proc/sys/kernel/shm_rmid_forced`);
  t.is(stdout, '1\n1\n');
  t.is(readFileSync(`/proc/sys/${name}`, 'utf8'), host);
});

test('host pid and ipc namespaces on request', async (t) => {
  const pod = await Pod.create(t, { hostPid: true, hostIpc: true });
  const spec = pod.container(['sh', '-c', 'sleep 1000 & exec sleep 1000']);
  const { pid } = await pod.monitor.start(spec);
  const { stdout } = await pod.run(`readlink /proc/${pid}/comm; cat /proc/${pid}/comm; echo $$`);
  t.regex(stdout, /^s(h|leep)\n\d+\n$/);
  await pod.monitor.signal(spec.id, 9);
  await pod.exited(spec.id);
  t.is(pod.processes().length, 1, 'only pause is left');
});

function mapDir(dir: string): [string, string][] {
  return readdirSync(dir)
    .sort((a, b) => Number(a) - Number(b))
    .map((name) => [name, readlinkSync(join(dir, name))]);
}
