import { ageColumn, column, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { Namespace } from '../types/core-v1.generated.ts';
import { validateNamespace } from '../validation/namespace.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const namespaces: Resource<Namespace> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  verbs: allVerbs.filter((verb) => verb !== 'deletecollection'),
  subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }, statusOf('Namespace')],
  hasStatus: true,
  hasGeneration: false,
  columns: [
    nameColumn,
    column('Status', 'Active, or Terminating.', ({ status }) => status?.phase ?? ''),
    ageColumn,
  ],
  fields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  applyDefaults: (draft) => {
    const { metadata } = draft;
    if (!metadata?.name) return; // A generated name gets its label once it is there.
    metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
  },
  validate: validateNamespace,
  prepareCreate: (draft) => {
    draft.spec = { finalizers: [...new Set([...(draft.spec?.finalizers ?? []), 'kubernetes'])] };
    draft.status = { phase: 'Active' };
  },
  // Only namespaces/finalize changes what holds a namespace.
  prepareUpdate: (draft, old, { subresource }) => {
    if (subresource === '' && old.spec) draft.spec = structuredClone(old.spec);
  },
};
