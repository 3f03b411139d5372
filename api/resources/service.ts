import { ageColumn, column, nameColumn, none, wideColumn } from '../columns.ts';
import { defaultService } from '../defaults/service.ts';
import { formatLabels } from '../labels.ts';
import type { Resource } from '../resource.ts';
import type { Service } from '../types/core-v1.generated.ts';
import { validateService } from '../validation/service.ts';
import { serviceWarnings } from './service-warnings.ts';
import { allVerbs, proxyOf, statusOf } from './verbs.ts';

export const services: Resource<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [proxyOf('Service'), statusOf('Service')],
  hasStatus: true,
  hasGeneration: false,
  columns: [
    nameColumn,
    column('Type', 'How the service is reached.', ({ spec }) => spec?.type ?? ''),
    column('Cluster-IP', 'Virtual address inside the cluster.', ({ spec }) => {
      return spec?.clusterIP || none;
    }),
    column('External-IP', 'Addresses outside the cluster.', externalCell),
    column('Port(s)', 'Ports, with node port and protocol.', portsCell),
    ageColumn,
    wideColumn('Selector', 'Labels of the pods behind it.', ({ spec }) => {
      return formatLabels(spec?.selector) || none;
    }),
  ],
  fields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  applyDefaults: defaultService,
  validate: validateService,
  warnings: serviceWarnings,
  prepareCreate: (draft) => {
    draft.status = { loadBalancer: {} };
  },
};

function externalCell({ spec, status }: Service): string {
  if (spec?.type === 'ExternalName') return spec.externalName ?? '';
  const external = spec?.externalIPs ?? [];
  if (spec?.type !== 'LoadBalancer') return external.join(',') || none;
  const balancers = (status?.loadBalancer?.ingress ?? []).map((each) => each.ip || each.hostname);
  return [...new Set(balancers), ...external].join(',') || '<pending>';
}

function portsCell({ spec }: Service): string {
  const ports = (spec?.ports ?? []).map(({ port, nodePort, protocol = 'TCP' }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return ports.join(',') || none;
}
