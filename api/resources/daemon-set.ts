import {
  ageColumn,
  column,
  countColumn,
  nameColumn,
  none,
  selectorColumn,
  templateColumns,
} from '../columns.ts';
import { defaultPodTemplate } from '../defaults/pod.ts';
import { formatLabels } from '../labels.ts';
import type { Resource } from '../resource.ts';
import type { DaemonSet } from '../types/apps-v1.generated.ts';
import { validateDaemonSet } from '../validation/daemon-set.ts';
import { isSame } from '../validation/same.ts';
import { templateWarnings } from './pod-warnings.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const daemonSets: Resource<DaemonSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [statusOf('DaemonSet')],
  hasStatus: true,
  columns: [
    nameColumn,
    countColumn('Desired', 'Nodes that should run a pod.', ({ status }) => {
      return status?.desiredNumberScheduled ?? 0;
    }),
    countColumn('Current', 'Nodes that run one.', ({ status }) => {
      return status?.currentNumberScheduled ?? 0;
    }),
    countColumn('Ready', 'Nodes whose pod is ready.', ({ status }) => status?.numberReady ?? 0),
    countColumn('Up-to-date', 'Nodes with a pod of the current template.', ({ status }) => {
      return status?.updatedNumberScheduled ?? 0;
    }),
    countColumn('Available', 'Nodes whose pod is ready for long enough.', ({ status }) => {
      return status?.numberAvailable ?? 0;
    }),
    column('Node Selector', 'Labels that its nodes have.', ({ spec }) => {
      return formatLabels(spec?.template.spec?.nodeSelector) || none;
    }),
    ageColumn,
    ...templateColumns<DaemonSet>(({ spec }) => spec?.template.spec?.containers),
    selectorColumn(({ spec }) => spec?.selector),
  ],
  applyDefaults: ({ spec }) => {
    if (!spec) return;
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
  },
  validate: validateDaemonSet,
  warnings: (object, old) => templateWarnings(object.spec?.template, old?.spec?.template),
  prepareCreate: (draft) => {
    setTemplateGeneration(draft, 1);
    draft.status = {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    };
  },
  prepareUpdate: (draft, old) => {
    const before = Number(old.metadata?.annotations?.[templateGeneration] ?? 0);
    const isChanged = !isSame(draft.spec?.template, old.spec?.template);
    setTemplateGeneration(draft, before + (isChanged ? 1 : 0));
  },
};

/** A field of older versions, which this one keeps in an annotation. */
const templateGeneration = 'deprecated.daemonset.template.generation';

function setTemplateGeneration({ metadata }: DaemonSet, generation: number): void {
  if (!metadata || generation === 0) return;
  metadata.annotations = { ...metadata.annotations, [templateGeneration]: String(generation) };
}
