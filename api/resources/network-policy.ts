import { ageColumn, column, nameColumn, none } from '../columns.ts';
import { formatLabelSelector } from '../labels.ts';
import type { Resource } from '../resource.ts';
import type { NetworkPolicy } from '../types/networking-v1.generated.ts';
import { validateNetworkPolicy } from '../validation/network-policy.ts';
import { allVerbs } from './verbs.ts';

export const networkPolicies: Resource<NetworkPolicy> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  namespaced: true,
  verbs: allVerbs,
  hasStatus: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('Pod-Selector', 'The pods that it holds for.', ({ spec }) => {
      return formatLabelSelector(spec?.podSelector) || none;
    }),
    ageColumn,
  ],
  applyDefaults: ({ spec }) => {
    if (!spec) return;
    const { ingress = [], egress = [] } = spec;
    for (const port of [...ingress, ...egress].flatMap(({ ports = [] }) => ports)) {
      port.protocol ??= 'TCP';
    }
    if (spec.policyTypes?.length) return;
    // A policy without rules closes what comes in.
    spec.policyTypes = egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  validate: validateNetworkPolicy,
};
