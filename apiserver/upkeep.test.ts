import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { createFastClock, startServer } from './testing.ts';

test('apiserver A82: an event goes an hour after it last happened, its object does not', async (t) => {
  const fast = createFastClock();
  let ahead = 0;
  const clock = { ...fast, now: () => Date.now() + ahead };
  const { ask } = await startServer(t, { clock });
  const path = '/api/v1/namespaces/default';
  const event = (name: string, more: object = {}) => ({
    metadata: { name },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'a' },
    ...more,
  });
  const inMinutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString();
  await ask(`POST ${path}/configmaps`, { metadata: { name: 'a' } });
  await ask(`POST ${path}/events`, event('once'));
  await ask(`POST ${path}/events`, event('again', { lastTimestamp: inMinutes(30) }));
  const names = async () => {
    const { body } = await ask(`GET ${path}/events`);
    return body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name).join();
  };
  const until = async (want: string) => {
    for (let turn = 0; turn < 100 && (await names()) !== want; turn++) await sleep(50);
    t.is(await names(), want);
  };
  ahead = 59 * 60_000;
  await sleep(200); // Three sweeps.
  t.is(await names(), 'again,once');
  ahead = 61 * 60_000;
  await until('again');
  ahead = 91 * 60_000;
  await until('');
  t.is((await ask(`GET ${path}/configmaps/a`)).code, 200);
});
