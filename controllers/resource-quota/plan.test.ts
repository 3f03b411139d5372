import test from 'ava';
import type { Resource } from '../../api/resource.ts';
import { pods } from '../../api/resources.ts';
import type { Pod, ResourceQuota } from '../../api/types/core-v1.generated.ts';
import { changesUsage, isNew, planQuotaStatus } from './plan.ts';

const nowMs = Date.parse('2026-01-01T12:00:00Z');

const pod = (phase = 'Running', deletedAgo?: number): Pod => ({
  metadata: {
    name: 'a',
    ...(deletedAgo !== undefined && {
      deletionTimestamp: new Date(nowMs - deletedAgo * 1000).toISOString(),
      deletionGracePeriodSeconds: 30,
    }),
  },
  spec: { containers: [{ name: 'a', resources: { requests: { cpu: '250m' } } }] },
  status: { phase },
});

const quota = (used?: Record<string, string>): ResourceQuota => ({
  metadata: { name: 'quota', namespace: 'default' },
  spec: { hard: { pods: '5', cpu: '1' } },
  ...(used && { status: { hard: { pods: '5', cpu: '1' }, used } }),
});

const usedBy = (...these: Pod[]) => {
  const objectsOf = (resource: Resource) => (resource.plural === 'pods' ? these : []);
  return planQuotaStatus(quota(), objectsOf, nowMs)?.used;
};

test('planQuotaStatus adds up what is there, and leaves out what is over or overdue', (t) => {
  t.deepEqual(usedBy(), { pods: '0', cpu: '0' });
  t.deepEqual(usedBy(pod(), pod(), pod('Succeeded')), { pods: '2', cpu: '500m' });
  t.deepEqual(usedBy(pod('Running', 10)), { pods: '1', cpu: '250m' });
  t.deepEqual(usedBy(pod('Running', 31)), { pods: '0', cpu: '0' });
});

test('planQuotaStatus writes nothing that is said already', (t) => {
  const objectsOf = (resource: Resource) => (resource.plural === 'pods' ? [pod()] : []);
  t.is(planQuotaStatus(quota({ pods: '1', cpu: '250m' }), objectsOf, nowMs), undefined);
  t.true(isNew(quota()));
  t.false(isNew(quota({})));
});

test('changesUsage: only what makes a difference to the quota', (t) => {
  const resource = pods as unknown as Resource;
  const changes = (object: Pod | undefined, old: Pod | undefined) =>
    changesUsage(quota(), resource, { ...(object && { object }), ...(old && { old }), nowMs });
  t.true(changes(pod(), undefined));
  t.true(changes(pod('Failed'), pod()));
  t.true(changes(undefined, pod()));
  t.false(changes(pod('Running'), pod('Pending')));
  t.false(changes(undefined, pod('Succeeded')));
});
