import { ageColumn, countColumn, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { ConfigMap } from '../types/core-v1.generated.ts';
import { validateConfigMap } from '../validation/config.ts';
import { allVerbs } from './verbs.ts';

export const configMaps: Resource<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  columns: [
    nameColumn,
    countColumn('Data', 'Number of keys.', ({ data = {}, binaryData = {} }) => {
      return Object.keys(data).length + Object.keys(binaryData).length;
    }),
    ageColumn,
  ],
  validate: validateConfigMap,
};
