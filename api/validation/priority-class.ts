import type { StatusCause } from '../../base/errors.ts';
import type { PriorityClass } from '../types/scheduling-v1.generated.ts';
import { forbiddenValue } from './cause.ts';
import { checkImmutable } from './immutable.ts';
import { clusterSubdomain, validateMetadata } from './metadata.ts';

/** Above it are the classes of the cluster itself. */
const userPriorityMax = 1_000_000_000;

/** The classes that every cluster has; nobody may make others with their prefix. */
export const systemPriorityClasses: readonly (PriorityClass & { readonly value: number })[] = [
  {
    metadata: { name: 'system-node-critical' },
    value: 2_000_001_000,
    description: 'For system pods that a node cannot do without: they never move elsewhere.',
  },
  {
    metadata: { name: 'system-cluster-critical' },
    value: 2_000_000_000,
    description: 'For system pods that the cluster cannot do without: they may move elsewhere.',
  },
];

export const isSystemPriorityClass = (name: string | undefined): boolean =>
  systemPriorityClasses.some(({ metadata }) => metadata?.name === name);

export function validatePriorityClass(object: PriorityClass, old: PriorityClass | undefined) {
  const causes = validateMetadata(object, old, clusterSubdomain);
  if (!old) return [...causes, ...checkValue(object)];
  if (object.value !== old.value) {
    causes.push(forbiddenValue('value', 'may not be changed in an update.'));
  }
  const path = 'preemptionPolicy';
  return [...causes, ...checkImmutable(path, object.preemptionPolicy, old.preemptionPolicy)];
}

function checkValue(object: PriorityClass): StatusCause[] {
  const { value = 0, metadata } = object;
  if (!metadata?.name?.startsWith('system-')) {
    if (value <= userPriorityMax) return [];
    const detail = `maximum allowed value of a user defined priority is ${userPriorityMax}`;
    return [forbiddenValue('value', detail)];
  }
  const problem = systemProblem(object);
  if (!problem) return [];
  const detail =
    "priority class names with 'system-' prefix are reserved for system use only. " +
    `error: ${problem}`;
  return [forbiddenValue('metadata.name', detail)];
}

function systemProblem({ metadata, value, globalDefault }: PriorityClass): string | undefined {
  const name = metadata?.name ?? '';
  const known = systemPriorityClasses.find((each) => each.metadata?.name === name);
  if (!known) return `${name} is not a known system priority class`;
  if (value !== known.value) return `value of ${name} PriorityClass must be ${known.value}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}
