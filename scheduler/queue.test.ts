import test from 'ava';
import { createVirtualClock } from '../test/simulation/clock.ts';
import { SchedulingQueue } from './queue.ts';

function make() {
  const clock = createVirtualClock();
  const { signal } = new AbortController();
  const queue = new SchedulingQueue({ clock, signal, wake: () => {} });
  const popAll = () => {
    const keys: string[] = [];
    for (let key = queue.pop(); key; key = queue.pop()) keys.push(key);
    return keys;
  };
  return { clock, queue, popAll };
}

test('priority first, then the order of arrival', async (t) => {
  const { clock, queue, popAll } = make();
  for (const [key, priority] of [
    ['a', 0],
    ['b', 10],
    ['c', 0],
    ['d', 10],
  ] as const) {
    queue.add(key, priority);
    await clock.advance(1);
  }
  queue.add('a', 0); // Twice is once.
  t.deepEqual(popAll(), ['b', 'd', 'a', 'c']);
});

test('a pod that found no place waits for a change, not for time', async (t) => {
  const { clock, queue, popAll } = make();
  queue.add('a', 0);
  queue.pop();
  queue.fail('a', 0);
  await clock.advance(60_000);
  t.deepEqual(popAll(), []);
  queue.retryFailed();
  await clock.advance(0);
  t.deepEqual(popAll(), ['a']);
});

test('many changes in a row do not make it try more often than its back-off', async (t) => {
  const { clock, queue, popAll } = make();
  queue.add('a', 0);
  let tries = 0;
  for (let ms = 0; ms < 60_000; ms += 100) {
    tries += popAll().length;
    queue.fail('a', 0);
    queue.retryFailed();
    await clock.advance(100);
  }
  t.true(tries <= 10, `${tries} tries in a minute`);
});

test('a pod that is removed does not come back', async (t) => {
  const { clock, queue, popAll } = make();
  queue.add('a', 0);
  queue.pop();
  queue.fail('a', 0);
  queue.retryFailed();
  queue.remove('a');
  await clock.advance(60_000);
  t.deepEqual(popAll(), []);
});
