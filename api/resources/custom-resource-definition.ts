import { createdColumn, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { CustomResourceDefinition } from '../types/apiextensions-v1.generated.ts';
import { validateCrd } from '../validation/crd.ts';
import { inertWarning } from './inert.ts';
import { keepMetadata } from './status-only.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const customResourceDefinitions: Resource<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  subresources: [statusOf('CustomResourceDefinition')],
  hasStatus: true,
  columns: [nameColumn, createdColumn],
  applyDefaults: ({ spec }) => {
    if (!spec) return;
    spec.conversion ??= { strategy: 'None' };
    const { service } = spec.conversion.webhook?.clientConfig ?? {};
    if (service) service.port ??= 443;
    if (!spec.names?.kind) return;
    spec.names.singular ||= spec.names.kind.toLowerCase();
    spec.names.listKind ||= `${spec.names.kind}List`;
  },
  validate: validateCrd,
  prepareCreate: (draft) => {
    draft.status = { storedVersions: storedVersions(draft, []) };
  },
  prepareUpdate: (draft, old, context) => {
    keepMetadata(draft, old, context);
    if (context.subresource !== '') return;
    const before = draft.status?.storedVersions ?? [];
    draft.status = { ...draft.status, storedVersions: storedVersions(draft, before) };
  },
  warnings: inertWarning('the resource that it defines is not served'),
};

/** The version that objects are written in joins those that may still be in the store. */
function storedVersions({ spec }: CustomResourceDefinition, before: readonly string[]): string[] {
  const name = spec?.versions?.find(({ storage }) => storage)?.name;
  return name === undefined || before.includes(name) ? [...before] : [...before, name];
}
