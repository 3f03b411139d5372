import test from 'ava';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { FamilyProxy } from './family.ts';
import { Metrics } from './metrics.ts';

function lab(onWrite: () => void = () => {}) {
  const stop = new AbortController();
  const errors: unknown[] = [];
  const written: string[][] = [];
  const nothing = async () => {};
  const node = { nodeName: 'here', zone: undefined, family: 'ipv4', nodePortCidrs: [] } as const;
  const family = new FamilyProxy({
    rules: {
      touch: () => {},
      touchAll: () => {},
      claim: nothing,
      write: async () => onWrite(),
      audit: nothing,
      look: nothing,
    },
    world: {
      serviceKeys: () => ['default/a', 'default/b'],
      service: () => undefined,
      slices: () => [],
      serviceRanges: () => [],
      node: () => node,
    },
    metrics: new Metrics().of('ipv4'),
    clock: systemClock,
    log: { ...silentLogger, error: (_, error) => void errors.push(error) },
    signal: stop.signal,
    minSyncMs: 0,
    auditMs: 3_600_000,
    followChanges: nothing,
    onWritten: async (services) => void written.push([...services]),
  });
  const end = async () => {
    stop.abort();
    await family.close();
  };
  return { family, errors, written, end };
}

test('the first write is told for all Services, later ones for those that changed', async (t) => {
  const { family, written, errors, end } = lab();
  family.begin();
  await family.synced;
  family.onService('default/b');
  await family.written();
  while (written.length < 2) await systemClock.sleep(1);
  t.deepEqual(written, [['default/a', 'default/b'], ['default/b']]);
  await end();
  t.deepEqual(errors, []);
});

test('what changes everything while rules are written is written after them', async (t) => {
  let writes = 0;
  const { family, errors, end } = lab(() => {
    writes++;
    if (writes === 1) family.onServiceRanges();
  });
  family.begin();
  await family.synced;
  await family.written();
  t.is(writes, 2);
  await end();
  t.deepEqual(errors, []);
});
