import { column, nameColumn, none } from '../columns.ts';
import { defaultPodTemplate } from '../defaults/pod.ts';
import { formatLabels } from '../labels.ts';
import type { Resource } from '../resource.ts';
import type { PodTemplate } from '../types/core-v1.generated.ts';
import { namespacedSubdomain, validateMetadata } from '../validation/metadata.ts';
import { checkTemplate } from '../validation/template.ts';
import { templateWarnings } from './pod-warnings.ts';
import { allVerbs } from './verbs.ts';

export const podTemplates: Resource<PodTemplate> = {
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  singular: 'podtemplate',
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('Containers', 'Names of the containers in the template.', ({ template }) => {
      return (template?.spec?.containers ?? []).map(({ name }) => name).join(',');
    }),
    column('Images', 'Images of the containers in the template.', ({ template }) => {
      return (template?.spec?.containers ?? []).map(({ image }) => image ?? '').join(',');
    }),
    column('Pod Labels', 'Labels that its pods get.', ({ template }) => {
      return formatLabels(template?.metadata?.labels) || none;
    }),
  ],
  applyDefaults: ({ template }) => defaultPodTemplate(template),
  validate: (object, old) => [
    ...validateMetadata(object, old, namespacedSubdomain),
    ...checkTemplate(object.template ?? {}, 'template'),
  ],
  warnings: ({ template }, old) => templateWarnings(template, old?.template, 'template'),
};
