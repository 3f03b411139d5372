import test from 'ava';
import { leases } from '../api/resources.ts';
import { StatusError } from '../base/errors.ts';
import { silentLogger } from '../base/log.ts';
import { createVirtualClock } from '../test/simulation/clock.ts';
import { createFake } from './fake.ts';
import { runElected } from './lease.ts';

function make(t: import('ava').ExecutionContext) {
  const clock = createVirtualClock();
  const client = createFake({ clock });
  const leading = new Set<string>();
  const run = (identity: string) => {
    const stop = new AbortController();
    t.teardown(() => stop.abort());
    const ended = runElected(
      { client, clock, log: silentLogger, namespace: 'kube-system', name: 'x', identity },
      (signal) => {
        leading.add(identity);
        t.is(leading.size, 1, 'never two at once');
        return new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            leading.delete(identity);
            resolve();
          });
        });
      },
      stop.signal,
    );
    return { stop, ended };
  };
  return { clock, client, leading, run };
}

test('one leads, the other follows when it steps down', async (t) => {
  const { clock, client, leading, run } = make(t);
  const a = run('a');
  await clock.advance(100);
  run('b');
  await clock.advance(60_000);
  t.deepEqual([...leading], ['a']);
  a.stop.abort();
  await a.ended;
  await clock.advance(5000);
  t.deepEqual([...leading], ['b']);
  const { spec } = await client.get(leases, 'x', 'kube-system');
  t.is(spec?.holderIdentity, 'b');
});

test('a leader that cannot renew stops before another can start', async (t) => {
  const { clock, client, leading, run } = make(t);
  const a = run('a');
  await clock.advance(5000);
  client.refuse = () => {
    throw new StatusError('ServiceUnavailable', 'away');
  };
  const lost = t.throwsAsync(a.ended, { message: /Lost leadership/ });
  await clock.advance(14_000);
  await lost;
  t.deepEqual([...leading], []);
  client.refuse = undefined;
  run('b');
  await clock.advance(20_000);
  t.deepEqual([...leading], ['b']);
});
