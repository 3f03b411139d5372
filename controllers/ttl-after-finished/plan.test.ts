import test from 'ava';
import type { Job } from '../../api/types/batch-v1.generated.ts';
import { expiresInMs } from './plan.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');

function job(ttl: number | undefined, endedAgo: number | undefined, type = 'Complete'): Job {
  const lastTransitionTime = new Date(nowMs - (endedAgo ?? 0) * 1000).toISOString();
  const conditions = [{ type, status: 'True', lastTransitionTime }];
  return {
    spec: {
      template: { spec: { containers: [] } },
      ...(ttl !== undefined && { ttlSecondsAfterFinished: ttl }),
    },
    ...(endedAgo !== undefined && { status: { conditions } }),
  };
}

test('apiserver A82: a Job goes so long after its end as it says', (t) => {
  t.is(expiresInMs(job(60, 20), nowMs), 40_000);
  t.is(expiresInMs(job(60, 61, 'Failed'), nowMs), 0);
  t.is(expiresInMs(job(0, 0), nowMs), 0);
  t.is(expiresInMs(job(60, undefined), nowMs), undefined, 'not at its end');
  t.is(expiresInMs(job(undefined, 20), nowMs), undefined, 'stays for good');
  t.is(expiresInMs(job(0, 10, 'Suspended'), nowMs), undefined);
  const ending = { ...job(0, 10), metadata: { deletionTimestamp: '2026-01-01T11:00:00Z' } };
  t.is(expiresInMs(ending, nowMs), undefined, 'goes already');
});
