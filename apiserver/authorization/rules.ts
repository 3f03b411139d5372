/** A short hand for policy rules in tables: words in one string. Pure. */
import type { PolicyRule } from './rbac.ts';

/** The core group, which has no name. */
export const core = '""';
export const all = '*';
export const read = 'get list watch';

/** `allow('get list', 'apps', 'deployments')`; `names` narrows it to objects of these names. */
export function allow(
  verbs: string,
  groups: string,
  resources: string,
  names?: string,
): PolicyRule {
  return {
    verbs: verbs.split(' '),
    apiGroups: groups.split(' ').map((name) => (name === core ? '' : name)),
    resources: resources.split(' '),
    ...(names !== undefined && { resourceNames: names.split(' ') }),
  };
}
