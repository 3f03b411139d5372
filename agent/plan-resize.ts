/** Which changes of CPU and memory a running container is due, and how it gets them. Pure. */
import { compareQuantities, quantityMilli, quantityValue } from '../api/quantity.ts';
import type { Container, ResourceRequirements } from '../api/types/core-v1.generated.ts';
import type { ContainerMemory, ContainerRun, ResizeProblem } from './state.ts';

export type Compute = 'cpu' | 'memory';
const computes: readonly Compute[] = ['cpu', 'memory'];

/** What the container should have and does not. Nothing, when an older agent has started it. */
export function changedResources(container: Container, run: ContainerRun): Compute[] {
  const { resources: wanted = {} } = container;
  if (run.resources === undefined) return [];
  const has = run.resources;
  return computes.filter((name) =>
    (['requests', 'limits'] as const).some(
      (list) => !isSame(wanted[list]?.[name], has[list]?.[name]),
    ),
  );
}

/** A container may ask to be started again rather than to find its limits changed. */
export const restartsFor = (
  { resizePolicy = [] }: Container,
  changed: readonly Compute[],
): boolean =>
  resizePolicy.some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === 'RestartContainer' && changed.includes(resourceName as Compute),
  );

/** Whether the same was tried before and need not be tried again (yet). */
export function isPutOff(
  { resizeProblem }: ContainerMemory,
  wanted: ResourceRequirements,
  now: number,
) {
  if (!resizeProblem || !isSameResources(resizeProblem.wanted, wanted)) return false;
  return resizeProblem.retryAtMs === undefined || now < resizeProblem.retryAtMs;
}

/**
 * Why this node can never give the pod what it asks for: more than the whole of it.
 * @param containers All of the pod that run beside each other, as the spec has them.
 */
export function infeasible(
  containers: readonly Container[],
  allocatable: Readonly<Record<string, string>>,
): string | undefined {
  for (const name of computes) {
    const whole = allocatable[name];
    if (whole === undefined) continue;
    const amountOf = name === 'cpu' ? quantityMilli : quantityValue;
    const asked = containers.reduce(
      (sum, { resources }) => sum + amountOf(resources?.requests?.[name] ?? '0'),
      0,
    );
    if (asked <= amountOf(whole)) continue;
    return `Node didn't have enough capacity: ${name}, requested: ${asked}, capacity: ${amountOf(whole)}`;
  }
  return undefined;
}

/** Of a container that uses more than it would be left: to take it away would be to kill it. */
export function belowUsage(wanted: ResourceRequirements, usedBytes: number): string | undefined {
  const limit = wanted.limits?.memory;
  if (limit === undefined || quantityValue(limit) >= usedBytes) return undefined;
  return `attempting to set memory limit (${quantityValue(limit)}) below current usage (${usedBytes})`;
}

export const problemOf = (
  wanted: ResourceRequirements,
  reason: ResizeProblem['reason'],
  message: string,
): ResizeProblem => ({ wanted, reason, message });

const isSame = (a: string | undefined, b: string | undefined) =>
  a === b || (a !== undefined && b !== undefined && compareQuantities(a, b) === 0);

const isSameResources = (a: ResourceRequirements, b: ResourceRequirements) =>
  computes.every((name) =>
    (['requests', 'limits'] as const).every((list) => isSame(a[list]?.[name], b[list]?.[name])),
  );
