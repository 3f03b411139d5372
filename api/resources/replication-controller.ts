import { ageColumn, countColumn, nameColumn, selectorColumn, templateColumns } from '../columns.ts';
import { defaultPodTemplate } from '../defaults/pod.ts';
import type { Resource } from '../resource.ts';
import type { ReplicationController } from '../types/core-v1.generated.ts';
import { validateReplicationController } from '../validation/workloads.ts';
import { nameWarnings, templateWarnings } from './pod-warnings.ts';
import { allVerbs, scaleSubresource, statusOf } from './verbs.ts';

export const replicationControllers: Resource<ReplicationController> = {
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [scaleSubresource, statusOf('ReplicationController')],
  scale: { spec: 'spec.replicas', status: 'status.replicas', selector: 'spec.selector' },
  hasStatus: true,
  columns: [
    nameColumn,
    countColumn('Desired', 'Pods wanted.', ({ spec }) => spec?.replicas ?? 0),
    countColumn('Current', 'Pods that exist.', ({ status }) => status?.replicas ?? 0),
    countColumn('Ready', 'Pods that are ready.', ({ status }) => status?.readyReplicas ?? 0),
    ageColumn,
    ...templateColumns<ReplicationController>(({ spec }) => spec?.template?.spec?.containers),
    selectorColumn(({ spec }) => spec?.selector && { matchLabels: spec.selector }),
  ],
  fields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  applyDefaults: (draft) => {
    const { spec } = draft;
    if (!spec) return;
    const labels = spec.template?.metadata?.labels;
    if (labels && Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (labels && draft.metadata && Object.keys(draft.metadata.labels ?? {}).length === 0) {
      draft.metadata.labels = { ...labels };
    }
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },
  validate: validateReplicationController,
  warnings: (object, old) => [
    ...(old ? [] : nameWarnings(object.metadata)),
    ...templateWarnings(object.spec?.template, old?.spec?.template),
  ],
  prepareCreate: (draft) => {
    draft.status = { replicas: 0 };
  },
};
