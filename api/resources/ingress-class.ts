import { ageColumn, column, nameColumn, none } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { IngressClass } from '../types/networking-v1.generated.ts';
import { validateIngressClass } from '../validation/ingress-class.ts';
import { allVerbs } from './verbs.ts';

export const ingressClasses: Resource<IngressClass> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('Controller', 'Who serves its Ingresses.', ({ spec }) => spec?.controller ?? ''),
    column('Parameters', 'More settings for the controller.', parametersCell),
    ageColumn,
  ],
  applyDefaults: ({ spec }) => {
    if (spec?.parameters) spec.parameters.scope ??= 'Cluster';
  },
  validate: validateIngressClass,
};

function parametersCell({ spec }: IngressClass): string {
  if (!spec?.parameters) return none;
  const { apiGroup, kind, name } = spec.parameters;
  return apiGroup === undefined ? `${kind}/${name}` : `${kind}.${apiGroup}/${name}`;
}
