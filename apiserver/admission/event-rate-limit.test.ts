import test from 'ava';
import { events } from '../../api/resources/event.ts';
import { UsageError } from '../../base/errors.ts';
import { createEventRateLimit } from './event-rate-limit.ts';
import { admissionRequest, verdict } from './testing.ts';

function setUp(...limits: object[]) {
  let now = 0;
  const clock = { now: () => now, sleep: async () => {} };
  const configs = new Map([['EventRateLimit', { limits }]]);
  const plugin = createEventRateLimit({ clock, configs });
  return {
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
    ask: (namespace: string, dryRun = false) => {
      const object = { metadata: { name: 'e', namespace } };
      return verdict([plugin], admissionRequest(events, { object, dryRun }));
    },
  };
}

test('events beyond the burst are refused until time has passed', async (t) => {
  const { ask, pass } = setUp({ type: 'Server', qps: 1, burst: 2 });
  t.is(await ask('a'), 'admitted');
  t.is(await ask('a'), 'admitted');
  t.is(await ask('a', true), 'admitted');
  t.is(await ask('b'), '429 limit reached on type Server for key ');
  pass(1);
  t.is(await ask('b'), 'admitted');
});

test('each namespace has its own limit', async (t) => {
  const { ask } = setUp({ type: 'Namespace', qps: 1, burst: 1 });
  t.is(await ask('a'), 'admitted');
  t.is(await ask('b'), 'admitted');
  t.is(await ask('a'), '429 limit reached on type Namespace for key a');
});

test('keys that were not seen for long are forgotten', async (t) => {
  const { ask } = setUp({ type: 'Namespace', qps: 1, burst: 1, cacheSize: 2 });
  for (const namespace of ['a', 'b', 'c']) await ask(namespace);
  t.is(await ask('a'), 'admitted');
});

test('a configuration without sense is refused', (t) => {
  const wrong = [[], [{ type: 'Nobody', qps: 1, burst: 1 }], [{ type: 'User', qps: 0, burst: 1 }]];
  for (const limits of wrong) t.throws(() => setUp(...limits), { instanceOf: UsageError });
});
