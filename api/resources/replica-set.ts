import { ageColumn, countColumn, nameColumn, selectorColumn, templateColumns } from '../columns.ts';
import { defaultPodTemplate } from '../defaults/pod.ts';
import type { Resource } from '../resource.ts';
import type { ReplicaSet } from '../types/apps-v1.generated.ts';
import { validateReplicaSet } from '../validation/workloads.ts';
import { nameWarnings, templateWarnings } from './pod-warnings.ts';
import { allVerbs, scaleSubresource, statusOf } from './verbs.ts';

export const replicaSets: Resource<ReplicaSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [scaleSubresource, statusOf('ReplicaSet')],
  scale: { spec: 'spec.replicas', status: 'status.replicas', selector: 'spec.selector' },
  hasStatus: true,
  columns: [
    nameColumn,
    countColumn('Desired', 'Pods wanted.', ({ spec }) => spec?.replicas ?? 0),
    countColumn('Current', 'Pods that exist.', ({ status }) => status?.replicas ?? 0),
    countColumn('Ready', 'Pods that are ready.', ({ status }) => status?.readyReplicas ?? 0),
    ageColumn,
    ...templateColumns<ReplicaSet>(({ spec }) => spec?.template?.spec?.containers),
    selectorColumn(({ spec }) => spec?.selector),
  ],
  fields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  applyDefaults: ({ spec }) => {
    if (!spec) return;
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },
  validate: validateReplicaSet,
  warnings: (object, old) => [
    ...(old ? [] : nameWarnings(object.metadata)),
    ...templateWarnings(object.spec?.template, old?.spec?.template),
  ],
  prepareCreate: (draft) => {
    draft.status = { replicas: 0 };
  },
};
