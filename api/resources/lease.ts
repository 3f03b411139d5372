import { ageColumn, column, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { Lease } from '../types/coordination-v1.generated.ts';
import { validateLease } from '../validation/simple.ts';
import { allVerbs } from './verbs.ts';

export const leases: Resource<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  columns: [
    nameColumn,
    column('Holder', 'Who holds it.', ({ spec }) => spec?.holderIdentity ?? ''),
    ageColumn,
  ],
  validate: validateLease,
};
