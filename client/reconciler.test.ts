import test from 'ava';
import { StatusError } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import { Reconciler } from './reconciler.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));
const instant = { now: () => 0, sleep: async () => {} };

test('a key enqueued at any moment around the end of a run is not lost', async (t) => {
  for (let ticks = 0; ticks < 12; ticks++) {
    let runs = 0;
    const reconciler = make({ reconcile: async () => void runs++ });
    reconciler.enqueue('default/web');
    for (let tick = 0; tick < ticks; tick++) await null;
    reconciler.enqueue('default/web');
    await settle();
    t.is(runs, 2, `enqueued again after ${ticks} microtasks`);
  }
});

test('a key enqueued many times during its run gets one more run', async (t) => {
  let runs = 0;
  const reconciler = make({
    reconcile: async () => {
      if (runs++ === 0) for (let i = 0; i < 5; i++) reconciler.enqueue('a');
    },
  });
  reconciler.enqueue('a');
  await settle();
  t.is(runs, 2);
});

test('a failed key is tried again until it succeeds', async (t) => {
  let runs = 0;
  const reconciler = make({
    reconcile: async () => {
      if (++runs < 4) throw new StatusError('Conflict', 'behind');
    },
  });
  reconciler.enqueue('a');
  await settle();
  t.is(runs, 4);
});

test('waits grow with each failure, and a change during a long wait shortens it', async (t) => {
  const clock = manualClock();
  const reconciler = make({
    clock,
    reconcile: async () => {
      throw new Error('never');
    },
  });
  reconciler.enqueue('a');
  for (let i = 0; i < 13; i++) await clock.fire();
  t.deepEqual(clock.waits.slice(0, 4), [10, 20, 40, 80]);
  t.is(clock.waits.at(-1), 30_000);
  reconciler.enqueue('a');
  t.is(clock.waits.at(-1), 1000);
});

test('no more keys run at one time than the limit', async (t) => {
  let running = 0;
  let most = 0;
  const reconciler = make({
    concurrency: 3,
    reconcile: async () => {
      most = Math.max(most, ++running);
      await settle();
      running--;
    },
  });
  for (let i = 0; i < 10; i++) reconciler.enqueue(`key-${i}`);
  await reconciler.idle();
  t.is(most, 3);
});

test('enqueueAfter keeps the shortest of several waits', async (t) => {
  const clock = manualClock();
  let runs = 0;
  const reconciler = make({ clock, reconcile: async () => void runs++ });
  reconciler.enqueueAfter('a', 500);
  reconciler.enqueueAfter('a', 100);
  reconciler.enqueueAfter('a', 900);
  t.deepEqual(clock.waits, [500, 100]);
  await clock.fire();
  t.is(runs, 1);
});

test('nothing runs after the signal aborted', async (t) => {
  const stop = new AbortController();
  let runs = 0;
  const reconciler = make({ signal: stop.signal, reconcile: async () => void runs++ });
  stop.abort();
  reconciler.enqueue('a');
  await settle();
  t.is(runs, 0);
});

function make(options: Partial<ConstructorParameters<typeof Reconciler>[0]>) {
  const { signal } = new AbortController();
  return new Reconciler({
    signal,
    clock: instant,
    log: silentLogger,
    reconcile: async () => {},
    ...options,
  });
}

/** Sleeps end when told to; `waits` are the lengths asked for. */
function manualClock() {
  let nowMs = 0;
  let sleepers: { atMs: number; wake: () => void }[] = [];
  const waits: number[] = [];
  return {
    waits,
    now: () => nowMs,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        waits.push(ms);
        const sleeper = { atMs: nowMs + ms, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((each) => each !== sleeper);
          resolve();
        });
      }),
    async fire() {
      const all = sleepers;
      sleepers = [];
      nowMs = Math.max(nowMs, ...all.map(({ atMs }) => atMs));
      for (const { wake } of all) wake();
      await settle();
    },
  };
}
