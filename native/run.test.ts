import { createReadStream, existsSync, readdirSync } from 'node:fs';
import test from 'ava';
import { hasCode } from '../base/errors.ts';
import { kernel, paths } from './index.ts';
import { run } from './run.ts';

test('run gives a program its input and returns its output and code', async (t) => {
  const result = await run('sh', ['-c', 'cat; echo bad >&2; exit 3'], { input: 'hello\n' });
  t.deepEqual(result, { code: 3, stdout: 'hello\n', stderr: 'bad\n' });
});

test('run passes only the environment that it is given', async (t) => {
  const { stdout } = await run('/usr/bin/env', [], { env: { A: 'b', PATH: '/bin' } });
  t.is(stdout.split('\n').sort().join(' ').trim(), 'A=b PATH=/bin');
});

test('run says 128 + signal for a program that a signal ended', async (t) => {
  t.is((await run('sh', ['-c', 'kill -TERM $$'])).code, 143);
});

test('run kills what does not end in time, even where a child of it holds the pipes', async (t) => {
  const late = run('sh', ['-c', 'sleep 5 & sleep 5'], { timeoutMs: 50 });
  t.true(hasCode(await t.throwsAsync(late), 'ETIMEDOUT'));
});

test('run takes much input of which nothing is read', async (t) => {
  const { code } = await run('true', [], { input: new Uint8Array(1 << 20) });
  t.is(code, 0);
});

test.serial(
  'run rejects with ENOENT for a program that is not there, and leaks no descriptor',
  async (t) => {
    const count = () => readdirSync('/proc/self/fd').length;
    await run('true', []);
    const before = count();
    for (let round = 0; round < 5; round++) {
      const error = await t.throwsAsync(run('wherry-no-such-program', []));
      t.true(hasCode(error, 'ENOENT'));
    }
    t.is(count(), before);
  },
);

test('spawn places descriptors in any order and closes all others', async (t) => {
  const { readFd, writeFd } = kernel.pipe();
  const fds = [writeFd, writeFd, writeFd, readFd, writeFd];
  const script = 'echo $(ls /proc/self/fd) >&4; ls -l /proc/self/fd/3 | grep -c pipe >&4';
  const { pidfd } = kernel.spawn({ file: '/bin/sh', args: ['-c', script], env: [], fds });
  t.deepEqual(await kernel.waitPidfd(pidfd), { code: 0 });
  await kernel.pidfdEnded(pidfd); // Also for one that is reaped.
  kernel.close(writeFd);
  let text = '';
  for await (const chunk of createReadStream('', { fd: readFd })) text += chunk;
  t.is(text, '0 1 2 3 4 5\n1\n'); // 5 is ls' own.
  kernel.close(pidfd);
});

test('the executables are where paths says', (t) => {
  for (const path of Object.values(paths)) t.true(existsSync(path), path);
});

test('every exported function checks its arguments', (t) => {
  const bad: readonly (readonly [keyof typeof kernel, ...unknown[]])[] = [
    ['spawn', {}],
    ['spawn', { file: 'a\0b', args: [], env: [], fds: [0, 1, 2] }],
    ['spawn', { file: '/bin/true', args: [1], env: [], fds: [0, 1, 2] }],
    ['spawn', { file: '/bin/true', args: [], env: [], fds: [0, 1] }],
    ['waitPidfd', 'x'],
    ['pidfdOpen', 0],
    ['pidfdOpen', 1.5],
    ['pidfdEnded', -1],
    ['pidfdSendSignal', 0, 99],
    ['createNetns', 7],
    ['openNetlink', Number.NaN],
    ['openNetlink', 0, 5],
    ['netlinkTransact', 0, 'bytes', 5],
    ['netlinkTransact', 0, new Uint8Array(3), 5],
    ['mount', { source: 'a', target: 'b', type: 'c', flags: -1 }],
    ['umount', '/x', '/y'],
    ['close', {}],
  ];
  for (const [name, ...args] of bad) {
    const call = kernel[name] as (...args: unknown[]) => unknown;
    t.throws(() => call(...args), { instanceOf: TypeError }, name);
  }
});

test('failures look like those of Node', async (t) => {
  const error = t.throws(() => kernel.umount('/no/such/place', 0)) as NodeJS.ErrnoException;
  t.like(error, { code: 'ENOENT', syscall: 'umount2', errno: -2, path: '/no/such/place' });
  t.is(error.message, "umount2: No such file or directory '/no/such/place'");
  t.true(hasCode(await t.throwsAsync(kernel.waitPidfd(0)), 'EBADF', 'EINVAL'));
});
