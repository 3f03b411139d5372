/** What resources (CPU, memory, pods …) may be called, and how much there may be of them. */
import type { StatusCause } from '../../base/errors.ts';
import { isQualifiedName } from '../names.ts';
import { parseQuantity } from '../quantity.ts';
import { invalidValue, problemsOf } from './cause.ts';
import { notNegativeDetail } from './numbers.ts';

const computeNames = ['cpu', 'memory', 'ephemeral-storage'];
const countedNames = [
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
];
const quotaNames = new Set([
  ...computeNames,
  ...computeNames.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  'requests.storage',
  ...countedNames,
]);
const resourceNames = new Set([...quotaNames, 'storage']);

export const isHugePages = (name: string): boolean => name.startsWith('hugepages-');

/** Kubernetes' own: `cpu`, `kubernetes.io/batch-cpu`. */
export const isNativeResource = (name: string): boolean =>
  !name.includes('/') || name.includes('kubernetes.io/');

/** `nvidia.com/gpu`: quotas can count it as `requests.nvidia.com/gpu`. */
export const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) &&
  !name.startsWith('requests.') &&
  isQualifiedName(`requests.${name}`).length === 0;

/** Whether requests may add up to less than the limits. */
export const mayOvercommit = (name: string): boolean =>
  isNativeResource(name) && !isHugePages(name);

/** Of a container, or of a LimitRange about containers and pods. */
export function checkContainerResourceName(name: string, field: string): StatusCause[] {
  const problems = isQualifiedName(name);
  if (problems.length > 0) return problemsOf(field, name, problems);
  if (!name.includes('/')) {
    if (computeNames.includes(name) || isHugePages(name)) return [];
    return [invalidValue(field, name, 'must be a standard resource for containers')];
  }
  if (isNativeResource(name) || isExtendedResource(name)) return [];
  return [invalidValue(field, name, "doesn't follow extended resource name standard")];
}

/** Of a whole pod. */
export function checkPodResourceName(name: string, field: string): StatusCause[] {
  const problems = isQualifiedName(name);
  if (problems.length > 0) return problemsOf(field, name, problems);
  if (name === 'cpu' || name === 'memory' || isHugePages(name)) return [];
  return [invalidValue(field, name, 'must be a standard resource for pods')];
}

export function checkResourceName(name: string, field: string): StatusCause[] {
  const detail = 'must be a standard resource type or fully qualified';
  return checkName(name, field, { known: resourceNames, detail });
}

export function checkQuotaResourceName(name: string, field: string): StatusCause[] {
  const detail = 'must be a standard resource for quota';
  return checkName(name, field, { known: quotaNames, detail });
}

interface Known {
  readonly known: ReadonlySet<string>;
  readonly detail: string;
}

function checkName(name: string, field: string, { known, detail }: Known): StatusCause[] {
  const causes = problemsOf(field, name, isQualifiedName(name));
  const isKnown =
    name.includes('/') || known.has(name) || isHugePages(name.replace('requests.', ''));
  return isKnown ? causes : [...causes, invalidValue(field, name, detail)];
}

/** Nothing is less than nothing, and what is counted comes whole. */
export function checkResourceAmount(name: string, amount: string, field: string): StatusCause[] {
  const { nano } = parseQuantity(amount);
  const causes = nano < 0n ? [invalidValue(field, amount, notNegativeDetail)] : [];
  const isCounted = countedNames.includes(name) || isExtendedResource(name);
  if (isCounted && nano % 1_000_000_000n !== 0n) {
    causes.push(invalidValue(field, amount, 'must be an integer'));
  }
  return causes;
}
