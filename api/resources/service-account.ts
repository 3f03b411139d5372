import { ageColumn, countColumn, nameColumn } from '../columns.ts';
import type { Resource } from '../resource.ts';
import type { ServiceAccount } from '../types/core-v1.generated.ts';
import { validateServiceAccount } from '../validation/simple.ts';
import { allVerbs } from './verbs.ts';

const enforceMark = 'kubernetes.io/enforce-mountable-secrets';

export const serviceAccounts: Resource<ServiceAccount> = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  namespaced: true,
  verbs: allVerbs,
  subresources: [
    {
      name: 'token',
      group: 'authentication.k8s.io',
      version: 'v1',
      kind: 'TokenRequest',
      verbs: ['create'],
    },
  ],
  hasStatus: false,
  columns: [
    nameColumn,
    countColumn('Secrets', 'Number of secrets that belong to it.', ({ secrets = [] }) => {
      return secrets.length;
    }),
    ageColumn,
  ],
  validate: validateServiceAccount,
  warnings: ({ metadata }) =>
    metadata?.annotations?.[enforceMark] === undefined
      ? []
      : [
          `metadata.annotations[${enforceMark}]: deprecated in v1.32+; prefer separate namespaces ` +
            'to isolate access to mounted secrets',
        ],
};
