/** TCP connections that are born inside another network namespace. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { kernel } from '../../native/index.ts';

async function createNetns(t: ExecutionContext): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), `wherry-tcp-${process.pid}-`));
  const path = join(dir, 'netns');
  await kernel.createNetns(path);
  t.teardown(() => {
    kernel.umount(path, 2);
    rmSync(dir, { recursive: true });
  });
  return path;
}

const server = `
  const server = require('node:net').createServer((socket) => socket.end('from inside'));
  server.listen(0, process.argv[1], () => console.log(server.address().port));
`;

for (const address of ['127.0.0.1', '::1']) {
  test(`connectTcp reaches ${address} of the namespace, and only of it`, async (t) => {
    const netns = await createNetns(t);
    const words = [`--net=${netns}`, process.execPath, '-e', server, address];
    const child = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    t.teardown(() => child.kill('SIGKILL'));
    const [port] = await once(child.stdout, 'data');
    const fd = await kernel.connectTcp(address, Number(port), 5000, netns);
    t.is(await text(new Socket({ fd, readable: true, writable: true })), 'from inside');
  });
}

test('connectTcp tells why nobody answers', async (t) => {
  const netns = await createNetns(t);
  const error = await t.throwsAsync(kernel.connectTcp('127.0.0.1', 80, 5000, netns));
  t.like(error, { code: 'ECONNREFUSED', syscall: 'connect' });
  const unreachable = await t.throwsAsync(kernel.connectTcp('192.0.2.1', 80, 5000, netns));
  t.like(unreachable, { code: 'ENETUNREACH' });
});

test('connectTcp takes addresses and ports only', (t) => {
  for (const [address, port] of [
    ['localhost', 80],
    ['127.0.0.1', 0],
    ['127.0.0.1', 65_536],
  ] as const) {
    t.throws(() => void kernel.connectTcp(address, port, 1), { instanceOf: TypeError });
  }
});
