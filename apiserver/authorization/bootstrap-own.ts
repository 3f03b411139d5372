/** What our own parts need beyond upstream's roles, each in a role of its own. Pure. */
import { controllerRoles } from './bootstrap-controllers.ts';
import type { PolicyRule } from './rbac.ts';
import { allow, core, type RoleTable } from './rules.ts';

/**
 * All our controllers run under the controller manager's certificate, so that it may do what each
 * of them may. Where upstream's update, ours patch.
 */
function ofAllControllers(): PolicyRule[] {
  const rules = Object.values(controllerRoles).flat();
  const patches = rules
    .filter(({ verbs }) => verbs.includes('update') && !verbs.includes('patch'))
    .map((rule) => ({ ...rule, verbs: ['patch'] }));
  const byText = new Map([...rules, ...patches].map((rule) => [JSON.stringify(rule), rule]));
  return [...byText.values()];
}

export const ownRoles: RoleTable = {
  'wherry:controllers': ofAllControllers(),
  // Beside the node's own identity, which may not read what is elsewhere.
  'wherry:network-policy': [
    allow('list watch', core, 'namespaces pods'),
    allow('list watch', 'networking.k8s.io', 'networkpolicies'),
  ],
  'system:coredns': [
    allow('list watch', core, 'endpoints namespaces pods services'),
    allow('list watch', 'discovery.k8s.io', 'endpointslices'),
  ],
};
