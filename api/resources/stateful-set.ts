import { ageColumn, column, nameColumn, templateColumns } from '../columns.ts';
import { defaultPodTemplate } from '../defaults/pod.ts';
import { defaultClaim } from '../defaults/volume.ts';
import type { Resource } from '../resource.ts';
import type { StatefulSet, StatefulSetSpec } from '../types/apps-v1.generated.ts';
import { validateStatefulSet } from '../validation/stateful-set.ts';
import { templateWarnings } from './pod-warnings.ts';
import { allVerbs, scaleSubresource, statusOf } from './verbs.ts';

export const statefulSets: Resource<StatefulSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [scaleSubresource, statusOf('StatefulSet')],
  scale: { spec: 'spec.replicas', status: 'status.replicas', selector: 'spec.selector' },
  hasStatus: true,
  columns: [
    nameColumn,
    column('Ready', 'Ready pods of those wanted.', ({ spec, status }) => {
      return `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`;
    }),
    ageColumn,
    ...templateColumns<StatefulSet>(({ spec }) => spec?.template.spec?.containers),
  ],
  applyDefaults: ({ spec }) => {
    if (!spec) return;
    spec.podManagementPolicy ||= 'OrderedReady';
    defaultStrategy(spec);
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion = 'v1';
      claim.kind = 'PersistentVolumeClaim';
      defaultClaim(claim);
    }
  },
  validate: validateStatefulSet,
  warnings: ({ spec }, old) => [
    ...templateWarnings(spec?.template, old?.spec?.template),
    ...((spec?.revisionHistoryLimit ?? 0) < 0
      ? [
          'spec.revisionHistoryLimit: a negative value retains all historical revisions; ' +
            'a value >= 0 is recommended',
        ]
      : []),
  ],
  prepareCreate: (draft) => {
    draft.status = { replicas: 0, availableReplicas: 0 };
  },
};

function defaultStrategy(spec: StatefulSetSpec): void {
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  if (!strategy.type) {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate) {
    strategy.rollingUpdate.partition ??= 0;
    strategy.rollingUpdate.maxUnavailable ??= 1;
  }
}
