import { ageColumn, column, firstThree, nameColumn, none } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { Endpoints } from '../types/core-v1.generated.ts';
import { validateEndpoints } from '../validation/endpoints.ts';
import { allVerbs } from './verbs.ts';

export const endpoints: Resource<Endpoints> = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  columns: [
    nameColumn,
    column('Endpoints', 'Addresses and ports behind the service.', endpointsCell),
    ageColumn,
  ],
  applyDefaults: (draft) => {
    for (const port of (draft.subsets ?? []).flatMap(({ ports = [] }) => ports)) {
      port.protocol ||= 'TCP';
    }
  },
  validate: validateEndpoints,
};

function endpointsCell({ subsets = [] }: Endpoints): string {
  const list = subsets.flatMap(({ addresses = [], ports = [] }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => ip);
    return ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port)));
  });
  return firstThree(list, none);
}

const hostPort = (ip: string, port: number) =>
  ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
