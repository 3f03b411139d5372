/** Processes that join a running container, and clients that look on. */
import { readFileSync, readlinkSync } from 'node:fs';
import test from 'ava';
import { childrenOf, openFiles, Pod } from './monitor-pod.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function createRunning(t: Parameters<typeof Pod.create>[0], overrides = {}) {
  const pod = await Pod.create(t);
  const spec = pod.container(['sleep', '1000'], overrides);
  const { pid } = await pod.monitor.start(spec);
  return { pod, id: spec.id, pid };
}

test('an exec has the container’s identity, its output and its exit code', async (t) => {
  const overrides = { uid: 1000, noNewPrivileges: true, cwd: '/tmp', additionalGids: [7] };
  const { pod, id } = await createRunning(t, overrides);
  const script =
    'echo $GREETING; pwd; id -u; id -G; grep -E "CapBnd|NoNew" /proc/self/status; echo oops >&2; exit 9';
  const { session, output } = await pod.exec(id, ['sh', '-c', script]);
  t.deepEqual(await session.exited, { exitCode: 9 });
  t.is(output.stdout, 'hello\n/tmp\n1000\n0 7\nCapBnd:\t00000000080000e1\nNoNewPrivs:\t1\n');
  t.is(output.stderr, 'oops\n');
});

test('an exec may bring its own environment, and is in the container’s cgroup and namespaces', async (t) => {
  const { pod, id, pid } = await createRunning(t);
  const { session, output } = await pod.exec(id, ['sh', '-c', 'echo $GREETING; echo $MINE; cat'], {
    env: ['PATH=/bin', 'MINE=yes'],
    stdin: true,
  });
  await until(() => output.stdout.endsWith('yes\n'));
  // The shell may give its place to its last command.
  const exec = childrenOf(pod.monitor.pid).find(({ name }) => /^(sh|cat)$/.test(name));
  for (const name of ['cgroup', 'ns/mnt', 'ns/pid', 'ns/net', 'ns/ipc', 'ns/uts', 'ns/cgroup']) {
    const read = (of: number) =>
      name === 'cgroup'
        ? readFileSync(`/proc/${of}/${name}`, 'utf8')
        : readlinkSync(`/proc/${of}/${name}`);
    t.is(read(exec!.pid), read(pid), name);
  }
  session.closeStdin();
  await session.exited;
  t.is(output.stdout, '\nyes\n');
});

test('a megabyte of stdin goes through, its end is seen', async (t) => {
  const { pod, id } = await createRunning(t);
  const { session, output } = await pod.exec(id, ['wc', '-c'], { stdin: true });
  await session.write(new Uint8Array(3_000_000));
  session.closeStdin();
  t.deepEqual(await session.exited, { exitCode: 0 });
  t.is(output.stdout, '3000000\n');
});

test('the last words of an exec arrive although input for it was still on the way', async (t) => {
  const { pod, id } = await createRunning(t);
  const ends = new Set<string>();
  for (let round = 0; round < 100; round++) {
    const { session, output } = await pod.exec(id, ['echo', 'words'], { stdin: true });
    const typing = setInterval(() => void session.write(bytes('more ')).catch(() => {}));
    const { exitCode } = await session.exited.finally(() => clearInterval(typing));
    ends.add(`${exitCode} ${output.stdout}`);
  }
  t.deepEqual(ends, new Set(['0 words\n']));
});

test('a terminal has a size, echoes, and turns a typed interrupt into a signal', async (t) => {
  const { pod, id } = await createRunning(t);
  const script =
    'tty; until [ "$(stty size 2>&1)" = "40 120" ]; do sleep 0.01; done; stty size; cat';
  const { session, output } = await pod.exec(id, ['sh', '-c', script], {
    terminal: true,
    stdin: true,
  });
  session.resize(120, 40);
  await until(() => output.stdout.includes('40 120'));
  await session.write(bytes('typed\n'));
  await until(() => output.stdout.includes('typed\r\ntyped\r\n'));
  await session.write(bytes('\x03'));
  t.deepEqual(await session.exited, { exitCode: 130 });
  t.true(output.stdout.startsWith('/dev/pts/0\r\n40 120\r\n'), JSON.stringify(output.stdout));
});

