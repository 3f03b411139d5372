import { ageColumn, column, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { VolumeAttributesClass } from '../types/storage-v1.generated.ts';
import { validateVolumeAttributesClass } from '../validation/storage-class.ts';
import { allVerbs } from './verbs.ts';

export const volumeAttributesClasses: Resource<VolumeAttributesClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  singular: 'volumeattributesclass',
  shortNames: ['vac'],
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  columns: [
    nameColumn,
    column('DriverName', 'The driver that knows its parameters.', ({ driverName }) => driverName),
    ageColumn,
  ],
  validate: validateVolumeAttributesClass,
};
