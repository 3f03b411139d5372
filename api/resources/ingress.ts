import { ageColumn, column, firstThree, nameColumn, none } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { Ingress } from '../types/networking-v1.generated.ts';
import { validateIngress } from '../validation/ingress.ts';
import { allVerbs, statusOf } from './verbs.ts';

export const ingresses: Resource<Ingress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  singular: 'ingress',
  shortNames: ['ing'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [statusOf('Ingress')],
  hasStatus: true,
  columns: [
    nameColumn,
    column('Class', 'The class that says who serves it.', ({ spec }) => {
      return spec?.ingressClassName ?? none;
    }),
    column('Hosts', 'Names that it answers to.', hostsCell),
    column('Address', 'Where it can be reached.', addressCell),
    column('Ports', 'Ports that it listens on.', ({ spec }) => (spec?.tls ? '80, 443' : '80')),
    ageColumn,
  ],
  validate: validateIngress,
  prepareCreate: (draft) => {
    draft.status = { loadBalancer: {} };
  },
  warnings: ({ metadata, spec }) => {
    const old = metadata?.annotations?.['kubernetes.io/ingress.class'];
    if (old === undefined || spec?.ingressClassName !== undefined) return [];
    return [
      'annotation "kubernetes.io/ingress.class" is deprecated, please use ' +
        "'spec.ingressClassName' instead",
    ];
  },
};

function hostsCell({ spec }: Ingress): string {
  const hosts = (spec?.rules ?? []).flatMap(({ host }) => (host ? [host] : []));
  return firstThree(hosts, '*');
}

function addressCell({ status }: Ingress): string {
  const list = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname);
  return [...new Set(list)].sort().join(',');
}
