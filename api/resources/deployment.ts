import {
  ageColumn,
  column,
  countColumn,
  nameColumn,
  selectorColumn,
  templateColumns,
} from '../columns.ts';
import { defaultPodTemplate } from '../defaults/pod.ts';
import type { Resource } from '../resource.ts';
import type { Deployment } from '../types/apps-v1.generated.ts';
import { validateDeployment } from '../validation/workloads.ts';
import { nameWarnings, templateWarnings } from './pod-warnings.ts';
import { allVerbs, scaleSubresource, statusOf } from './verbs.ts';

export const deployments: Resource<Deployment> = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [scaleSubresource, statusOf('Deployment')],
  scale: { spec: 'spec.replicas', status: 'status.replicas', selector: 'spec.selector' },
  hasStatus: true,
  columns: [
    nameColumn,
    column('Ready', 'Ready pods of those wanted.', ({ spec, status }) => {
      return `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`;
    }),
    countColumn('Up-to-date', 'Pods of the current template.', ({ status }) => {
      return status?.updatedReplicas ?? 0;
    }),
    countColumn('Available', 'Pods ready for long enough.', ({ status }) => {
      return status?.availableReplicas ?? 0;
    }),
    ageColumn,
    ...templateColumns<Deployment>(({ spec }) => spec?.template.spec?.containers),
    selectorColumn(({ spec }) => spec?.selector),
  ],
  applyDefaults: ({ spec }) => {
    if (!spec) return;
    spec.replicas ??= 1;
    spec.strategy ??= {};
    spec.strategy.type ||= 'RollingUpdate';
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
      spec.strategy.rollingUpdate.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    defaultPodTemplate(spec.template);
  },
  validate: validateDeployment,
  warnings: (object, old) => [
    ...(old ? [] : nameWarnings(object.metadata)),
    ...templateWarnings(object.spec?.template, old?.spec?.template),
  ],
  prepareCreate: (draft) => {
    draft.status = {};
  },
};
