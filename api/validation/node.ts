import type { StatusCause } from '../../base/errors.ts';
import { isDns1123Subdomain, isLabelValue, isQualifiedName } from '../names.ts';
import type { Node, Taint } from '../types/core-v1.generated.ts';
import { duplicateValue, forbiddenValue, problemsOf, requiredValue } from './cause.ts';
import { validateMetadata } from './metadata.ts';
import { checkAmounts } from './pod-resources.ts';

export function validateNode(node: Node, old: Node | undefined): StatusCause[] {
  const { taints = [] } = node.spec ?? {};
  const causes = [
    ...validateMetadata(node, old, { namespaced: false, name: isDns1123Subdomain }),
    ...taints.flatMap((taint, index) => checkTaint(taint, `spec.taints[${index}]`)),
    ...checkAmounts(node.status?.capacity, 'status.capacity'),
    ...checkAmounts(node.status?.allocatable, 'status.allocatable'),
  ];
  const seen = new Set<string>();
  for (const [index, { key, effect }] of taints.entries()) {
    const id = `${key}:${effect}`;
    if (seen.has(id)) causes.push(duplicateValue(`spec.taints[${index}]`, taints[index]));
    seen.add(id);
  }
  for (const field of ['providerID', 'podCIDR'] as const) {
    const before = old?.spec?.[field];
    if (!before || before === node.spec?.[field]) continue;
    causes.push(forbiddenValue(`spec.${field}`, 'node updates may not change a set value'));
  }
  return causes;
}

function checkTaint({ key, value = '', effect }: Taint, path: string): StatusCause[] {
  return [
    ...(key
      ? problemsOf(`${path}.key`, key, isQualifiedName(key))
      : [requiredValue(`${path}.key`)]),
    ...problemsOf(`${path}.value`, value, isLabelValue(value)),
    ...(effect ? [] : [requiredValue(`${path}.effect`)]),
  ];
}
