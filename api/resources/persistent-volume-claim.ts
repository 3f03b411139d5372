import { ageColumn, column, nameColumn, wideColumn } from '../columns.ts';
import { defaultClaim } from '../defaults/volume.ts';
import type { Resource } from '../resource.ts';
import type { PersistentVolumeClaim } from '../types/core-v1.generated.ts';
import { validateClaim } from '../validation/volume-claim.ts';
import { fractionWarnings } from './pod-warnings.ts';
import { allVerbs, statusOf } from './verbs.ts';
import { classOf, classWarnings, formatAccessModes, unset } from './volume-columns.ts';

export const persistentVolumeClaims: Resource<PersistentVolumeClaim> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [statusOf('PersistentVolumeClaim')],
  hasStatus: true,
  hasGeneration: false,
  columns: [
    nameColumn,
    column('Status', 'Pending, Bound or Lost.', ({ metadata, status }) => {
      return metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? '');
    }),
    column('Volume', 'The volume that it has.', ({ spec }) => spec?.volumeName ?? ''),
    column('Capacity', 'How large that is.', ({ spec, status }) => {
      return spec?.volumeName ? (status?.capacity?.storage ?? '0') : '';
    }),
    column('Access Modes', 'How that can be mounted.', ({ spec, status }) => {
      return spec?.volumeName ? formatAccessModes(status?.accessModes) : '';
    }),
    column('StorageClass', 'Who makes volumes for it.', (claim) => classOf(claim)),
    column('VolumeAttributesClass', 'What the volume can do.', ({ spec }) => {
      return spec?.volumeAttributesClassName ?? unset;
    }),
    ageColumn,
    wideColumn('VolumeMode', 'Filesystem or Block.', ({ spec }) => spec?.volumeMode ?? unset),
  ],
  applyDefaults: defaultClaim,
  validate: validateClaim,
  warnings: ({ metadata, spec }) => [
    ...classWarnings(metadata),
    ...fractionWarnings(spec?.resources?.requests, 'spec.resources.requests'),
    ...fractionWarnings(spec?.resources?.limits, 'spec.resources.limits'),
  ],
  prepareCreate: (draft) => {
    draft.status = { phase: 'Pending' };
    copySource(draft);
  },
  prepareUpdate: (draft) => copySource(draft),
};

/** Two fields name the source: who knows only one of them still finds it. */
function copySource({ spec }: PersistentVolumeClaim): void {
  if (!spec) return;
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { namespace: _, ...rest } = dataSourceRef;
    spec.dataSource = rest;
  }
}
