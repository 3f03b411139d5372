import { ageColumn, column, firstThree, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { EndpointSlice } from '../types/discovery-v1.generated.ts';
import { validateEndpointSlice } from '../validation/endpoints.ts';
import { isSame } from '../validation/same.ts';
import { allVerbs } from './verbs.ts';

export const endpointSlices: Resource<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('AddressType', 'IPv4, IPv6 or FQDN.', ({ addressType }) => addressType),
    column('Ports', 'Ports of the endpoints.', ({ ports }) => {
      const list = (ports ?? []).map(({ port, name }) => String(port ?? (name || '*')));
      return firstThree(list, '<unset>');
    }),
    column('Endpoints', 'Addresses of the endpoints.', ({ endpoints }) => {
      const list = (endpoints ?? []).flatMap(({ addresses }) => addresses);
      return firstThree(list, '<unset>');
    }),
    ageColumn,
  ],
  applyDefaults: (draft) => {
    draft.endpoints ??= [];
    for (const port of draft.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate: validateEndpointSlice,
  // Of the metadata, the labels count as well: consumers select by them.
  prepareUpdate: (draft, old) => {
    if (isSame(draft.metadata!.labels, old.metadata!.labels)) return;
    draft.metadata!.generation = (old.metadata!.generation ?? 0) + 1;
  },
};
