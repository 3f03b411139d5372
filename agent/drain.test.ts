import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Clock } from '../base/clock.ts';
import { createDrain } from './drain.ts';

/** Time passes only in sleeps, and costs nothing; sleeps are told. */
function quickClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  let nowMs = 0;
  return {
    slept,
    now: () => nowMs,
    sleep: async (ms, signal) => {
      slept.push(ms);
      // What is longer than any pause is the bound: it comes only when nothing else does.
      if (ms >= 1000) return void (await (signal && once(signal, 'abort')));
      nowMs += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

async function withSocket(body: (path: string) => Promise<void>) {
  const dir = mkdtempSync(join(tmpdir(), `wherry-drain-${process.pid}-`));
  try {
    await body(join(dir, 'proxy.sock'));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function proxyAt(path: string, answer: (response: ServerResponse, url: string) => void) {
  const server = createServer((request, response) => answer(response, request.url ?? ''));
  server.listen(path);
  await once(server, 'listening');
  return server;
}

test('a pod ends a moment after the proxy has dropped it', (t) =>
  withSocket(async (path) => {
    const urls: string[] = [];
    const server = await proxyAt(path, (response, url) => {
      urls.push(url);
      response.end('{"wasEndpoint":true}');
    });
    const clock = quickClock();
    await createDrain(path, clock)('u1', 2000);
    t.deepEqual(urls, ['/drained?pod=u1']);
    t.deepEqual(clock.slept, [2000, 200]);
    server.close();
  }));

test('a pod that no Service sends to ends at once', (t) =>
  withSocket(async (path) => {
    const server = await proxyAt(path, (response) => response.end('{"wasEndpoint":false}'));
    const clock = quickClock();
    await createDrain(path, clock)('u1', 2000);
    t.deepEqual(clock.slept, [2000]);
    server.close();
  }));

test('where there is no proxy nobody is waited for', (t) =>
  withSocket(async (path) => {
    const clock = quickClock();
    await createDrain(path, clock)('u1', 2000);
    t.deepEqual(clock.slept, [2000]);
  }));

test('a proxy that answers nonsense is asked again', (t) =>
  withSocket(async (path) => {
    let times = 0;
    const server = await proxyAt(path, (response) =>
      response.end(times++ < 2 ? 'what?' : '{"wasEndpoint":false}'),
    );
    const clock = quickClock();
    await createDrain(path, clock)('u1', 2000);
    t.is(times, 3);
    server.close();
  }));

test('a proxy that never answers holds no pod longer than the bound', (t) =>
  withSocket(async (path) => {
    const server = await proxyAt(path, () => {});
    const clock: Clock = { now: () => 0, sleep: async () => {} };
    await createDrain(path, clock)('u1', 2000);
    t.pass();
    server.closeAllConnections();
    server.close();
  }));
