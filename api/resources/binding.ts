import type { Resource } from '../resource.ts';
import type { Binding } from '../types/core-v1.generated.ts';

/** The old way to give a pod its node; pods/binding does the same. Kept nowhere. */
export const bindings: Resource<Binding> = {
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  singular: 'binding',
  namespaced: true,
  verbs: ['create'],
  hasStatus: false,
  columns: [],
};
