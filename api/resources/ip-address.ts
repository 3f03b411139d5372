import { ageColumn, column, nameColumn, none } from '../columns.ts';
import { groupResourceOf, type Resource } from '../resource.ts';
import type { IPAddress } from '../types/networking-v1.generated.ts';
import { validateIpAddress } from '../validation/addresses.ts';
import { allVerbs } from './verbs.ts';

/** One for each address of a Service: its name is the address, so nobody gets it twice. */
export const ipAddresses: Resource<IPAddress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: ['ip'],
  namespaced: false,
  verbs: allVerbs,
  hasStatus: false,
  columns: [nameColumn, column('ParentRef', 'Who has the address.', parentCell), ageColumn],
  validate: validateIpAddress,
};

function parentCell({ spec }: IPAddress): string {
  if (!spec?.parentRef) return none;
  const { group = '', resource, namespace, name } = spec.parentRef;
  const type = groupResourceOf({ group, plural: resource.toLowerCase() });
  return namespace ? `${type}/${namespace}/${name}` : `${type}/${name}`;
}
