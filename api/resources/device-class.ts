import { ageColumn, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { DeviceClass } from '../types/resource-v1.generated.ts';
import { validateDeviceClass } from '../validation/device-class.ts';
import { allVerbs } from './verbs.ts';

export const deviceClasses: Resource<DeviceClass> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  singular: 'deviceclass',
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  hasGeneration: true,
  columns: [nameColumn, ageColumn],
  validate: validateDeviceClass,
};
