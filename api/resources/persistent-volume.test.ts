import test from 'ava';
import type { WriteContext } from '../resource.ts';
import type { PersistentVolume, PersistentVolumeStatus } from '../types/core-v1.generated.ts';
import { persistentVolumes } from './persistent-volume.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const context: WriteContext = { user: { name: 'a', groups: [] }, now, subresource: 'status' };
const old = { phase: 'Available', lastPhaseTransitionTime: '2025-01-01T00:00:00Z' };

test('a new volume is pending since it was made', (t) => {
  const draft: PersistentVolume = { status: { phase: 'Bound' } };
  persistentVolumes.prepareCreate!(draft, context);
  t.deepEqual(draft.status, {
    phase: 'Pending',
    lastPhaseTransitionTime: '2026-01-01T00:00:00Z',
  });
});

const writes: { name: string; status: PersistentVolumeStatus; since: string }[] = [
  { name: 'another phase', status: { ...old, phase: 'Bound' }, since: '2026-01-01T00:00:00Z' },
  {
    name: 'another phase and since when',
    status: { phase: 'Bound', lastPhaseTransitionTime: '2025-06-01T00:00:00Z' },
    since: '2025-06-01T00:00:00Z',
  },
  { name: 'the same phase', status: { phase: 'Available' }, since: old.lastPhaseTransitionTime },
];

for (const { name, status, since } of writes) {
  test(`since when a volume is in its phase: ${name}`, (t) => {
    const draft: PersistentVolume = { status };
    persistentVolumes.prepareUpdate!(draft, { status: old }, context);
    t.is(draft.status?.lastPhaseTransitionTime, since);
  });
}