test('a container with a terminal has a console, and is attached to by several', async (t) => {
  const pod = await Pod.create(t);
  const spec = pod.container(['sh', '-c', 'stty -echo; tty; cat'], { terminal: true, stdin: true });
  await pod.monitor.start(spec);
  await until(() => pod.output(spec).includes('/dev/pts/0'));
  const sessions = [await pod.monitor.attach(spec.id), await pod.monitor.attach(spec.id)];
  const seen = ['', ''];
  for (const [index, session] of sessions.entries()) {
    session.onOutput((_, data) => {
      seen[index] += new TextDecoder().decode(data);
    });
  }
  await sessions[0]!.write(bytes('to all\n'));
  await until(() => seen.every((text) => text.includes('to all\r\n')));
  const { session, output } = await pod.exec(spec.id, [
    'sh',
    '-c',
    'ls -l /dev/console; echo x > /dev/console',
  ]);
  await session.exited;
  t.regex(output.stdout, /^c.* 136, +0 /);
  sessions[1]!.close();
  await pod.monitor.signal(spec.id, 9);
  t.deepEqual(await sessions[0]!.exited, { exitCode: 137 });
  await t.throwsAsync(pod.monitor.attach(spec.id), { code: 'ESRCH' });
  t.true(pod.output(spec).includes('to all\r\n'));
});

test('an exec that cannot be says why, and which kind of failure it is', async (t) => {
  const { pod, id } = await createRunning(t);
  const refusal = async (args: string[], container = id) =>
    t.throwsAsync(pod.exec(container, args));
  t.like(await refusal(['nope']), { code: 'ENOENT', stage: 'exec' });
  t.like(await refusal(['/etc/passwd']), { code: 'EACCES', stage: 'exec' });
  t.like(await refusal(['true'], 'nobody'), { code: 'ENOENT', stage: 'setup' });
  await pod.monitor.signal(id, 9);
  await pod.exited(id);
  t.like(await refusal(['true']), { code: 'ESRCH', stage: 'setup' });
});

test('200 execs leave no zombie, no descriptor, no process', async (t) => {
  const { pod, id, pid } = await createRunning(t);
  const { session } = await pod.exec(id, ['true']);
  await session.exited;
  // Perhaps with the first exec's connection, which is closed after its last word.
  const filesMax = openFiles(pod.monitor.pid).length;
  for (let round = 0; round < 20; round++) {
    const batch = Array.from({ length: 10 }, () => pod.exec(id, ['echo', 'out']));
    for (const each of await Promise.all(batch)) {
      t.deepEqual(await each.session.exited, { exitCode: 0 });
      t.is(each.output.stdout, 'out\n');
    }
  }
  await until(() => openFiles(pod.monitor.pid).length <= filesMax);
  const { pausePid } = await pod.monitor.state();
  t.deepEqual(
    childrenOf(pod.monitor.pid)
      .map((child) => child.pid)
      .sort(),
    [pausePid, pid].sort(),
  );
});

test('a grandchild that keeps stdout open does not keep the exec', async (t) => {
  const { pod, id } = await createRunning(t);
  const { session, output } = await pod.exec(id, ['sh', '-c', 'sleep 1000 & echo done']);
  t.deepEqual(await session.exited, { exitCode: 0 });
  t.is(output.stdout, 'done\n');
});

test('hanging up kills the exec and what it started, and gives all back', async (t) => {
  const { pod, id } = await createRunning(t);
  const [files, processes] = [openFiles(pod.monitor.pid).length, pod.processes().length];
  const endless = ['yes', 'sleep 1000', 'sleep 1000 & sleep 1000', 'cat'];
  for (const script of endless) {
    const { session } = await pod.exec(id, ['sh', '-c', script], { stdin: true });
    session.close();
  }
  await until(
    () => openFiles(pod.monitor.pid).length <= files && pod.processes().length === processes,
  );
  t.pass();
});

test('a client that does not read makes the exec wait, and then gets everything', async (t) => {
  const { pod, id } = await createRunning(t);
  const session = await pod.monitor.exec(id, {
    args: ['sh', '-c', 'dd if=/dev/zero bs=65536 count=320 2>/dev/null; echo -n end'],
    terminal: false,
    stdin: false,
  });
  session.pause();
  let length = 0;
  session.onOutput((_, data) => {
    length += data.length;
  });
  await pause(100);
  t.true(childrenOf(pod.monitor.pid).some(({ name, state }) => name === 'sh' && state !== 'Z'));
  const memory = readFileSync(`/proc/${pod.monitor.pid}/status`, 'utf8');
  t.true(Number(/VmRSS:\s+(\d+)/.exec(memory)?.[1]) < 2048, 'the monitor holds little of it');
  session.resume();
  await session.exited;
  t.is(length, 320 * 65_536 + 3);
});

test('an attached client that stops reading makes the container wait, but not for ever', async (t) => {
  const pod = await Pod.create(t);
  const spec = pod.container(['sh', '-c', 'read go; head -c 4000000 /dev/zero; echo'], {
    stdin: true,
  });
  await pod.monitor.start(spec);
  const session = await pod.monitor.attach(spec.id);
  session.pause();
  await session.write(bytes('go\n'));
  await pause(100);
  t.is((await pod.monitor.state()).containers[0]?.status, 'running');
  session.close();
  t.is((await pod.exited(spec.id)).exitCode, 0);
  t.is(pod.output(spec).length, 4_000_001);
});

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await pause(5);
}
