/** A short hand for policy rules in tables: words in one string. Pure. */
import type { PolicyRule } from './rbac.ts';

/** The core group, which has no name. */
export const core = '""';
export const all = '*';
export const read = 'get list watch';
export const write = 'create update patch delete deletecollection';

/** Words in order of the alphabet, as upstream writes its own rules. */
const words = (text: string) => text.split(' ').sort();

/** `allow('get list', 'apps', 'deployments')`; `names` narrows it to objects of these names. */
export function allow(
  verbs: string,
  groups: string,
  resources: string,
  names?: string,
): PolicyRule {
  return {
    verbs: words(verbs),
    apiGroups: words(groups).map((name) => (name === core ? '' : name)),
    resources: words(resources),
    ...(names !== undefined && { resourceNames: words(names) }),
  };
}

/** `visit('get', '/healthz /version')` */
export const visit = (verbs: string, paths: string): PolicyRule => ({
  verbs: words(verbs),
  nonResourceURLs: words(paths),
});

/** What everybody who writes events needs. */
export const events = allow('create patch update', `${core} events.k8s.io`, 'events');

/** Roles by their names. */
export type RoleTable = Readonly<Record<string, readonly PolicyRule[]>>;
