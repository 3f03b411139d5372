import { toTime } from '../../base/clock.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../columns.ts';
import { defaultPersistentVolume } from '../defaults/volume.ts';
import type { Resource } from '../resource.ts';
import type { PersistentVolume } from '../types/core-v1.generated.ts';
import { validatePersistentVolume } from '../validation/persistent-volume.ts';
import { fractionWarnings, volumeWarnings } from './pod-warnings.ts';
import { allVerbs, statusOf } from './verbs.ts';
import { classOf, classWarnings, formatAccessModes, unset } from './volume-columns.ts';

export const persistentVolumes: Resource<PersistentVolume> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  singular: 'persistentvolume',
  shortNames: ['pv'],
  namespaced: false,
  verbs: allVerbs,
  subresources: [statusOf('PersistentVolume')],
  hasStatus: true,
  hasGeneration: false,
  columns: [
    nameColumn,
    column('Capacity', 'How large it is.', ({ spec }) => spec?.capacity?.storage ?? '0'),
    column('Access Modes', 'How it can be mounted.', ({ spec }) => {
      return formatAccessModes(spec?.accessModes);
    }),
    column('Reclaim Policy', 'What becomes of it after its claim.', ({ spec }) => {
      return spec?.persistentVolumeReclaimPolicy ?? '';
    }),
    column('Status', 'Pending, Available, Bound, Released or Failed.', ({ metadata, status }) => {
      return metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? '');
    }),
    column('Claim', 'The claim that it belongs to.', ({ spec }) => {
      const { claimRef } = spec ?? {};
      return claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : '';
    }),
    column('StorageClass', 'Who made it.', (volume) => classOf(volume)),
    column('VolumeAttributesClass', 'What it can do.', ({ spec }) => {
      return spec?.volumeAttributesClassName ?? unset;
    }),
    column('Reason', 'One word for why.', ({ status }) => status?.reason ?? ''),
    ageColumn,
    wideColumn('VolumeMode', 'Filesystem or Block.', ({ spec }) => spec?.volumeMode ?? unset),
  ],
  applyDefaults: defaultPersistentVolume,
  validate: validatePersistentVolume,
  warnings: ({ metadata, spec = {} }) => [
    ...volumeWarnings(spec, 'spec'),
    ...fractionWarnings(spec.capacity, 'spec.capacity'),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. ' +
            'Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...classWarnings(metadata),
  ],
  prepareCreate: (draft, { now }) => {
    draft.status = { phase: 'Pending', lastPhaseTransitionTime: toTime(now) };
  },
  prepareUpdate: ({ status }, { status: old }, { now }) => {
    if (!status) return;
    const { phase, lastPhaseTransitionTime: since } = status;
    const oldSince = old?.lastPhaseTransitionTime;
    // Who writes a new phase may say since when.
    if (phase !== old?.phase && (!since || since === oldSince))
      status.lastPhaseTransitionTime = toTime(now);
    else if (!since && oldSince) status.lastPhaseTransitionTime = oldSince;
  },
};
